"""The pairs of terms that could be a counteroffer, in the order in which one is chosen, and what the facts are at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from scoring.simulation.columns import NOT_ASKED, NOTHING, UNKNOWN, VALUE, Flags, Floats, Ints
from scoring.simulation.payments import instalments
from scoring.simulation.store import Past, fact_of
from underwriting.facts.catalogue import catalogue

AT_TERMS = (
    "requested_amount",
    "requested_term_months",
    "loan_to_income_ratio",
    "instalment_to_income_ratio",
    "debt_service_ratio",
)  # what underwriting.facts.arithmetic.at_terms works out anew


class Fact(NamedTuple):
    """Of some pairs: `values` where `status` is VALUE."""

    values: np.ndarray[Any, Any]
    status: np.ndarray[Any, np.dtype[np.int8]]


@dataclass(frozen=True)
class Pairs:
    """Scored pairs other than the requested ones, no larger than these. In a row: largest amount first, of equal ones the term
    nearest to the one asked for, the shorter of two as near; as underwriting.policy.evaluate chooses. `row` never falls. `facts`: AT_TERMS."""

    row: Ints
    amount: Ints
    term: Ints
    score: Ints
    probability: Floats
    facts: dict[str, Fact]


def pairs_of(past: Past) -> Pairs:
    """Worked out once for the columns, and kept with them."""
    if "pairs" not in past.kept:
        past.kept["pairs"] = _pairs(past)
    found: Pairs = past.kept["pairs"]
    return found


def _pairs(past: Past) -> Pairs:
    counts = np.diff(past.pair_start)
    row = np.repeat(np.arange(len(past)), counts)
    place = np.arange(len(row)) - np.repeat(past.pair_start[:-1], counts)
    first = np.repeat(past.pair_start[:-1], counts)
    asked_amount, asked_term = past.pair_amount[first], past.pair_term[first]
    stated = (past.pair_amount != NOTHING) & (past.pair_term != NOTHING) & (asked_amount != NOTHING) & (asked_term != NOTHING)  # fmt: skip
    chosen = np.flatnonzero(stated & (place > 0) & (past.pair_amount <= asked_amount) & ~past.odd[row])
    amount, term = past.pair_amount[chosen], past.pair_term[chosen]
    order = chosen[np.lexsort((term, abs(term - asked_term[chosen]), -amount, row[chosen]))]
    amount, term, rows = past.pair_amount[order], past.pair_term[order], row[order]
    return Pairs(
        row=rows,
        amount=amount,
        term=term,
        score=past.pair_score[order],
        probability=past.pair_probability[order],
        facts=_facts_at(past, rows, amount, term),
    )


def _facts_at(past: Past, row: Ints, amount: Ints, term: Ints) -> dict[str, Fact]:
    """As `at_terms` has them: the shares divided as Python divides, which float64 does alike for whole numbers below 2^53."""
    payment = instalments(amount, past.reference_rate_bps[row], term)
    income, debts = (
        Fact(*(part[row] for part in fact_of(past, name)))
        for name in ("annual_income", "monthly_obligations")
    )
    stated = np.full(len(row), VALUE, dtype=np.int8)
    return {
        "requested_amount": Fact(amount.astype(np.float64), stated),
        "requested_term_months": Fact(term.astype(np.float64), stated),
        "loan_to_income_ratio": _share("loan_to_income_ratio", amount, income, []),
        "instalment_to_income_ratio": _share("instalment_to_income_ratio", 12 * payment, income, []),
        "debt_service_ratio": _share(
            "debt_service_ratio", 12 * (debts.values.astype(np.int64) + payment), income, [debts]
        ),
    }


def _share(name: str, yearly: Ints, income: Fact, also: list[Fact]) -> Fact:
    """As `share_of_income`: no income, or a share beyond the fact's range, is the high end of the range."""
    inputs = [income, *also]
    absent = np.zeros(len(yearly), dtype=np.bool_)
    unknown = np.zeros(len(yearly), dtype=np.bool_)
    for fact in inputs:
        absent |= fact.status != VALUE
        unknown |= fact.status == UNKNOWN
    definition = catalogue()[name]
    whole: np.ndarray[Any, Any] = income.values.astype(np.float64)
    no_income = whole <= 0
    share = np.divide(yearly, whole, out=np.full(len(yearly), np.nan), where=~no_income)
    if definition.high is not None:
        share = np.where(no_income, float(definition.high), np.minimum(share, definition.high))
    share = np.where(yearly == 0, 0.0, share)
    illegal: Flags = np.isnan(share)
    if definition.low is not None:
        illegal |= share < definition.low
    status = np.where(absent, np.where(unknown, UNKNOWN, NOT_ASKED), np.where(illegal, UNKNOWN, VALUE))
    return Fact(np.where(status == VALUE, share, 0.0), status.astype(np.int8))
