"""Statuses and the notice deadline, as tables."""

from __future__ import annotations

import pytest

from underwriting.decisions.transitions import (
    ApplicationWithdrawn,
    StatusRefused,
    assessment_is_wanted,
    assessment_takes_effect,
    status_after_decision,
)
from underwriting.enums import ApplicationStatus, Outcome

S = ApplicationStatus


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [(Outcome.APPROVE, S.APPROVED), (Outcome.COUNTEROFFER, S.COUNTEROFFERED), (Outcome.DECLINE, S.DECLINED)],
)
@pytest.mark.parametrize(
    "status", [S.SUBMITTED, S.IN_ASSESSMENT, S.REFERRED, S.APPROVED, S.COUNTEROFFERED, S.DECLINED, S.EXPIRED]
)
def test_a_decision_gives_its_status(
    status: ApplicationStatus, outcome: Outcome, expected: ApplicationStatus
) -> None:
    assert status_after_decision(status=status, outcome=outcome) is expected


@pytest.mark.parametrize("status", [S.INCOMPLETE, S.ACCEPTED, S.CLOSED_INCOMPLETE])
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
        S.INCOMPLETE, S.ACCEPTED, S.WITHDRAWN, S.CLOSED_INCOMPLETE,
    }  # fmt: skip
