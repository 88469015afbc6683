"""The offer is over and the decision is not: papers for another look at it are taken, by page and by API, until that is over, too."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from review_queue.actions.appeal import takes_papers
from review_queue.models import Appeal
from tests.factories import make_lender
from tests.frontend.applicant import scenes
from tests.frontend.applicant.conftest import Applicant
from tests.frontend.applicant.test_answering import dispute
from tests.underwriting.documents.files import pdf
from underwriting.enums import ApplicationStatus, Outcome
from underwriting.models import Application, Document

pytestmark = pytest.mark.django_db


@pytest.fixture
def appellant() -> Applicant:
    applicant = scenes.decided(make_lender(), Outcome.COUNTEROFFER)
    Application.objects.update(status=ApplicationStatus.EXPIRED)
    applicant.answer()
    return applicant


def after_the_last_day() -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(days=61))


def send(applicant: Applicant) -> Any:
    file = SimpleUploadedFile("payslip.pdf", pdf(), content_type="application/pdf")
    return applicant.post("documents/", kind="PAYSLIP", file=file)


def ask(applicant: Applicant) -> None:
    applicant.post("look-again/", text="")
    applicant.post("look-again/check/")


def test_while_another_look_can_be_asked_for(appellant: Applicant) -> None:
    assert send(appellant).status_code == 302
    assert Document.objects.count() == 1


def test_while_somebody_looks_after_the_last_day_to_ask(appellant: Applicant) -> None:
    ask(appellant)

    with after_the_last_day():
        appellant.answer()
        assert send(appellant).status_code == 302


def test_not_when_both_are_over(appellant: Applicant) -> None:
    with after_the_last_day():
        appellant.answer()
        refused = send(appellant)

    assert refused.status_code == 422
    assert "This application is over." in refused.content.decode()
    assert not Document.objects.exists()


def test_with_a_question_a_paper_can_be_sent_along(appellant: Applicant) -> None:
    dispute(appellant, to="words/")
    file = SimpleUploadedFile("limit.pdf", pdf(), content_type="application/pdf")

    sent = appellant.post("dispute/file/", kind="OTHER", file=file)

    assert (sent.status_code, Document.objects.count()) == (302, 1)


@pytest.mark.parametrize("status", [ApplicationStatus.WITHDRAWN, ApplicationStatus.CLOSED_INCOMPLETE])
def test_an_end_of_another_kind_stays_one(appellant: Applicant, status: ApplicationStatus) -> None:
    ask(appellant)
    Application.objects.update(status=status)

    assert not takes_papers(Application.objects.get(), now=timezone.now())
    assert send(appellant).status_code == 422
    assert Appeal.objects.count() == 1
