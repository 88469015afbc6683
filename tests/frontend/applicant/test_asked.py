"""An applicant who was asked for something: told on their page until when, and heard as soon as they answer there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from explanations.reason_codes.figures import day_in_words
from review_queue.actions.ask import ask_applicant, usual_day
from review_queue.actions.claim import claim_case
from review_queue.models import ReviewCase
from tests.factories import actor_of, make_user
from tests.factories.reviewing import make_case, make_desk
from tests.frontend.applicant.conftest import Applicant
from tests.frontend.applicant.test_pages import words
from underwriting.enums import Role
from underwriting.models import Lender, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(lender: Lender) -> User:
    return make_user("Ana Ruiz", (lender, Role.CREDIT_OFFICER))


@pytest.fixture
def asked(lender: Lender, ana: User) -> tuple[ReviewCase, Applicant]:
    """A case whose applicant was asked for payslips a minute ago, and their browser."""
    now = timezone.now() - timedelta(minutes=1)
    case = make_case(make_desk(lender), now=now)
    party = case.application.parties.get()
    claim_case(case_id=case.pk, user=ana, actor=actor_of(ana), now=now)
    ask_applicant(
        case_id=case.pk, user=ana, roles={Role.CREDIT_OFFICER}, party=party, items=["payslips"], question="",
        answer_until=usual_day(case, now=now), actor=actor_of(ana), now=now,
    )  # fmt: skip
    applicant = Applicant(party)
    applicant.answer()
    return case, applicant


def test_their_page_says_what_to_do_until_when_and_leads_to_the_message(
    asked: tuple[ReviewCase, Applicant],
) -> None:
    case, applicant = asked
    until = day_in_words(usual_day(case, now=timezone.now()))

    text = words(applicant)

    assert "We have asked you for something. We go on when we have it." in text
    assert "There is nothing you need to do now." not in text
    assert f"Answer our message by {until}" in text
    assert f'href="{applicant.path}messages/"' in applicant.get().content.decode()
    assert "Your payslips of the last three months." in words(applicant, "messages/")


def test_their_answer_brings_the_case_back_and_ends_the_task(
    asked: tuple[ReviewCase, Applicant], ana: User
) -> None:
    case, applicant = asked
    applicant.post("messages/", text="I have sent them.")

    case.refresh_from_db()
    assert (case.waits_for, case.assigned_to, case.came_back_because) == ("", ana, "ANSWERED")
    assert "Answer our message by" not in words(applicant)
