"""Rooms and limits worked out for all rows at once are those of the live functions, also at the edges and where a fact is wrong."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from scoring.simulation.columns import NOTHING
from scoring.simulation.means import NO_CAP, limits, rooms
from scoring.simulation.rates import fits_up_to
from scoring.simulation.weigh import weigh
from tests.scoring.simulation.past_people import changed, past_rows_of, stored_rows
from underwriting.facts.arithmetic import instalment_minor
from underwriting.facts.values import Absence, facts_from_json
from underwriting.policy.compile import compile_policy
from underwriting.policy.conditions import UnreadableFact
from underwriting.policy.pricing import MissingFact, affordable_payment, fit_line
from underwriting.policy.schema import parse_document

CAPS = [
    None,
    {"instalment_to_income_max": 0.2, "debt_service_max": None, "reason_code": "CP15"},
    {"instalment_to_income_max": None, "debt_service_max": 0.45, "reason_code": "CP15"},
    {"instalment_to_income_max": 0.123456789, "debt_service_max": 0.333, "reason_code": "CP15"},
]
LIMITS = [
    {"amount_minor": 700_000, "monthly_income_multiple": None, "maximum_minor": None},
    {"amount_minor": None, "monthly_income_multiple": 1.75, "maximum_minor": 900_000},
]


def rows_with_odd_means() -> list[Any]:
    """Incomes and debts of every kind: none, absent in three ways, the largest there is, and beyond."""
    draw = random.Random(5)
    rows = stored_rows(300, seed=5, is_line=True)
    for row in rows:
        for name in ("monthly_income", "monthly_obligations"):
            value = draw.choice([0, 1, 99_999, 1_000_000_000, 1_000_000_001, -1, draw.randrange(1_500_000)])
            absence = draw.choice(list(Absence)) if draw.random() < 0.2 else None
            row.facts[name].update(
                {"value": None if absence else value, "absence": absence and absence.value}
            )
    return rows


def told(ask: Any) -> Any:
    try:
        return ask()
    except (MissingFact, UnreadableFact) as error:
        return type(error)


@pytest.mark.parametrize("caps", CAPS)
def test_rooms(caps: Any) -> None:
    rows = rows_with_odd_means()
    document = parse_document(changed("northgate", affordability=caps))
    found = rooms(past_rows_of(rows), document.affordability)
    for at, row in enumerate(rows):
        live = told(
            lambda row=row: (
                affordable_payment(document.affordability, facts_from_json(row.facts))
                if document.affordability
                else None
            )
        )
        if isinstance(live, type):
            assert (found.is_missing[at], found.is_technical[at]) == (live is MissingFact, live is UnreadableFact)  # fmt: skip
        elif live is None:
            assert found.most_minor[at] == NO_CAP
        else:
            most = int(found.most_minor[at])
            assert most <= live.most_minor < most + 1


@pytest.mark.parametrize("caps", CAPS)
@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("assumed", [None, 0.03, 0.07])
def test_limits(caps: Any, limit: Any, assumed: float | None) -> None:
    rows = rows_with_odd_means()
    written = changed("northgate", affordability=caps)
    written["line"] = {**written["line"], "assumed_payment_ratio": assumed}
    written["price_grid"] = [{**tier, "limit": limit} for tier in written["price_grid"]]
    document = parse_document(written)
    tier = document.price_grid[0]
    found = limits(past_rows_of(rows), document, tier)
    for at, row in enumerate(rows):
        live = told(lambda row=row: fit_line(document, tier, facts_from_json(row.facts)))
        if isinstance(live, type):
            assert (found.is_missing[at], found.is_technical[at]) == (live is MissingFact, live is UnreadableFact)  # fmt: skip
        else:
            assert found.most_minor[at] == (0 if live.is_under_minimum else live.limit_minor)


def test_the_highest_rate_that_fits_is_exact_for_the_rates_asked_about() -> None:
    policy = compile_policy(changed("harbour"))
    past = past_rows_of(stored_rows(400, seed=8))
    weighed = weigh(policy, past)
    exact = [749, 999, 1299, 1599, 1749]
    found = fits_up_to(weighed, exact, range(0, 3_001, 50))
    assert len(set(found)) > 10, "the caps bind at too few rates to tell anything"
    for at in np.flatnonzero(~weighed.alone & ~weighed.room.is_missing & (weighed.amount != NOTHING)):
        for rate in exact:
            payment = instalment_minor(int(weighed.amount[at]), rate, int(weighed.term[at]))
            assert (payment <= weighed.room.most_minor[at]) == (found[at] >= rate)
