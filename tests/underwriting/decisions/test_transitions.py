"""Statuses and the notice deadline, as tables."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from underwriting.decisions.transitions import (
    ApplicationWithdrawn,
    StatusRefused,
    assessment_is_wanted,
    assessment_takes_effect,
    notice_due_at,
    status_after_decision,
)
from underwriting.enums import ApplicationStatus, Outcome

S = ApplicationStatus


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [(Outcome.APPROVE, S.APPROVED), (Outcome.COUNTEROFFER, S.COUNTEROFFERED), (Outcome.DECLINE, S.DECLINED)],
)
@pytest.mark.parametrize(
    "status", [S.SUBMITTED, S.IN_ASSESSMENT, S.REFERRED, S.APPROVED, S.COUNTEROFFERED, S.DECLINED]
)
def test_a_decision_gives_its_status(
    status: ApplicationStatus, outcome: Outcome, expected: ApplicationStatus
) -> None:
    assert status_after_decision(status=status, outcome=outcome) is expected


@pytest.mark.parametrize("status", [S.INCOMPLETE, S.ACCEPTED, S.EXPIRED, S.CLOSED_INCOMPLETE])
def test_nothing_is_decided_elsewhere(status: ApplicationStatus) -> None:
    with pytest.raises(StatusRefused, match=status.value):
        status_after_decision(status=status, outcome=Outcome.DECLINE)


def test_a_withdrawn_application_has_its_own_refusal() -> None:
    with pytest.raises(ApplicationWithdrawn):
        status_after_decision(status=S.WITHDRAWN, outcome=Outcome.APPROVE)


def test_a_referral_is_never_a_decision() -> None:
    with pytest.raises(StatusRefused):
        status_after_decision(status=S.SUBMITTED, outcome=Outcome.REFER)


def test_which_statuses_an_assessment_reaches() -> None:
    assert {s for s in S if assessment_takes_effect(s)} == {S.SUBMITTED, S.IN_ASSESSMENT}
    assert {s for s in S if not assessment_is_wanted(s)} == {
        S.INCOMPLETE, S.ACCEPTED, S.WITHDRAWN, S.EXPIRED, S.CLOSED_INCOMPLETE,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("completed_at", "time_zone", "expected"),
    [
        # 2 November 09:30 in Portland: 30 days later is 2 December, in winter time
        (
            datetime(2026, 11, 2, 14, 30, tzinfo=UTC),
            "America/New_York",
            datetime(2026, 12, 3, 4, 59, 59, tzinfo=UTC),
        ),
        # 23:30 on 14 October in Portland is 15 October in UTC; the clocks change on 1 November
        (
            datetime(2026, 10, 15, 3, 30, tzinfo=UTC),
            "America/New_York",
            datetime(2026, 11, 14, 4, 59, 59, tzinfo=UTC),
        ),
        (datetime(2028, 2, 1, 0, 0, tzinfo=UTC), "UTC", datetime(2028, 3, 2, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_notice_is_due_at_the_end_of_the_thirtieth_day_where_the_lender_is(
    completed_at: datetime, time_zone: str, expected: datetime
) -> None:
    assert notice_due_at(completed_at=completed_at, outcome=Outcome.DECLINE, time_zone=time_zone) == expected
    assert (
        notice_due_at(completed_at=completed_at, outcome=Outcome.COUNTEROFFER, time_zone=time_zone)
        == expected
    )
    assert notice_due_at(completed_at=completed_at, outcome=Outcome.APPROVE, time_zone=time_zone) is None
