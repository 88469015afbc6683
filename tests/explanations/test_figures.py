"""Figures in each language, and that English is written to the character as its letters have it."""

from __future__ import annotations

from datetime import date

import pytest

from explanations.reason_codes.figures import (
    LOCALES,
    SEVERITIES,
    UnknownLanguage,
    counted,
    day_in_words,
    money,
    number,
    percent,
    value_in_words,
)
from underwriting.enums import Language
from underwriting.facts.catalogue import Unit, catalogue


@pytest.mark.parametrize(
    ("minor", "currency", "en", "es", "hi"),
    [
        (1_200_000, "USD", "$12,000", "$12,000", "$12,000"),
        (123_456_789, "USD", "$1,234,568", "$1,234,568", "$12,34,568"),
        (9_950, "USD", "$99.50", "$99.50", "$99.50"),
        (5_000, "USD", "$50", "$50", "$50"),
        (-123_456, "USD", "-$1,235", "-$1,235", "-$1,235"),
        (15_000_000, "INR", "₹150,000", "₹150,000", "₹1,50,000"),
        (250_000, "MXN", "2,500 MXN", "2,500 MXN", "2,500 MXN"),
    ],
)
def test_money(minor: int, currency: str, en: str, es: str, hi: str) -> None:
    assert [money(minor, currency, language) for language in ("en", "es", "hi")] == [en, es, hi]


@pytest.mark.parametrize(
    ("ratio", "written"), [(0.314, "31.4%"), (0.3, "30%"), (1.0, "100%"), (0.0005, "0.1%")]
)
def test_a_share_is_a_percentage_with_at_most_one_decimal(ratio: float, written: str) -> None:
    assert {percent(ratio, language) for language in LOCALES} == {written}


def test_a_number_has_at_most_one_decimal() -> None:
    assert [number(1234567.25, language) for language in LOCALES] == [
        "1,234,567.3",
        "1,234,567.3",
        "12,34,567.3",
    ]


@pytest.mark.parametrize(
    ("value", "en", "es", "hi"),
    [
        (0, "0 months", "0 meses", "0 महीना"),
        (1, "1 month", "1 mes", "1 महीना"),
        (1.5, "1.5 months", "1.5 meses", "1.5 महीने"),
        (12, "12 months", "12 meses", "12 महीने"),
        (1_000_000, "1,000,000 months", "1,000,000 meses", "10,00,000 महीने"),
    ],
)
def test_a_count_takes_the_plural_form_of_its_language(value: float, en: str, es: str, hi: str) -> None:
    assert counted(value, "month", "months") == en
    assert counted(value, "mes", "meses", "es") == es
    assert counted(value, "महीना", "महीने", "hi") == hi


def test_a_day_is_written_with_the_month_as_a_word() -> None:
    day = date(2026, 11, 3)

    assert [day_in_words(day, language) for language in LOCALES] == [
        "November 3, 2026",
        "3 de noviembre de 2026",
        "3 नवंबर 2026",
    ]


@pytest.mark.parametrize(
    ("unit", "value", "written"),
    [
        (Unit.MONEY, 1_200_000, ["$12,000", "$12,000", "$12,000"]),
        (Unit.RATIO, 0.5, ["50%", "50%", "50%"]),
        (Unit.MONTHS, 14, ["14 months", "14 meses", "14 महीने"]),
        (Unit.DAYS, 1, ["1 day", "1 día", "1 दिन"]),
        (Unit.FLAG, 1, ["yes", "sí", "हाँ"]),
        (Unit.FLAG, 0, ["no", "no", "नहीं"]),
        (Unit.SEVERITY, 3, ["90 days late", "90 días de atraso", "90 दिन की देरी"]),
        (Unit.COUNT, 7, ["7", "7", "7"]),
    ],
)
def test_a_fact_is_written_with_its_unit(unit: Unit, value: float, written: list[str]) -> None:
    definition = next(fact for fact in catalogue().values() if fact.unit is unit)

    assert [value_in_words(value, definition, "USD", language) for language in LOCALES] == written


def test_every_language_has_a_word_for_every_severity() -> None:
    assert {language: len(words) for language, words in SEVERITIES.items()} == {
        language.value: 6 for language in Language
    }


def test_a_language_without_words_is_refused() -> None:
    with pytest.raises(UnknownLanguage, match="fr"):
        day_in_words(date(2026, 11, 3), "fr")
    with pytest.raises(UnknownLanguage, match="fr"):
        money(100_000, "USD", "fr")
