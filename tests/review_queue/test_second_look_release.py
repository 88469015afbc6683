"""What a second approver confirmed is looked at once more before it is let go."""

from __future__ import annotations

import pytest

from review_queue.models import HeldDecision, ReviewCase
from review_queue.tasks import work_on_cases
from tests.factories import make_user
from tests.factories.reviewing import Desk, make_case
from tests.review_queue.test_second_look import ABOVE, LATER, NOW, SENIOR, claim, decide, first_answer, look
from underwriting.enums import CaseState, HeldState, Role
from underwriting.models import Decision, Lender, Membership, User, WorkItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def sue(harbour: Lender) -> User:
    return make_user("Sue Lam", (harbour, Role.SENIOR_OFFICER))


@pytest.fixture
def ben(harbour: Lender) -> User:
    return make_user("Ben Ode", (harbour, Role.SENIOR_OFFICER))


@pytest.fixture
def waiting(desk: Desk, ana: User) -> ReviewCase:
    return first_answer(make_case(desk, requested_amount_minor=ABOVE, national_id="MARIA"), ana)


def release(case: ReviewCase) -> tuple[HeldDecision, ReviewCase]:
    WorkItem.objects.update(not_before=NOW)
    work_on_cases()
    case.refresh_from_db()
    return HeldDecision.objects.latest("id"), case


def test_what_nobody_confirmed_is_not_let_go(waiting: ReviewCase, sue: User) -> None:
    look(waiting, sue, "DECLINE")
    HeldDecision.objects.update(decided_by=sue)  # as if the two were one
    held, case = release(waiting)
    assert (held.state, held.refusal) == (
        HeldState.REFUSED,
        "It is above what Sue Lam may decide alone, and nobody confirmed it.",
    )
    assert (case.state, case.awaited_answer, Decision.objects.exists()) == (CaseState.OPEN, 1, False)


def test_a_second_approver_who_lost_the_role_confirms_nothing(waiting: ReviewCase, sue: User) -> None:
    look(waiting, sue, "DECLINE")
    Membership.objects.filter(user=sue).update(role=Role.CREDIT_OFFICER)
    held, _ = release(waiting)
    assert held.refusal == "Sue Lam may not be its second approver any more."


def test_a_second_approver_who_decided_a_related_case_meanwhile_confirms_nothing(
    desk: Desk, waiting: ReviewCase, sue: User
) -> None:
    look(waiting, sue, "DECLINE")
    other = make_case(desk, national_id="MARIA")
    claim(other, sue)
    decide(other, sue, roles=SENIOR, now=LATER)
    WorkItem.objects.filter(application=other.application).delete()
    WorkItem.objects.update(not_before=NOW)
    work_on_cases()
    held = HeldDecision.objects.get(case=waiting)
    assert held.refusal == "Sue Lam decided another case of the same applicant meanwhile."


def test_authority_lost_during_the_hold_stops_what_nobody_confirmed(desk: Desk, ben: User) -> None:
    case = make_case(desk, requested_amount_minor=ABOVE)
    claim(case, ben, NOW)
    decide(case, ben, roles=SENIOR)
    Membership.objects.update(role=Role.CREDIT_OFFICER)
    held, _ = release(case)
    assert held.refusal == "It is above what Ben Ode may decide alone, and nobody confirmed it."
