"""Decisions against the system: coded, said in a sentence, looked at by two people, and counted."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest

from review_queue.actions.content import DecisionIncomplete
from review_queue.models import ReviewCase
from review_queue.overrides import OverrideRate, override_rate, override_side
from review_queue.tasks import work_on_cases
from tests.factories import make_user
from tests.factories.reviewing import Desk, make_case, make_desk, policy_document
from tests.review_queue.test_second_look import LATER, NOW, SENIOR, claim, decide, look
from underwriting.enums import HeldState, Outcome, OverrideSide, Role
from underwriting.models import AuditEntry, Decision, Lender, User, WorkItem

pytestmark = pytest.mark.django_db
LOW: dict[str, Any] = {
    "override_reason": "verified_compensating_income",
    "sentence": "Second payslip confirmed by the employer.",
}
HIGH: dict[str, Any] = {"override_reason": "undisclosed_debt", "sentence": "A car loan that no report shows."}


@pytest.mark.parametrize(
    ("system", "person", "side"),
    [
        ("DECLINE", "APPROVE", OverrideSide.LOW_SIDE),
        ("COUNTEROFFER", "APPROVE", OverrideSide.LOW_SIDE),
        ("APPROVE", "DECLINE", OverrideSide.HIGH_SIDE),
        ("COUNTEROFFER", "DECLINE", OverrideSide.HIGH_SIDE),
        ("REFER", "APPROVE", None),
        ("REFER", "DECLINE", None),
        ("APPROVE", "APPROVE", None),
        ("DECLINE", "DECLINE", None),
    ],
)
def test_a_side_is_taken_only_against_an_answer(system: str, person: str, side: OverrideSide | None) -> None:
    assert override_side(system=Outcome(system), person=Outcome(person)) is side


@pytest.mark.parametrize(
    ("system", "outcome", "coded"), [("DECLINE", "APPROVE", LOW), ("APPROVE", "DECLINE", HIGH)]
)
def test_an_override_needs_a_code_of_its_side_and_a_sentence_and_waits_for_a_second_person(
    desk: Desk, ana: User, system: str, outcome: str, coded: dict[str, Any]
) -> None:
    case = make_case(desk, system=Outcome(system))
    claim(case, ana, NOW)
    other = HIGH if coded is LOW else LOW
    for wrong, field in (
        ({**coded, "override_reason": ""}, "override_reason"),
        ({**coded, "override_reason": other["override_reason"]}, "override_reason"),
        ({**coded, "sentence": " "}, "sentence"),
    ):
        with pytest.raises(DecisionIncomplete) as refusal:
            decide(case, ana, Outcome(outcome), **wrong)
        assert refusal.value.field == field
    held = decide(case, ana, Outcome(outcome), **coded)
    assert (held.state, held.second_look) == (HeldState.WAITING, ["OVERRIDE"])
    assert (held.override_reason, held.note) == (coded["override_reason"], coded["sentence"])


def test_an_override_is_in_the_decisions_trail_and_in_the_rate(
    desk: Desk, harbour: Lender, ana: User, tom: User
) -> None:
    def settle(case: ReviewCase, outcome: Outcome, **more: Any) -> None:
        claim(case, ana, NOW)
        if decide(case, ana, outcome, **more).state == HeldState.WAITING:
            look(case, tom, outcome, frozenset({Role.CREDIT_OFFICER}))

    settle(make_case(desk, system=Outcome.DECLINE), Outcome.APPROVE, **LOW)
    settle(make_case(desk, system=Outcome.DECLINE), Outcome.DECLINE)
    settle(make_case(desk, system=Outcome.APPROVE), Outcome.DECLINE, **HIGH)
    WorkItem.objects.update(not_before=NOW)
    work_on_cases()
    assert Decision.objects.count() == 3
    coded = [
        (entry.after or {}).get("override")
        for entry in AuditEntry.objects.filter(action="decision.recorded").order_by("application_id")
    ]
    assert coded == [
        {"side": "LOW_SIDE", "reason": "verified_compensating_income"},
        None,
        {"side": "HIGH_SIDE", "reason": "undisclosed_debt"},
    ]
    decided = Decision.objects.latest("decided_at").decided_at
    day = timedelta(days=1)
    rate = override_rate(lender_id=harbour.pk, since=decided - day, until=decided + day)
    assert rate == OverrideRate(low_side=1, system_declines=2, high_side=1, system_approvals=1)
    assert override_rate(lender_id=harbour.pk, since=LATER - 2 * day, until=LATER - day) == OverrideRate(
        0, 0, 0, 0
    )


# --- delegated by grade, for overrides, and exceptions -------------------------------------------------------------------


def delegating(**delegation: Any) -> dict[str, Any]:
    return copy.deepcopy(policy_document()) | {"format": 2, "delegation": delegation}


APPROVAL: dict[str, Any] = {
    "mitigating_factor": "verified_income",
    "sentence": "Payslips of three months seen.",
}


def test_a_grade_that_the_role_may_not_approve_at_takes_a_second_person(harbour: Lender, ana: User) -> None:
    desk = make_desk(harbour, document=delegating(price_tiers={"credit_officer": ["A", "B", "C"]}))
    case = make_case(desk)  # a score of 628 is tier D
    claim(case, ana, NOW)
    assert decide(case, ana, Outcome.APPROVE, **APPROVAL).second_look == ["GRADE"]
    other = make_case(desk)
    claim(other, ana, NOW)
    assert decide(other, ana, Outcome.DECLINE).second_look == []


def test_an_approval_in_spite_of_a_rule_that_makes_it_an_exception_takes_a_second_person(
    harbour: Lender, ana: User
) -> None:
    desk = make_desk(harbour, document=delegating(exception_rules=["R-04"]))
    case = make_case(desk)
    claim(case, ana, NOW)
    assert decide(case, ana, Outcome.APPROVE, **APPROVAL).second_look == ["EXCEPTION"]


def test_an_override_is_confirmed_only_by_a_role_that_the_policy_lets(
    harbour: Lender, ana: User, tom: User
) -> None:
    desk = make_desk(harbour, document=delegating(override_minor={"credit_officer": 0}))
    case = make_case(desk, system=Outcome.DECLINE)
    claim(case, ana, NOW)
    decide(case, ana, Outcome.APPROVE, **LOW)
    case.refresh_from_db()
    assert case.confirming_role == Role.SENIOR_OFFICER
    sue = make_user("Sue Lam", (harbour, Role.SENIOR_OFFICER))
    assert look(case, sue, "APPROVE", SENIOR).place == 2
