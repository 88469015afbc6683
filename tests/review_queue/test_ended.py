"""The applicant ends it while somebody looks again: the case and the appeal are over, and nothing held is let go."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from review_queue.actions.claim import claim_case
from review_queue.actions.content import Choice
from review_queue.actions.decide import decide_case
from review_queue.appeals import appeals_of
from review_queue.blind import give_own_answer
from review_queue.models import Appeal, HeldDecision, ReviewCase
from review_queue.tasks import work_on_cases
from tests.factories import actor_of, make_lender, make_user
from tests.factories.appealing import make_appeal
from tests.factories.reviewing import make_desk
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.answers import accept_offer, refuse_offer
from underwriting.decisions.withdraw import withdraw_application
from underwriting.enums import (
    CaseState,
    HeldState,
    Outcome,
    Role,
    WorkKind,
    WorkState,
)
from underwriting.models import Application, AuditEntry, Decision, Lender, User, WorkItem

pytestmark = pytest.mark.django_db
OFFICER = frozenset({Role.CREDIT_OFFICER})
TOOK, WITHDREW = "The applicant took the offer.", "The applicant withdrew the application."


@pytest.fixture
def ana() -> User:
    return make_user("Ana Ruiz", (make_lender(hold_seconds=120), Role.CREDIT_OFFICER))


@pytest.fixture
def appeal(ana: User) -> ReviewCase:
    return make_appeal(make_desk(Lender.objects.get()), None, outcome=Outcome.COUNTEROFFER)


def end(application: Application, how: str) -> None:
    act = accept_offer if how == "taken" else withdraw_application
    act(application=application, actor=SYSTEM, now=timezone.now())


@pytest.mark.parametrize(("how", "because"), [("taken", TOOK), ("withdrawn", WITHDREW)])
def test_the_case_and_the_appeal_are_over_without_an_answer(
    appeal: ReviewCase, how: str, because: str
) -> None:
    end(appeal.application, how)
    work_on_cases()

    appeal.refresh_from_db()
    row = Appeal.objects.get()
    assert (appeal.state, row.answer) == (CaseState.CLOSED, None)
    assert row.answered_at is not None
    closed = AuditEntry.objects.get(action="case.closed")
    assert (closed.before, closed.reason) == ({"state": CaseState.OPEN}, because)
    ended = AuditEntry.objects.get(action="appeal.ended")
    assert ended.after == {"answered": False, "because": because}
    assert [one.ended_because for one in appeals_of(appeal.application_id)] == [because]
    assert set(WorkItem.objects.filter(kind=WorkKind.APPLICATION_ENDED).values_list("state", flat=True)) == {
        WorkState.DONE
    }


def test_a_decision_that_was_held_is_not_let_go_after_the_offer_was_taken(
    appeal: ReviewCase, ana: User
) -> None:
    actor, now = actor_of(ana), timezone.now()
    claim_case(case_id=appeal.pk, user=ana, actor=actor, now=now)
    give_own_answer(
        case_id=appeal.pk, user=ana, roles=OFFICER, outcome="DECLINE", sentence="Debt.", actor=actor, now=now
    )
    choice = Choice(outcome=Outcome.COUNTEROFFER, assessment_id=appeal.assessment_id, reasons=("UT01",))
    decide_case(case_id=appeal.pk, user=ana, roles=OFFICER, choice=choice, actor=actor, now=now)

    end(appeal.application, "taken")
    work_on_cases()
    WorkItem.objects.filter(kind=WorkKind.RELEASE_DECISION).update(not_before=now - timedelta(seconds=1))
    work_on_cases()

    appeal.refresh_from_db()
    held = HeldDecision.objects.get(case=appeal)
    assert (appeal.state, held.state, held.refusal) == (CaseState.CLOSED, HeldState.REFUSED, TOOK)
    assert Decision.objects.count() == 1
    closed = AuditEntry.objects.get(action="case.closed")
    assert (closed.before, closed.after) == ({"state": CaseState.DECIDED}, {"state": CaseState.CLOSED})


def test_turning_an_offer_down_leaves_the_appeal_to_be_answered(appeal: ReviewCase) -> None:
    refuse_offer(application=appeal.application, actor=SYSTEM, now=timezone.now())
    work_on_cases()

    appeal.refresh_from_db()
    assert (appeal.state, Appeal.objects.get().answered_at) == (CaseState.OPEN, None)
