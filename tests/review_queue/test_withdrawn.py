"""Withdrawing: refused where it is too late, answered the same twice, and everything that was open is closed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from explanations.models import Notice
from review_queue.actions.claim import claim_case
from review_queue.actions.content import Choice
from review_queue.actions.decide import decide_case
from review_queue.messages import messages_of
from review_queue.models import HeldDecision, Message, ReviewCase
from review_queue.tasks import work_on_cases
from tests.factories import actor_of, make_application, make_lender, make_user
from tests.factories.reviewing import make_case, make_desk
from tests.underwriting.api.calling import Caller, body, make_caller
from underwriting.audit.actor import SYSTEM
from underwriting.clocks.running import start_clock
from underwriting.decisions.transitions import ApplicationWithdrawn, StatusRefused
from underwriting.decisions.withdraw import withdraw_application
from underwriting.enums import (
    ApplicationStatus,
    CaseState,
    ClockKind,
    HeldState,
    OfferState,
    Outcome,
    Role,
    WorkKind,
    WorkState,
)
from underwriting.models import (
    Application,
    AuditEntry,
    Decision,
    Lender,
    Mail,
    NoticeClock,
    StandingOffer,
    WorkItem,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    return make_caller()


def withdraw(caller: Caller, application: Application, content: Any = None, *, key: str | None = None) -> Any:
    return caller.post(content or {}, path=f"/applications/{application.public_id}/withdraw", key=key)


def test_an_application_is_withdrawn_over_the_api_and_nothing_is_due_any_more(caller: Caller) -> None:
    caller.post(body())
    application = Application.objects.get()

    answer = withdraw(caller, application, {"reason": "Found another loan."}, key="one")
    replayed = withdraw(caller, application, {"reason": "Found another loan."}, key="one")
    again = withdraw(caller, application, key="two")

    assert (answer.status_code, answer.json()["status"]) == (200, "WITHDRAWN")
    assert answer["Location"] == f"/api/v1/applications/{application.public_id}"
    assert (replayed.content, again.content) == (answer.content, answer.content)
    application.refresh_from_db()
    assert (application.status, application.notice_due_at) == (ApplicationStatus.WITHDRAWN, None)
    assert not NoticeClock.objects.filter(stopped_at__isnull=True).exists()
    assert NoticeClock.objects.get().stopped_by == "withdrawn by the applicant"
    (entry,) = AuditEntry.objects.filter(action="application.withdrawn")
    assert (entry.before, entry.after, entry.reason) == (
        {"status": "SUBMITTED"}, {"status": "WITHDRAWN"}, "",
    )  # fmt: skip
    assert WorkItem.objects.filter(kind=WorkKind.APPLICATION_ENDED).count() == 1


def test_the_applicants_words_are_sealed_once_and_not_in_the_trail(caller: Caller) -> None:
    caller.post(body())
    application = Application.objects.get()

    for key in ("one", "two"):
        withdraw(caller, application, {"reason": "My heron is ill."}, key=key)

    message = Message.objects.get()
    assert [read.text for read in messages_of(application, message.party)] == ["My heron is ill."]
    assert (message.party.role, b"heron" in bytes(message.text)) == ("PRIMARY", False)
    entry = AuditEntry.objects.get(action="message.sent")
    assert entry.after == {"from": "applicant", "characters": 16}
    assert "heron" not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    ("content", "pointer"),
    [({"why": "x"}, "/why"), ({"reason": 7}, "/reason"), ({"reason": "x" * 401}, "/reason")],
)
def test_a_body_of_another_form_is_refused(caller: Caller, content: Any, pointer: str) -> None:
    caller.post(body())

    answer = withdraw(caller, Application.objects.get(), content)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert Application.objects.get().status == ApplicationStatus.SUBMITTED


@pytest.mark.parametrize("status", ["DECLINED", "ACCEPTED", "EXPIRED", "CLOSED_INCOMPLETE"])
def test_what_was_declined_accepted_or_has_ended_is_not_withdrawn(caller: Caller, status: str) -> None:
    application = make_application(caller.product, client=caller.client, status=status)

    answer = withdraw(caller, application)

    assert (answer.status_code, answer.json()["code"]) == (409, "withdrawal_refused")
    application.refresh_from_db()
    assert application.status == status
    with pytest.raises(StatusRefused):
        withdraw_application(application=application, actor=SYSTEM, now=timezone.now())


def test_another_lenders_application_is_not_there(caller: Caller) -> None:
    caller.post(body())

    assert withdraw(make_caller("northgate"), Application.objects.get()).status_code == 404


def test_an_open_offer_is_turned_down_with_it(caller: Caller) -> None:
    application = make_application(caller.product, client=caller.client, status=ApplicationStatus.APPROVED)
    assessment = application.assessments.create(
        lender=caller.lender, number=1, claim_token="00000000-0000-4000-8000-000000000000", outcome="APPROVE", facts={}, scores=[],
        findings=[], hashes={}, created_at=timezone.now(),
    )  # fmt: skip
    decision = Decision.objects.create(
        application=application, lender=caller.lender, number=1, assessment=assessment, outcome="APPROVE", decided_at=timezone.now()
    )  # fmt: skip
    StandingOffer.objects.create(
        decision=decision, application=application, lender=caller.lender, annual_rate_bps=999, valid_until=timezone.now().date()
    )  # fmt: skip
    start_clock(application=application, kind=ClockKind.APPROVAL_ANSWER, began_at=application.received_at)

    assert withdraw(caller, application).status_code == 200

    assert StandingOffer.objects.get().state == OfferState.REFUSED
    assert NoticeClock.objects.get().stopped_at is not None


def held_case() -> tuple[ReviewCase, HeldDecision]:
    lender = Lender.objects.get()
    Lender.objects.update(hold_seconds=120)
    lender.refresh_from_db()
    ana = make_user("Ana Ruiz", (lender, Role.CREDIT_OFFICER))
    actor = actor_of(ana)
    now = timezone.now()
    case = make_case(make_desk(lender))
    claim_case(case_id=case.pk, user=ana, actor=actor, now=now)
    choice = Choice(outcome=Outcome.DECLINE, assessment_id=case.assessment_id, reasons=("UT01",))
    held = decide_case(
        case_id=case.pk, user=ana, roles={Role.CREDIT_OFFICER}, choice=choice, actor=actor, now=now
    )
    return case, held


def test_the_open_case_is_closed_and_the_held_decision_is_never_made() -> None:
    make_lender()
    case, held = held_case()
    withdraw_application(application=case.application, actor=SYSTEM, now=timezone.now())

    work_on_cases()
    WorkItem.objects.filter(kind=WorkKind.RELEASE_DECISION).update(
        not_before=timezone.now() - timedelta(seconds=1)
    )
    work_on_cases()

    case.refresh_from_db()
    held.refresh_from_db()
    assert (case.state, held.state) == (CaseState.CLOSED, HeldState.REFUSED)
    assert held.refusal == "The applicant withdrew the application."
    assert not Decision.objects.exists()
    notice = Notice.objects.get()
    assert (notice.kind, notice.letters.count(), Mail.objects.count()) == ("WITHDRAWAL", 0, 0)
    assert set(WorkItem.objects.values_list("state", flat=True)) == {WorkState.DONE}


def test_an_officer_who_decides_a_withdrawn_application_is_told_before_the_case_closes() -> None:
    lender = make_lender()
    ana = make_user("Ana Ruiz", (lender, Role.CREDIT_OFFICER))
    actor = actor_of(ana)
    case = make_case(make_desk(lender))
    claim_case(case_id=case.pk, user=ana, actor=actor, now=timezone.now())
    withdraw_application(application=case.application, actor=SYSTEM, now=timezone.now())

    with pytest.raises(ApplicationWithdrawn):
        decide_case(
            case_id=case.pk, user=ana, roles={Role.CREDIT_OFFICER}, actor=actor, now=timezone.now(),
            choice=Choice(outcome=Outcome.DECLINE, assessment_id=case.assessment_id, reasons=("UT01",)),
        )  # fmt: skip
