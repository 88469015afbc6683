"""How a fact's value is written in a sentence, and how a code's sentence is filled in. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from explanations.reason_codes.codes import ReasonCode
from underwriting.facts.catalogue import FactDefinition, Unit
from underwriting.facts.values import FactScalar

CURRENCY_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "INR": "₹"}
SEVERITIES = (
    "never late",
    "30 days late",
    "60 days late",
    "90 days late",
    "120 days late or more",
    "a serious negative mark",
)
PLACEHOLDER = re.compile(r"\{(value_pct|rest_pct|value|label|factor)(?::([^{},]*),([^{},]*))?\}")


def money(minor: int | float, currency: str) -> str:
    """Minor units as a sum with its currency; no decimals from 100 units on."""
    units = Decimal(str(minor)) / 100
    shown = (
        _rounded(units, 0) if abs(units) >= 100 or units == units.to_integral_value() else _rounded(units, 2)
    )
    sign = CURRENCY_SIGNS.get(currency)
    text = f"{abs(shown):,}"
    minus = "-" if shown < 0 else ""
    return f"{minus}{sign}{text}" if sign else f"{minus}{text} {currency}"


def percent(ratio: float) -> str:
    """0.314 as 31.4%: at most one decimal, none where it is zero."""
    shown = _rounded(Decimal(str(ratio)) * 100, 1)
    return f"{shown.to_integral_value() if shown == shown.to_integral_value() else shown:,}%"


def number(value: float) -> str:
    """At most one decimal, thousands separated."""
    shown = _rounded(Decimal(str(value)), 1)
    return f"{shown.to_integral_value() if shown == shown.to_integral_value() else shown:,}"


def value_in_words(value: FactScalar, definition: FactDefinition, currency: str) -> str:
    """A fact's value with its unit, as an officer or an applicant reads it. Money in minor units."""
    if isinstance(value, str):
        return value.replace("_", " ")
    writers: dict[Unit, Callable[[float], str]] = {
        Unit.MONEY: lambda minor: money(minor, currency),
        Unit.RATIO: percent,
        Unit.MONTHS: lambda months: _counted(months, "month", "months"),
        Unit.DAYS: lambda days: _counted(days, "day", "days"),
        Unit.FLAG: lambda flag: "yes" if flag else "no",
        Unit.SEVERITY: lambda severity: SEVERITIES[int(severity)],
    }
    return writers.get(definition.unit, number)(value)


def fill(
    template: str, *, code: ReasonCode, definition: FactDefinition, value: FactScalar, currency: str
) -> str:
    """A sentence with the applicant's own figure. Raises TypeError where a category stands for a figure."""

    def replaced(match: re.Match[str]) -> str:
        name, one, many = match.groups()
        if name == "label":
            return code.adverse_values[str(value)]
        if name == "factor":
            return code.factor
        if isinstance(value, str):
            raise TypeError(f"{code.code}: {definition.name} is not a number")
        if name == "value_pct":
            return percent(value)
        if name == "rest_pct":
            return percent(1 - value)
        return _counted(value, one, many) if one is not None else value_in_words(value, definition, currency)

    return PLACEHOLDER.sub(replaced, template)


def _counted(value: float, one: str, many: str) -> str:
    text = number(value)
    return f"{text} {one if text == '1' else many}"


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
