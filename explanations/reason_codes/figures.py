"""How figures are written in a sentence, in each language: money, shares, counts, days, values of facts. Pure.

English is written here, and its letters have been agreed on to the character; the other languages follow CLDR through Babel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import TYPE_CHECKING

from underwriting.enums import Language
from underwriting.facts.catalogue import FactDefinition, Unit
from underwriting.facts.values import FactScalar

if TYPE_CHECKING:
    from babel import Locale

# United States Spanish writes 12,000.50; Hindi groups by lakh, 1,20,000. Digits are Latin in all three.
LOCALES = {Language.ENGLISH: "en_US", Language.SPANISH: "es_US", Language.HINDI: "hi_IN"}
CURRENCY_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "INR": "₹"}
MONTHS: Mapping[str, tuple[str, str]] = {
    "en": ("month", "months"), "es": ("mes", "meses"), "hi": ("महीना", "महीने"),
}  # fmt: skip
DAYS: Mapping[str, tuple[str, str]] = {"en": ("day", "days"), "es": ("día", "días"), "hi": ("दिन", "दिन")}
YES_NO: Mapping[str, tuple[str, str]] = {"en": ("yes", "no"), "es": ("sí", "no"), "hi": ("हाँ", "नहीं")}
SEVERITIES: Mapping[str, tuple[str, ...]] = {
    "en": (
        "never late",
        "30 days late",
        "60 days late",
        "90 days late",
        "120 days late or more",
        "a serious negative mark",
    ),
    "es": (
        "sin atrasos",
        "30 días de atraso",
        "60 días de atraso",
        "90 días de atraso",
        "120 días o más de atraso",
        "una marca negativa grave",
    ),
    "hi": (
        "कभी देरी नहीं",
        "30 दिन की देरी",
        "60 दिन की देरी",
        "90 दिन की देरी",
        "120 दिन या उससे ज़्यादा की देरी",
        "एक गंभीर खराब निशान",
    ),
}


class UnknownLanguage(LookupError):
    """Nobody is told anything in this language: there are no words for it."""


def money(minor: int | float, currency: str, language: str = "en") -> str:
    """Minor units as a sum with its currency; no decimals from 100 units on."""
    units = Decimal(str(minor)) / 100
    whole = abs(units) >= 100 or units == units.to_integral_value()
    shown = _rounded(units, 0 if whole else 2)
    sign = CURRENCY_SIGNS.get(currency)
    text = _grouped(abs(shown), language)
    minus = "-" if shown < 0 else ""
    return f"{minus}{sign}{text}" if sign else f"{minus}{text} {currency}"


def percent(ratio: float, language: str = "en") -> str:
    """0.314 as 31.4%: at most one decimal, none where it is zero."""
    return f"{_grouped(_without_zero(_rounded(Decimal(str(ratio)) * 100, 1)), language)}%"


def number(value: float, language: str = "en") -> str:
    """At most one decimal, thousands separated."""
    return _grouped(_without_zero(_rounded(Decimal(str(value)), 1)), language)


def counted(value: float, one: str, many: str, language: str = "en") -> str:
    """A count with its noun, in the form that the language's plural rule asks for."""
    text = number(value, language)
    if language == Language.ENGLISH:
        return f"{text} {one if text == '1' else many}"
    form = _locale(language).plural_form(_without_zero(_rounded(Decimal(str(value)), 1)))
    return f"{text} {one if form == 'one' else many}"


def day_in_words(day: date, language: str = "en") -> str:
    """November 3, 2026; 3 de noviembre de 2026; 3 नवंबर 2026. For a moment, pass its date where the lender is."""
    from babel.dates import format_date  # noqa: PLC0415  only processes that write for applicants load it

    return format_date(day, format="long", locale=_locale(language))


def value_in_words(value: FactScalar, definition: FactDefinition, currency: str, language: str = "en") -> str:
    """A fact's value with its unit, as an officer or an applicant reads it. Money in minor units.

    A category is written as the catalogue of facts names it; an applicant reads the label of a reason code instead.
    """
    if isinstance(value, str):
        return value.replace("_", " ")
    writers: dict[Unit, Callable[[float], str]] = {
        Unit.MONEY: lambda minor: money(minor, currency, language),
        Unit.RATIO: lambda ratio: percent(ratio, language),
        Unit.MONTHS: lambda months: counted(months, *_words(MONTHS, language), language),
        Unit.DAYS: lambda days: counted(days, *_words(DAYS, language), language),
        Unit.FLAG: lambda flag: _words(YES_NO, language)[0 if flag else 1],
        Unit.SEVERITY: lambda severity: SEVERITIES[_known(language)][int(severity)],
    }
    writer = writers.get(definition.unit)
    return writer(value) if writer else number(value, language)


def _words(table: Mapping[str, tuple[str, str]], language: str) -> tuple[str, str]:
    return table[_known(language)]


def _known(language: str) -> str:
    if language not in LOCALES:
        raise UnknownLanguage(language)
    return language


def _grouped(value: Decimal, language: str) -> str:
    if language == Language.ENGLISH:
        return f"{value:,}"
    locale = _locale(language)
    pattern = locale.decimal_formats[None].pattern.partition(".")[0]
    places = -int(value.as_tuple().exponent)
    from babel.numbers import format_decimal  # noqa: PLC0415  as above

    return format_decimal(value, format=pattern + ("." + "0" * places if places > 0 else ""), locale=locale)


@cache
def _locale(language: str) -> Locale:
    from babel import Locale  # noqa: PLC0415  as above

    return Locale.parse(LOCALES[Language(_known(language))])


def _without_zero(value: Decimal) -> Decimal:
    return value.to_integral_value() if value == value.to_integral_value() else value


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
