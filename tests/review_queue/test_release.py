"""Letting a held decision go: the same door, checked again, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from explanations.models import Notice
from review_queue.actions.claim import claim_case
from review_queue.actions.content import Choice
from review_queue.actions.decide import decide_case
from review_queue.actions.undo import undo_decision
from review_queue.models import HeldDecision, ReviewCase
from review_queue.release import release_decision
from review_queue.tasks import work_on_cases
from tests.factories import actor_of, make_lender, make_user
from tests.factories.reviewing import make_case, make_desk
from underwriting.enums import (
    ApplicationStatus,
    CaseState,
    HeldState,
    Outcome,
    Role,
    WorkKind,
    WorkState,
)
from underwriting.models import Alert, Application, Decision, Disclosure, Membership, User, WorkItem
from underwriting.work.claim import claim
from underwriting.work.put import put

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    return make_user("Ana Ruiz", (make_lender(hold_seconds=0), Role.CREDIT_OFFICER))


@pytest.fixture
def held(ana: User) -> HeldDecision:
    return hold(ana, Outcome.DECLINE)


def hold(user: User, outcome: Outcome) -> HeldDecision:
    now = timezone.now() - timedelta(seconds=1)
    membership = Membership.objects.select_related("lender").get()
    case = make_case(make_desk(membership.lender))
    actor = actor_of(user)
    claim_case(case_id=case.pk, user=user, actor=actor, now=now)
    choice = Choice(
        outcome=outcome, assessment_id=case.assessment_id, reasons=("UT01",) if outcome is Outcome.DECLINE else (),
        mitigating_factor="verified_income", sentence="Payslips of three months seen.",
    )  # fmt: skip
    return decide_case(
        case_id=case.pk, user=user, roles={Role.CREDIT_OFFICER}, choice=choice, actor=actor, now=now
    )


def test_a_decline_becomes_a_decision_with_its_notice_and_closes_the_case(
    held: HeldDecision, ana: User
) -> None:
    work_on_cases()
    held.refresh_from_db()
    decision, case, application = Decision.objects.get(), ReviewCase.objects.get(), Application.objects.get()

    assert (held.state, held.decision) == (HeldState.RELEASED, decision)
    assert (decision.outcome, decision.stage, decision.decided_by, decision.reasons) == (
        "DECLINE",
        "grey_band",
        ana,
        held.reasons,
    )
    assert (case.state, application.status) == (CaseState.CLOSED, ApplicationStatus.DECLINED)
    assert (Notice.objects.get().decision, Disclosure.objects.get().decision) == (decision, decision)
    assert WorkItem.objects.get(kind=WorkKind.RELEASE_DECISION).state == WorkState.DONE


def test_an_approval_carries_its_offer_and_note(ana: User) -> None:
    hold(ana, Outcome.APPROVE)
    work_on_cases()
    decision = Decision.objects.get()
    assert decision.offer is not None
    assert (decision.outcome, decision.offer["amount_minor"], decision.note) == (
        "APPROVE",
        1_000_000,
        "Payslips of three months seen.",
    )
    assert Application.objects.get().status == ApplicationStatus.APPROVED


def test_nothing_is_let_go_before_the_hold_ends(held: HeldDecision) -> None:
    WorkItem.objects.update(not_before=timezone.now() + timedelta(seconds=20))
    work_on_cases()
    assert not Decision.objects.exists()


def test_what_was_taken_back_is_left_alone(held: HeldDecision, ana: User) -> None:
    HeldDecision.objects.update(held_until=timezone.now() + timedelta(seconds=20))
    actor = actor_of(ana)
    undo_decision(case_id=held.case_id, user=ana, actor=actor, now=timezone.now())
    work_on_cases()
    assert not Decision.objects.exists()
    assert ReviewCase.objects.get().state == CaseState.OPEN
    assert WorkItem.objects.get(kind=WorkKind.RELEASE_DECISION).state == WorkState.DONE


def test_a_withdrawal_during_the_hold_wins(held: HeldDecision) -> None:
    Application.objects.update(status=ApplicationStatus.WITHDRAWN)
    work_on_cases()
    held.refresh_from_db()
    assert not Decision.objects.exists()
    assert (held.state, ReviewCase.objects.get().state) == (HeldState.REFUSED, CaseState.CLOSED)
    assert held.refusal == "The applicant withdrew the application before the hold ended."


def test_a_person_who_lost_the_role_decides_nothing(held: HeldDecision) -> None:
    Membership.objects.update(role=Role.AUDITOR)
    work_on_cases()
    held.refresh_from_db()
    case = ReviewCase.objects.get()
    assert not Decision.objects.exists()
    assert (held.state, held.refusal) == (
        HeldState.REFUSED,
        "Ana Ruiz no longer has a role that decides cases.",
    )
    assert (case.state, case.holder) == (CaseState.OPEN, None)


def test_what_is_being_assessed_again_goes_back_to_the_queue(held: HeldDecision) -> None:
    case = ReviewCase.objects.get()
    put(
        kind=WorkKind.ASSESS,
        lender_id=case.lender_id,
        application_id=case.application_id,
        now=timezone.now(),
    )
    work_on_cases()
    held.refresh_from_db()
    case.refresh_from_db()
    assert (held.state, case.state, Decision.objects.exists()) == (HeldState.REFUSED, CaseState.OPEN, False)
    assert "being assessed again" in held.refusal


def test_a_person_who_was_suspended_decides_nothing(held: HeldDecision) -> None:
    User.objects.update(is_active=False)
    work_on_cases()
    assert not Decision.objects.exists()


def test_an_item_whose_lease_was_lost_writes_nothing(held: HeldDecision) -> None:
    (item,) = claim(kinds=[WorkKind.RELEASE_DECISION], worker="slow")
    WorkItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert release_decision(item, now=timezone.now()) is False
    assert not Decision.objects.exists()


def test_an_item_released_twice_decides_once(held: HeldDecision) -> None:
    work_on_cases()
    WorkItem.objects.update(state=WorkState.READY, not_before=timezone.now() - timedelta(seconds=1))
    work_on_cases()
    assert Decision.objects.count() == 1


def test_after_the_last_failed_attempt_a_person_gets_the_case_back(held: HeldDecision) -> None:
    WorkItem.objects.update(attempt_count=3)
    work_on_cases()
    held.refresh_from_db()
    assert (held.state, ReviewCase.objects.get().state) == (HeldState.REFUSED, CaseState.OPEN)
    assert WorkItem.objects.get(kind=WorkKind.RELEASE_DECISION).state == WorkState.QUARANTINED
    assert Alert.objects.filter(kind="work.quarantined").exists()
