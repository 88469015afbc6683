"""The two queries over a cube's cells: what each group comes to under given cut-offs and tiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from underwriting.effect.grid import NO_LIMIT, TierInUse
from underwriting.enums import Outcome
from underwriting.policy.schema import CutOffs

NO_TIER = -1

_CELLS = """
WITH placed AS (
    SELECT c.*, {tier} AS tier FROM underwriting_effectcell c WHERE c.cube_id = %(cube)s
), said AS (
    SELECT *, CASE
             WHEN fixed_outcome <> '' THEN fixed_outcome
             WHEN rule_outcome = 'DECLINE' OR score < %(refer)s
                  OR (tier >= 0 AND NOT is_income_missing AND fits_up_to_bps < (%(rates)s::int[])[tier + 1]) THEN 'DECLINE'
             WHEN rule_outcome = 'REFER' OR score < %(approve)s OR (tier >= 0 AND is_income_missing) THEN 'REFER'
             ELSE 'APPROVE' END AS outcome
      FROM placed
     WHERE fixed_outcome <> '' OR limit_position = coalesce((%(limits)s::int[])[tier + 1], %(no_limit)s)
)
SELECT channel, thin_file, live_outcome, outcome, fixed_outcome <> '', tier, term_months,
       sum(application_count), sum(amount_minor), sum(expected_loss_minor), sum(interest_minor), sum(bad_count), sum(known_count)
  FROM said
 GROUP BY 1, 2, 3, 4, 5, 6, 7
"""

_COUNTERS = """
SELECT channel, thin_file, live_outcome,
       sum(application_count), sum(amount_minor), sum(expected_loss_minor), sum(interest_minor), sum(bad_count), sum(known_count)
  FROM underwriting_effectcounter
 WHERE cube_id = %(cube)s AND cut_off_over < %(approve)s AND %(approve)s <= cut_off_upto
   AND (fails_cap OR score < %(refer)s)
 GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Sums:
    """What a group of past applications comes to; money in minor units."""

    application_count: int
    amount_minor: int
    expected_loss_minor: int
    interest_minor: int
    bad_count: int
    known_count: int


@dataclass(frozen=True, slots=True)
class CellGroup:
    """Applications alike in segment, outcomes, tier and term. `tier` is a place in the draft's grid, or NO_TIER."""

    channel: str
    thin_file: bool | None
    live_outcome: Outcome
    outcome: Outcome
    is_fixed: bool
    tier: int
    term_months: int | None
    sums: Sums


@dataclass(frozen=True, slots=True)
class CounterGroup:
    channel: str
    thin_file: bool | None
    live_outcome: Outcome
    sums: Sums


def cell_groups(cube_id: int, cut_offs: CutOffs, tiers: Sequence[TierInUse]) -> list[CellGroup]:
    """Every past application of the cube once, at its requested terms. One statement."""
    whens = " ".join(f"WHEN score >= %(from_{place})s THEN {place}" for place in range(len(tiers)))
    statement = _CELLS.format(tier=f"CASE {whens} ELSE {NO_TIER} END")
    parameters: dict[str, Any] = {f"from_{place}": one.tier.score_from for place, one in enumerate(tiers)} | {
        "cube": cube_id,
        "approve": cut_offs.approve,
        "refer": cut_offs.refer,
        "rates": [one.tier.annual_rate_bps for one in tiers],
        "limits": [one.limit_position for one in tiers],
        "no_limit": NO_LIMIT,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [
            CellGroup(
                row[0], row[1], Outcome(row[2]), Outcome(row[3]), row[4], row[5], row[6], _sums(row[7:])
            )
            for row in cursor.fetchall()
        ]


def counter_groups(cube_id: int, cut_offs: CutOffs) -> list[CounterGroup]:
    """Those among the declined of `cell_groups` that get a counteroffer. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTERS, {"cube": cube_id, "approve": cut_offs.approve, "refer": cut_offs.refer})
        return [CounterGroup(row[0], row[1], Outcome(row[2]), _sums(row[3:])) for row in cursor.fetchall()]


def _sums(values: Sequence[object]) -> Sums:
    return Sums(*(int(value) for value in values))  # type: ignore[call-overload]
