"""A loan's result within its window: the same for old and young, and never made out of silence."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from underwriting.enums import LoanEventKind
from underwriting.models import LoanEvent
from underwriting.outcomes.known import (
    TOLD_WITHIN_DAYS,
    KnownOutcome,
    is_old_enough,
    outcome_in_window,
    outcome_of,
    window_end,
)

APPLIED = date(2025, 3, 10)
ENDS = date(2026, 3, 10)
AFTER = date(2026, 4, 2)
PAID, LATE, PAID_OFF, CHARGED_OFF = (
    LoanEventKind.PAID, LoanEventKind.LATE, LoanEventKind.PAID_OFF, LoanEventKind.CHARGED_OFF,
)  # fmt: skip


def told(*events: tuple[LoanEventKind, date] | tuple[LoanEventKind, date, int]) -> list[LoanEvent]:
    return [
        LoanEvent(pk=at, kind=kind, occurred_on=on, days_late=days[0] if days else None)
        for at, (kind, on, *days) in enumerate(events)
    ]


@pytest.mark.parametrize(
    ("applied", "ends"),
    [
        (date(2025, 3, 10), date(2026, 3, 10)),
        (date(2024, 2, 29), date(2025, 2, 28)),
        (date(2023, 12, 31), date(2024, 12, 31)),
    ],
)
def test_a_window_is_a_year(applied: date, ends: date) -> None:
    assert window_end(applied) == ends


def test_a_loan_is_old_enough_once_servicing_had_time_to_tell() -> None:
    day = ENDS + timedelta(days=TOLD_WITHIN_DAYS)

    assert is_old_enough(APPLIED, until=day)
    assert not is_old_enough(APPLIED, until=day - timedelta(days=1))


def test_90_days_late_or_charged_off_within_the_window_is_bad() -> None:
    assert outcome_in_window(told((LATE, ENDS, 90)), applied=APPLIED) == KnownOutcome(True, ENDS)
    assert outcome_in_window(told((CHARGED_OFF, ENDS)), applied=APPLIED) == KnownOutcome(True, ENDS)


def test_paid_off_early_is_good_at_once() -> None:
    day = APPLIED + timedelta(days=30)

    assert outcome_in_window(told((PAID_OFF, day)), applied=APPLIED) == KnownOutcome(False, day)


def test_bad_comes_before_paid_off() -> None:
    events = told((LATE, APPLIED + timedelta(days=150), 91), (PAID_OFF, APPLIED + timedelta(days=200)))

    assert outcome_in_window(events, applied=APPLIED) == KnownOutcome(True, APPLIED + timedelta(days=150))


@pytest.mark.parametrize("event", [(PAID, ENDS), (PAID, AFTER), (LATE, AFTER, 30), (PAID_OFF, AFTER)])
def test_a_loan_that_servicing_tells_of_after_the_window_is_good(
    event: tuple[LoanEventKind, date] | tuple[LoanEventKind, date, int],
) -> None:
    assert outcome_in_window(told(event), applied=APPLIED) == KnownOutcome(False, event[1])


def test_a_loan_that_goes_bad_after_the_window_was_good_in_it() -> None:
    events = told((CHARGED_OFF, AFTER))

    assert outcome_in_window(events, applied=APPLIED) == KnownOutcome(False, AFTER)
    assert outcome_of(events) == KnownOutcome(True, AFTER)


@pytest.mark.parametrize(
    "events", [(), ((PAID, ENDS - timedelta(days=1)),), ((LATE, APPLIED + timedelta(days=90), 60),)]
)
def test_silence_is_not_good(events: tuple[tuple[LoanEventKind, date], ...]) -> None:
    assert outcome_in_window(told(*events), applied=APPLIED) is None
