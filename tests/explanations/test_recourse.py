"""Levers: what a person can change, how far, in which order; and what they are told about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from explanations.recourse import Suggestion, suggestion_line, suggestions
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, Facts, FactValue

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def facts(**values: Any) -> Facts:
    """Facts at these values; every other fact of the catalogue is unknown."""
    return {
        name: FactValue(
            values.get(name), None if name in values else Absence.UNKNOWN, each.source, NOW, None, ""
        )
        for name, each in catalogue().items()
    }


def said(**values: Any) -> list[dict[str, Any]]:
    return [{change.fact: change.after for change in one.changes} for one in suggestions(facts(**values))]


def test_cards_are_paid_down_in_three_steps_and_balances_fall_with_them() -> None:
    assert said(revolving_utilisation_ratio=0.8, revolving_balance=800_000, high_utilisation_account_count=3) == [
        {"revolving_utilisation_ratio": 0.5, "revolving_balance": 500_000, "high_utilisation_account_count": 0},
        {"revolving_utilisation_ratio": 0.3, "revolving_balance": 300_000, "high_utilisation_account_count": 0},
        {"revolving_utilisation_ratio": 0.1, "revolving_balance": 100_000, "high_utilisation_account_count": 0},
    ]  # fmt: skip


def test_nobody_is_told_to_pay_down_what_is_paid_down() -> None:
    assert said(revolving_utilisation_ratio=0.1, revolving_balance=5_000) == []
    assert [one["revolving_utilisation_ratio"] for one in said(revolving_utilisation_ratio=0.4)] == [0.3, 0.1]


def test_what_is_past_due_comes_first_and_then_with_the_cards() -> None:
    found = said(revolving_utilisation_ratio=0.2, past_due_account_count=2, past_due_amount=12_000)

    cleared = {"past_due_account_count": 0, "past_due_amount": 0}
    cards = {"revolving_utilisation_ratio": 0.1}
    assert found == [cleared, cards, {**cards, **cleared}]


def test_asking_for_less_never_stands_alone_and_never_goes_below_half() -> None:
    assert said(requested_amount=1_000_000, requested_term_months=60) == []

    found = said(requested_amount=990_000, requested_term_months=60, revolving_utilisation_ratio=0.2)

    assert found == [
        {"revolving_utilisation_ratio": 0.1},
        {"revolving_utilisation_ratio": 0.1, "requested_amount": 500_000, "requested_term_months": 36},
    ]


def test_a_fact_that_is_not_on_file_is_no_lever() -> None:
    assert said() == []


def only(**values: Any) -> Suggestion:
    return list(suggestions(facts(**values)))[-1]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", ("If each of your cards and credit lines was paid down to 10% of its limit and everything past due was paid and "
         "you asked for $5,000 over 36 months, we would say yes on today's data and rules. This is not a promise.")),
        ("es", ("Si cada una de sus tarjetas y líneas de crédito bajara al 10% de su límite y pagara todo lo que está vencido y "
         "pidiera $5,000 a 36 meses, con los datos y las reglas de hoy diríamos que sí. No es una promesa.")),
        ("hi", ("अगर आपके हर कार्ड और क्रेडिट लाइन का बकाया उसकी सीमा के 10% तक कम हो और सारी बकाया किस्तें चुका दी जाएं और "
         "आप 36 महीनों के लिए $5,000 मांगें, तो आज के आंकड़ों और नियमों पर हमारा जवाब हां होगा। यह कोई वादा नहीं है।")),
    ],
)  # fmt: skip
def test_in_words(language: str, sentence: str) -> None:
    suggestion = only(
        revolving_utilisation_ratio=0.2,
        past_due_amount=100,
        requested_amount=1_000_000,
        requested_term_months=60,
    )

    line = suggestion_line(suggestion, currency="USD", language=language)

    assert line["sentence"].replace("\xa0", " ") == sentence
    assert line["changes"][0] == {
        "fact": "revolving_utilisation_ratio", "from": 0.2, "to": 0.1, "unit": "ratio",
    }  # fmt: skip
