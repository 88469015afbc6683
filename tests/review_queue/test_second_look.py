"""The second look: who must, who may not, what an answer does, and what is refused with which sentence."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from review_queue.actions.claim import claim_case, release_claim
from review_queue.actions.content import Choice, DecisionIncomplete
from review_queue.actions.decide import decide_case
from review_queue.actions.second_look import give_second_answer
from review_queue.actions.take_next import take_next
from review_queue.actions.undo import undo_decision
from review_queue.authority import MayNotConfirm
from review_queue.blind import AnswerIncomplete, blind_case
from review_queue.desk import show_assessment
from review_queue.models import HeldDecision, ReviewCase, SecondAnswer
from review_queue.permissions import MayNotDecide
from review_queue.queue import QueueQuery, unheld_in_order
from review_queue.selectors import queue_page, view_counts
from review_queue.tasks import work_on_cases
from review_queue.transitions import CaseNotOpen, ClaimTaken, HoldOver, NotClaimed, NotForThisPerson
from tests.factories import actor_of, make_user
from tests.factories.reviewing import Desk, make_case
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.transitions import ApplicationWithdrawn
from underwriting.enums import CaseState, HeldState, Outcome, Role, WorkKind
from underwriting.models import Application, AuditEntry, Decision, Lender, User, WorkItem

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
OFFICER = frozenset({Role.CREDIT_OFFICER})
SENIOR = frozenset({Role.SENIOR_OFFICER})
ABOVE = 3_000_000  # above an officer's 25,000, within a senior's 50,000


@pytest.fixture
def sue(harbour: Lender) -> User:
    return make_user("Sue Lam", (harbour, Role.SENIOR_OFFICER))


@pytest.fixture
def ben(harbour: Lender) -> User:
    return make_user("Ben Ode", (harbour, Role.SENIOR_OFFICER))


@pytest.fixture
def waiting(desk: Desk, ana: User) -> ReviewCase:
    """Ana declined 30,000; the time to take it back is over."""
    return first_answer(make_case(desk, requested_amount_minor=ABOVE, national_id="MARIA"), ana)


def claim(case: ReviewCase, user: User, now: datetime = LATER) -> ReviewCase:
    return claim_case(case_id=case.pk, user=user, actor=actor_of(user), now=now)


def decide(
    case: ReviewCase,
    user: User,
    outcome: Outcome = Outcome.DECLINE,
    roles: Collection[Role] = OFFICER,
    now: datetime = NOW,
    **changes: Any,
) -> HeldDecision:
    values: dict[str, Any] = {"reasons": ("UT01",) if outcome is not Outcome.APPROVE else ()} | changes
    choice = Choice(outcome=outcome, assessment_id=case.assessment_id, **values)
    return decide_case(case_id=case.pk, user=user, roles=roles, choice=choice, actor=actor_of(user), now=now)


def first_answer(case: ReviewCase, user: User, outcome: Outcome = Outcome.DECLINE, **more: Any) -> ReviewCase:
    claim(case, user, NOW)
    assert decide(case, user, outcome, **more).state == HeldState.WAITING
    case.refresh_from_db()
    return case


def answer(
    case: ReviewCase,
    user: User,
    outcome: str = "DECLINE",
    roles: Collection[Role] = SENIOR,
    sentence: str = "Her cards are full.",
    now: datetime = LATER,
) -> SecondAnswer:
    return give_second_answer(
        case_id=case.pk, user=user, roles=roles, outcome=outcome, sentence=sentence, actor=actor_of(user), now=now
    )  # fmt: skip


def look(
    case: ReviewCase, user: User, outcome: str, roles: Collection[Role] = SENIOR, now: datetime = LATER
) -> SecondAnswer:
    claim(case, user, now)
    return answer(case, user, outcome, roles, now=now)


def query(user: User, lender: Lender, view: str = "second-look") -> QueueQuery:
    return QueueQuery(lender_id=lender.pk, user_id=user.pk, today_ends=NOW + timedelta(days=9), view=view)


# --- what an answer does -------------------------------------------------------------------------------------------------


def test_a_first_answer_waits_and_the_case_stays_open(waiting: ReviewCase, ana: User) -> None:
    held = HeldDecision.objects.get()
    assert (held.state, held.second_look, held.decided_by) == (HeldState.WAITING, ["AMOUNT"], ana)
    assert (waiting.state, waiting.awaited_answer, waiting.confirming_role) == (
        CaseState.OPEN,
        2,
        "senior_officer",
    )
    assert not WorkItem.objects.filter(kind=WorkKind.RELEASE_DECISION).exists()


def test_agreement_starts_the_hold_and_the_decision_goes_out_in_the_first_deciders_name(
    waiting: ReviewCase, ana: User, sue: User
) -> None:
    look(waiting, sue, "DECLINE")
    waiting.refresh_from_db()
    held = HeldDecision.objects.get()
    assert (held.state, held.held_until, waiting.state, waiting.awaited_answer) == (
        HeldState.HELD, LATER + timedelta(seconds=30), CaseState.DECIDED, 1
    )  # fmt: skip
    WorkItem.objects.update(not_before=NOW)
    work_on_cases()
    decision = Decision.objects.get()
    assert (decision.outcome, decision.decided_by) == ("DECLINE", ana)


def test_disagreement_goes_to_a_third_person_whose_answer_for_the_first_starts_the_hold(
    waiting: ReviewCase, sue: User, ben: User
) -> None:
    look(waiting, sue, "APPROVE")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.awaited_answer, waiting.holder) == (CaseState.OPEN, 3, None)
    look(waiting, ben, "DECLINE")
    waiting.refresh_from_db()
    assert (waiting.state, HeldDecision.objects.get().state) == (CaseState.DECIDED, HeldState.HELD)
    assert list(SecondAnswer.objects.order_by("place").values_list("user__name", "place", "outcome")) == [
        ("Sue Lam", 2, "APPROVE"),
        ("Ben Ode", 3, "DECLINE"),
    ]


def test_a_third_person_against_the_first_decides_and_no_fourth_is_asked(
    waiting: ReviewCase, sue: User, ben: User
) -> None:
    look(waiting, sue, "APPROVE")
    look(waiting, ben, "APPROVE")
    waiting.refresh_from_db()
    overruled = HeldDecision.objects.get()
    assert (overruled.state, waiting.state, waiting.awaited_answer, waiting.holder) == (
        HeldState.OVERRULED,
        CaseState.OPEN,
        1,
        ben,
    )
    with pytest.raises(DecisionIncomplete, match="Your answer as third person stands as you gave it"):
        decide(waiting, ben, Outcome.DECLINE, SENIOR, now=LATER)
    held = decide(
        waiting,
        ben,
        Outcome.APPROVE,
        SENIOR,
        now=LATER,
        mitigating_factor="verified_income",
        sentence="Payslips.",
    )
    assert (held.state, held.second_look, held.settles) == (HeldState.HELD, [], overruled)
    WorkItem.objects.update(not_before=NOW)
    work_on_cases()
    assert (Decision.objects.get().outcome, Decision.objects.get().decided_by) == ("APPROVE", ben)


def test_each_answer_is_one_entry_of_the_trail(waiting: ReviewCase, sue: User) -> None:
    look(waiting, sue, "APPROVE")
    entries = AuditEntry.objects.filter(action__in=["case.decided", "case.second_answered"]).order_by("id")
    assert [(e.actor_name, (e.after or {})["outcome"]) for e in entries] == [
        ("Ana Ruiz", "DECLINE"),
        ("Sue Lam", "APPROVE"),
    ]


# --- who may not ---------------------------------------------------------------------------------------------------------


def test_the_first_decider_is_not_the_second(waiting: ReviewCase, ana: User) -> None:
    with pytest.raises(NotForThisPerson, match="You gave the first answer to this case"):
        claim(waiting, ana)
    ReviewCase.objects.update(holder=ana)
    with pytest.raises(NotForThisPerson, match="You gave the first answer to this case"):
        answer(waiting, ana)
    with pytest.raises(CaseNotOpen):
        decide(waiting, ana, now=LATER)


def test_who_answered_second_is_not_the_third(waiting: ReviewCase, sue: User) -> None:
    look(waiting, sue, "APPROVE")
    with pytest.raises(NotForThisPerson, match="You have answered this case as second approver"):
        claim(waiting, sue)
    ReviewCase.objects.update(holder=sue)
    with pytest.raises(NotForThisPerson, match="You have answered this case as second approver"):
        answer(waiting, sue)


def test_who_decided_another_case_of_the_same_applicant_is_not_asked(
    desk: Desk, harbour: Lender, waiting: ReviewCase, sue: User
) -> None:
    other = make_case(desk, national_id="MARIA")
    claim(other, sue)
    decide(other, sue, roles=SENIOR)
    with pytest.raises(NotForThisPerson, match="You decided another case of the same applicant"):
        claim(waiting, sue)
    ReviewCase.objects.filter(pk=waiting.pk).update(holder=sue)
    with pytest.raises(NotForThisPerson, match="You decided another case of the same applicant"):
        answer(waiting, sue)
    assert view_counts(query(sue, harbour), now=LATER)["second-look"].value == 0


def test_who_is_named_on_the_application_decides_nothing(desk: Desk, ana: User) -> None:
    User.objects.filter(pk=ana.pk).update(email="Maria@example.test")
    ana.refresh_from_db()
    case = make_case(desk)
    claim(case, ana)
    with pytest.raises(NotForThisPerson, match="You are named on this application yourself"):
        decide(case, ana)


def test_a_role_that_does_not_reach_is_refused_at_the_claim_and_at_the_answer(
    waiting: ReviewCase, tom: User
) -> None:
    with pytest.raises(NotForThisPerson, match="Your role does not reach far enough"):
        claim(waiting, tom)
    ReviewCase.objects.update(holder=tom, confirming_role="")
    with pytest.raises(MayNotConfirm, match="Your role does not reach far enough"):
        answer(waiting, tom, roles=OFFICER)
    with pytest.raises(MayNotDecide):
        answer(waiting, tom, roles={Role.AUDITOR})


def test_without_a_claim_nothing_is_answered(waiting: ReviewCase, sue: User, ben: User) -> None:
    ReviewCase.objects.update(holder=None, lease_until=None)
    with pytest.raises(NotClaimed):
        answer(waiting, sue)
    claim(waiting, ben)
    with pytest.raises(ClaimTaken):
        answer(waiting, sue)


@pytest.mark.parametrize(
    ("outcome", "sentence"), [("REFER", "Why not."), ("DECLINE", "  "), ("DECLINE", "x" * 2_001)]
)
def test_an_answer_has_an_outcome_and_a_sentence(
    waiting: ReviewCase, sue: User, outcome: str, sentence: str
) -> None:
    claim(waiting, sue)
    with pytest.raises(AnswerIncomplete):
        answer(waiting, sue, outcome, sentence=sentence)
    assert not SecondAnswer.objects.exists()


def test_a_withdrawn_application_is_not_answered(waiting: ReviewCase, sue: User) -> None:
    claim(waiting, sue)
    Application.objects.update(status="WITHDRAWN")
    with pytest.raises(ApplicationWithdrawn):
        answer(waiting, sue)


def test_a_case_that_waits_for_nobody_takes_no_second_answer(desk: Desk, sue: User) -> None:
    case = make_case(desk)
    claim(case, sue)
    with pytest.raises(CaseNotOpen):
        answer(case, sue)


# --- blind, and whose turn it is -----------------------------------------------------------------------------------------


def test_the_first_answer_is_hidden_from_who_could_come_to_confirm_it(
    waiting: ReviewCase, ana: User, sue: User, ben: User
) -> None:
    def hidden(user: User, roles: Collection[Role]) -> bool:
        return blind_case(application_id=waiting.application_id, user_id=user.pk, roles=roles) is not None

    assert (hidden(ana, OFFICER), hidden(sue, SENIOR), hidden(ben, {Role.AUDITOR})) == (False, True, False)
    look(waiting, sue, "APPROVE")
    assert (hidden(ana, OFFICER), hidden(sue, SENIOR), hidden(ben, SENIOR)) == (False, False, True)
    look(waiting, ben, "DECLINE")
    assert not hidden(ben, SENIOR)


def test_the_view_holds_what_this_person_may_confirm(
    harbour: Lender, waiting: ReviewCase, ana: User, tom: User, sue: User
) -> None:
    counts = {
        user.name: view_counts(query(user, harbour), now=LATER)["second-look"].value
        for user in (ana, tom, sue)
    }
    assert counts == {"Ana Ruiz": 0, "Tom Berg": 0, "Sue Lam": 1}
    assert [row.number for row in queue_page(query(sue, harbour), now=LATER).rows] == [waiting.number]


def test_next_hands_a_second_look_only_to_who_may(
    harbour: Lender, waiting: ReviewCase, ana: User, tom: User, sue: User
) -> None:
    for user in (ana, tom):
        assert not unheld_in_order(query(user, harbour, "all"), user_id=user.pk, now=LATER).exists()
        assert (
            take_next(query=query(user, harbour, "all"), user=user, actor=actor_of(user), now=LATER) is None
        )
    assert take_next(query=query(sue, harbour, "all"), user=sue, actor=actor_of(sue), now=LATER) == waiting


def test_while_it_can_be_taken_back_no_second_approver_gets_it(waiting: ReviewCase, sue: User) -> None:
    with pytest.raises(ClaimTaken):
        claim(waiting, sue, NOW + timedelta(seconds=29))
    assert claim(waiting, sue, NOW + timedelta(seconds=30)).holder == sue


# --- taking back ---------------------------------------------------------------------------------------------------------


def test_a_first_answer_is_taken_back_until_a_second_approver_has_the_case(
    desk: Desk, waiting: ReviewCase, ana: User, sue: User
) -> None:
    back = undo_decision(case_id=waiting.pk, user=ana, actor=actor_of(ana), now=LATER)
    assert (back.state, back.holder, back.awaited_answer) == (CaseState.OPEN, ana, 1)
    assert HeldDecision.objects.get().state == HeldState.CANCELLED
    decide(waiting, ana)
    claim(waiting, sue)
    with pytest.raises(HoldOver):
        undo_decision(case_id=waiting.pk, user=ana, actor=actor_of(ana), now=LATER)


def test_after_a_disagreement_the_first_can_be_taken_back_and_decided_anew_until_a_third_has_it(
    waiting: ReviewCase, ana: User, sue: User, ben: User
) -> None:
    look(waiting, sue, "APPROVE")
    claim(waiting, ben)
    with pytest.raises(HoldOver):
        undo_decision(case_id=waiting.pk, user=ana, actor=actor_of(ana), now=LATER)
    release_claim(case_id=waiting.pk, user=ben, actor=actor_of(ben), now=LATER)
    with pytest.raises(NotClaimed):
        undo_decision(case_id=waiting.pk, user=sue, actor=actor_of(sue), now=LATER)
    back = undo_decision(case_id=waiting.pk, user=ana, actor=actor_of(ana), now=LATER)
    assert (back.holder, back.awaited_answer) == (ana, 1)
    again = decide(
        waiting, ana, Outcome.APPROVE, mitigating_factor="verified_income", sentence="As Sue says."
    )
    assert (again.state, again.second_look) == (HeldState.WAITING, ["AMOUNT"])


def test_a_case_given_back_by_the_second_approver_waits_for_another(
    waiting: ReviewCase, ana: User, sue: User, ben: User
) -> None:
    claim(waiting, sue)
    release_claim(case_id=waiting.pk, user=sue, actor=actor_of(sue), now=LATER)
    with pytest.raises(HoldOver):
        undo_decision(case_id=waiting.pk, user=ana, actor=actor_of(ana), now=LATER)
    assert look(waiting, ben, "DECLINE").place == 2


def test_who_confirmed_it_can_take_it_back_while_it_is_held(waiting: ReviewCase, sue: User) -> None:
    look(waiting, sue, "DECLINE")
    undo_decision(case_id=waiting.pk, user=sue, actor=actor_of(sue), now=LATER + timedelta(seconds=29))
    assert HeldDecision.objects.get().state == HeldState.CANCELLED


def test_what_is_assessed_again_meanwhile_is_decided_anew(desk: Desk, waiting: ReviewCase, sue: User) -> None:
    newer = make_case(desk).assessment
    with transaction.atomic():
        show_assessment(
            application=waiting.application,
            assessment=newer,
            why=(),
            is_technical=False,
            actor=SYSTEM,
            now=LATER,
        )
    waiting.refresh_from_db()
    held = HeldDecision.objects.get()
    assert (waiting.awaited_answer, waiting.confirming_role, held.state) == (1, "", HeldState.REFUSED)
    assert held.refusal.startswith("It was assessed again before a second approver had answered.")
