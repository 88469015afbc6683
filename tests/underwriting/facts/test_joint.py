"""Several parties: sums, the worst party's value with that party's id, and what their absences make together."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from underwriting.facts.joint import added_up, worst_or_primary
from underwriting.facts.values import Absence, FactSource, FactValue

NOW = datetime(2026, 11, 2, 14, 30, tzinfo=UTC)
NEVER, UNKNOWN, NOT_ASKED = Absence.NEVER, Absence.UNKNOWN, Absence.NOT_ASKED


def of(party: str, value: float | Absence) -> FactValue:
    absent = isinstance(value, Absence)
    return FactValue(
        None if absent else value,
        value if isinstance(value, Absence) else None,
        FactSource.BUREAU,
        NOW,
        party,
    )


def told(fact: FactValue) -> tuple[object, str | None]:
    return (fact.value if fact.absence is None else fact.absence, fact.party_id)


@pytest.mark.parametrize(
    ("primary", "other", "risk_sign", "expected"),
    [
        (1, 3, 1, (3, "other")),
        (3, 1, 1, (3, "primary")),
        (640, 700, -1, (640, "primary")),
        (700, 640, -1, (640, "other")),
        (2, 2, 1, (2, "primary")),
        (5, 9, 0, (5, "primary")),
        (UNKNOWN, 9, 0, (UNKNOWN, "primary")),
        (NEVER, 4, -1, (4, "other")),
        (UNKNOWN, 0, 1, (0, "other")),
        (NEVER, UNKNOWN, -1, (UNKNOWN, "other")),
        (NEVER, NEVER, -1, (NEVER, "primary")),
        (NOT_ASKED, NEVER, -1, (NEVER, "other")),
        (NOT_ASKED, NOT_ASKED, 1, (NOT_ASKED, "primary")),
    ],
)
def test_the_worst_party_speaks_for_both(
    primary: float | Absence, other: float | Absence, risk_sign: int, expected: tuple[object, str]
) -> None:
    assert (
        told(worst_or_primary([of("primary", primary), of("other", other)], risk_sign=risk_sign)) == expected
    )


def test_amounts_add_up_and_a_sum_belongs_to_nobody() -> None:
    assert told(added_up([of("primary", 100), of("other", 50), of("third", 1)])) == (151, None)
    assert told(added_up([of("primary", 100)])) == (100, "primary")


@pytest.mark.parametrize(("missing", "total"), [(UNKNOWN, UNKNOWN), (NOT_ASKED, NOT_ASKED)])
def test_one_missing_amount_makes_the_sum_missing(missing: Absence, total: Absence) -> None:
    assert told(added_up([of("primary", 100), of("other", missing)])) == (total, None)
