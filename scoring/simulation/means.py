"""What each past application can pay: the arithmetic of underwriting.policy.pricing on whole numbers, all rows at once.

Shares are exact fractions, so nothing is rounded but the result, down to whole minor units. A test holds this against the live
functions; asking them row by row took twenty seconds for 100,000 rows where debts count.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.simulation.columns import NOT_ASKED, NOT_NAMED, UNKNOWN, VALUE, Flags, Ints
from scoring.simulation.store import Past, fact_of
from underwriting.facts.catalogue import catalogue
from underwriting.policy.schema import Affordability, PolicyDocument, PriceTier

NO_CAP = np.iinfo(np.int64).max  # any payment fits
Whole = NDArray[np.object_]  # Python's whole numbers: a share of an income may not fit 64 bits on the way


@dataclass(frozen=True)
class Room:
    """The largest payment or limit of each row in whole minor units (NO_CAP: any), or why there is none: a fact is missing and a
    person looks, or it cannot be read and that is a technical fault."""

    most_minor: Ints
    is_missing: Flags
    is_technical: Flags


@dataclass(frozen=True)
class Means:
    """Monthly income and debt payments of each row. `has_debts` False: nobody asked for them."""

    income: Whole
    debts: Whole
    has_debts: Flags
    income_missing: Flags
    income_unreadable: Flags
    debts_missing: Flags
    debts_unreadable: Flags


def means_of(past: Past) -> Means:
    """Worked out once for the columns, and kept with them."""
    if "means" not in past.kept:
        income, income_status = fact_of(past, "monthly_income")
        debts, debts_status = fact_of(past, "monthly_obligations")
        past.kept["means"] = Means(
            income=income.astype(np.int64).astype(object),
            debts=debts.astype(np.int64).astype(object),
            has_debts=(debts_status != NOT_ASKED) & (debts_status != NOT_NAMED),
            income_missing=income_status != VALUE,
            income_unreadable=(income_status == VALUE) & _outside("monthly_income", income),
            debts_missing=debts_status == UNKNOWN,
            debts_unreadable=(debts_status == VALUE) & _outside("monthly_obligations", debts),
        )
    found: Means = past.kept["means"]
    return found


def _outside(name: str, values: NDArray[Any]) -> Flags:
    definition = catalogue()[name]
    outside = np.zeros(len(values), dtype=np.bool_)
    if definition.low is not None:
        outside |= values < definition.low
    if definition.high is not None:
        outside |= values > definition.high
    return outside


def rooms(past: Past, caps: Affordability | None) -> Room:
    """What the caps leave for a payment, as `affordable_payment` has it. Without caps any fits, and nothing needs to be on file."""
    if caps is None:
        return _nothing_needed(past, NO_CAP)
    means = means_of(past)
    most = np.full(len(past), NO_CAP, dtype=object)
    for payment, rows, share_below in _payments(means, caps):
        most[rows] = np.minimum(most[rows], payment[rows] // share_below)
    return _room(most, means, has_debt_cap=caps.debt_service_max is not None)


def limits(past: Past, document: PolicyDocument, tier: PriceTier) -> Room:
    """A line's limit in one tier, as `fit_line` has it; 0 where it falls under the minimum."""
    line, limit, caps = document.line, tier.limit, document.affordability
    if line is None or limit is None:
        raise ValueError("a line's tier sets a limit")
    bounds_payment = caps is not None and line.assumed_payment_ratio is not None
    by_income = limit.monthly_income_multiple is not None and limit.maximum_minor is not None
    fixed = [amount for amount in (limit.amount_minor, limit.maximum_minor if by_income else None) if amount is not None]  # fmt: skip
    if not bounds_payment and not by_income:
        room = _nothing_needed(past, min(fixed))
        return Room(
            _whole_steps(room.most_minor.astype(object), document), room.is_missing, room.is_technical
        )
    means = means_of(past)
    most = np.full(len(past), min(fixed, default=NO_CAP), dtype=object)
    if by_income:
        multiple, below = _fraction(limit.monthly_income_multiple or 0)
        most = np.minimum(most, means.income * multiple // below)
    if caps is not None and line.assumed_payment_ratio is not None:
        share, below = _fraction(line.assumed_payment_ratio)
        for payment, rows, payment_below in _payments(means, caps):
            able = np.maximum(payment[rows], 0) * below // (payment_below * share)
            most[rows] = np.minimum(most[rows], able)
    room = _room(most, means, has_debt_cap=bounds_payment and caps is not None and caps.debt_service_max is not None)  # fmt: skip
    return Room(_whole_steps(most, document), room.is_missing, room.is_technical)


def _payments(means: Means, caps: Affordability) -> list[tuple[Whole, Flags, int]]:
    """Each cap's largest payment, times a whole number that it still has to be divided by, and the rows it holds for."""
    found = []
    if caps.instalment_to_income_max is not None:
        share, below = _fraction(caps.instalment_to_income_max)
        found.append((means.income * share, np.ones(len(means.income), dtype=np.bool_), below))
    if caps.debt_service_max is not None:
        share, below = _fraction(caps.debt_service_max)
        found.append((means.income * share - means.debts * below, means.has_debts, below))
    return found


def _fraction(share: float) -> tuple[int, int]:
    """As the decimal that the document writes."""
    return Decimal(str(share)).as_integer_ratio()


def _whole_steps(most: Whole, document: PolicyDocument) -> Ints:
    line = document.line
    if line is None:
        raise ValueError("only a line has steps")
    fitted = most // line.step_minor * line.step_minor
    return np.where(fitted < line.minimum_minor, 0, fitted).astype(np.int64)


def _room(most: Whole, means: Means, *, has_debt_cap: bool) -> Room:
    """Income is read first, so what is wrong with it is said first."""
    missing, technical = means.income_missing.copy(), means.income_unreadable.copy()
    if has_debt_cap:
        is_open = ~(missing | technical)
        missing |= is_open & means.debts_missing
        technical |= is_open & means.debts_unreadable
    return Room(np.where(missing | technical, 0, most).astype(np.int64), missing, technical)


def _nothing_needed(past: Past, most_minor: int) -> Room:
    nobody = np.zeros(len(past), dtype=np.bool_)
    return Room(np.full(len(past), most_minor, dtype=np.int64), nobody, nobody)
