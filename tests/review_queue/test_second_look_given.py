"""Who a case that waits for a second approver can be given to."""

from __future__ import annotations

import pytest

from review_queue.assignment import SECOND, light, plan_for
from review_queue.models import ReviewCase
from review_queue.workers import people_for, workers_of
from tests.factories import make_user
from tests.factories.reviewing import Desk, make_case
from tests.review_queue.test_second_look import ABOVE, LATER, first_answer
from underwriting.enums import Role
from underwriting.models import Lender, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(desk: Desk, sue: User) -> ReviewCase:
    """Sue, whose role reaches, declined it; a second senior officer has to look."""
    return first_answer(make_case(desk, requested_amount_minor=ABOVE), sue)


@pytest.fixture
def sue(harbour: Lender) -> User:
    return make_user("Sue Lam", (harbour, Role.SENIOR_OFFICER), (harbour, Role.CREDIT_OFFICER))


@pytest.fixture
def ben(harbour: Lender) -> User:
    return make_user("Ben Ode", (harbour, Role.SENIOR_OFFICER))


def test_it_is_passed_on_to_nobody_who_answered_it(
    waiting: ReviewCase, ana: User, sue: User, ben: User
) -> None:
    waiting.refresh_from_db()
    assert waiting.awaited_answer == 2
    assert [worker.user for worker in people_for(waiting)] == [ben]


def test_a_lead_gives_it_to_nobody_among_many(waiting: ReviewCase, ben: User) -> None:
    to = next(worker for worker in workers_of(waiting.lender_id) if worker.user == ben)
    plan = plan_for(light(ReviewCase.objects.all()), to, now=LATER)
    assert (plan.cases, plan.left_out) == ([], [(SECOND, 1)])
