"""Instalments, room for a payment and limits of many applications: the live functions, asked once for each distinct input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR
from functools import lru_cache
from typing import Any

import numpy as np

from scoring.simulation.columns import Flags, Ints
from scoring.simulation.store import Past, fact_of
from scoring.simulation.verdicts import as_fact
from underwriting.facts.arithmetic import instalment_minor
from underwriting.facts.values import FactValue
from underwriting.policy.conditions import UnreadableFact
from underwriting.policy.pricing import MissingFact, affordable_payment, fit_line
from underwriting.policy.schema import Affordability, PolicyDocument, PriceTier

NO_TIER = -1
NO_CAP = np.iinfo(np.int64).max  # any payment fits
KEPT_INSTALMENTS = 200_000

_instalment = lru_cache(maxsize=KEPT_INSTALMENTS)(instalment_minor)


@dataclass(frozen=True)
class Room:
    """The largest payment of each row in whole minor units (NO_CAP: any), or why there is none: a person looks, or it is a technical fault."""

    most_minor: Ints
    is_missing: Flags
    is_technical: Flags


def tier_places(document: PolicyDocument, score: Ints) -> Ints:
    """The place of each score's tier in the grid: the first that it reaches; NO_TIER below all."""
    place = np.full(len(score), NO_TIER, dtype=np.int64)
    for at, tier in reversed(list(enumerate(document.price_grid))):
        place[score >= tier.score_from] = at
    return place


def rates_of(document: PolicyDocument) -> Ints:
    """Yearly rates of the tiers, basis points."""
    return np.array([tier.annual_rate_bps for tier in document.price_grid], dtype=np.int64)


def instalments(amount: Ints, rate_bps: Ints, term: Ints) -> Ints:
    """The live instalment of each row. All three of one length, terms of a month and more."""
    _, amounts = np.unique(amount, return_inverse=True)
    codes = (amounts.astype(np.int64) * 100_001 + rate_bps) * 601 + term
    _, first, place = np.unique(codes, return_index=True, return_inverse=True)
    distinct = [_instalment(int(amount[i]), int(rate_bps[i]), int(term[i])) for i in first]
    return np.array(distinct, dtype=np.int64)[place]


def rooms(past: Past, caps: Affordability | None) -> Room:
    """What the caps leave for a payment. Without caps any payment fits, and nothing needs to be on file."""
    if caps is None:
        nobody = np.zeros(len(past), dtype=np.bool_)
        return Room(np.full(len(past), NO_CAP, dtype=np.int64), nobody, nobody)
    key = ("room", caps)
    if key not in past.kept:
        past.kept[key] = _of_distinct_means(
            past,
            lambda facts: _floor(affordable_payment(caps, facts)),
            has_debts=caps.debt_service_max is not None,
        )
    found: Room = past.kept[key]
    return found


def limits(past: Past, document: PolicyDocument, tier: PriceTier) -> Room:
    """The limit of a line in one tier; 0 where it falls under the minimum."""
    caps = document.affordability
    key = ("limit", document.line, caps, tier.limit)

    def fitted(facts: dict[str, FactValue]) -> int:
        fit = fit_line(document, tier, facts)
        return 0 if fit.is_under_minimum else fit.limit_minor

    if key not in past.kept:
        past.kept[key] = _of_distinct_means(
            past, fitted, has_debts=caps is not None and caps.debt_service_max is not None
        )
    found: Room = past.kept[key]
    return found


def _floor(room: Any) -> int:
    return NO_CAP if room is None else int(room.most_minor.to_integral_value(rounding=ROUND_FLOOR))


def _of_distinct_means(past: Past, ask: Callable[[dict[str, FactValue]], int], *, has_debts: bool) -> Room:
    """Asked once for each distinct income, or income and debts where these count."""
    names = ["monthly_income", *(["monthly_obligations"] if has_debts else [])]
    columns = [fact_of(past, name) for name in names]
    codes = np.zeros(len(past), dtype=np.int64)
    for values, status in columns:
        _, value_place = np.unique(values, return_inverse=True)
        _, codes = np.unique(
            (codes * (int(value_place.max(initial=0)) + 1) + value_place) * 5 + status, return_inverse=True
        )
    _, first, place = np.unique(codes, return_index=True, return_inverse=True)
    said = [_asked(ask, names, columns, int(row)) for row in first]
    most = np.array([one[0] for one in said], dtype=np.int64)[place]
    kind = np.array([one[1] for one in said], dtype=np.int8)[place]
    return Room(most, kind == 1, kind == 2)


def _asked(
    ask: Callable[[dict[str, FactValue]], int],
    names: Sequence[str],
    columns: Sequence[tuple[Any, Any]],
    row: int,
) -> tuple[int, int]:
    """The answer and 0; or 0 with 1 where a fact is missing, 2 where one cannot be read."""
    facts = {}
    for name, (values, status) in zip(names, columns, strict=True):
        fact = as_fact(values[row], int(status[row]))
        if fact is not None:
            facts[name] = fact
    try:
        return ask(facts), 0
    except MissingFact:
        return 0, 1
    except UnreadableFact:
        return 0, 2
