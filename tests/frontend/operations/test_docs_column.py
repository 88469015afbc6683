"""S03: the queue says how many of the papers asked for have come."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.actions.ask import ask_applicant, usual_day
from review_queue.models import ReviewCase
from tests.factories import actor_of
from tests.factories.reviewing import Desk, make_case
from tests.frontend.operations.conftest import claimed
from tests.underwriting.documents.files import pdf
from underwriting.audit.actor import SYSTEM
from underwriting.documents.receive import receive_document
from underwriting.enums import DocumentKind, Role
from underwriting.models import Party, User

pytestmark = pytest.mark.django_db


def ask(case: ReviewCase, user: User, *items: str, ago: int = 60) -> None:
    """`ago` in minutes."""
    then = timezone.now() - timedelta(minutes=ago)
    claimed(case, user, ago=timedelta(minutes=ago))
    case.refresh_from_db()
    ask_applicant(
        case_id=case.pk, user=user, roles={Role.CREDIT_OFFICER}, party=Party.objects.get(application=case.application_id), items=items,
        question="", answer_until=usual_day(case, now=then), actor=actor_of(user), now=then,
    )  # fmt: skip


def send(case: ReviewCase, kind: DocumentKind, *, ago: int = 0) -> None:
    receive_document(
        application=case.application, party=Party.objects.get(application=case.application_id), kind=kind, name=f"{kind} {ago}.pdf",
        content=pdf(pages=1 + ago % 7), actor=SYSTEM, now=timezone.now() - timedelta(minutes=ago),
    )  # fmt: skip


def docs(client: Client) -> list[str]:
    """The column, as it is read out."""
    page = (
        client.get("/queue/?view=waiting").content.decode() + client.get("/queue/?view=all").content.decode()
    )
    cells = re.findall(r'<td class="nowrap" data-label="Docs">(.*?)</td>', page, re.DOTALL)
    return [re.sub(r"<[^>]*>", "", cell) for cell in cells]


def test_where_nothing_was_asked_for_and_nothing_came_it_says_so(officer: Client, case: ReviewCase) -> None:
    assert docs(officer) == ["–Nothing was asked for and nothing came"]


def test_what_came_without_being_asked_for_is_counted(officer: Client, case: ReviewCase) -> None:
    send(case, DocumentKind.PAYSLIP)
    assert docs(officer) == ["1 document came, none was asked for"]


def test_each_line_asked_for_is_answered_by_one_paper_of_its_kind_that_came_after_it(
    officer: Client, case: ReviewCase, ana: User
) -> None:
    send(case, DocumentKind.PAYSLIP, ago=90)
    ask(case, ana, "payslips", "bank_statements", "explain_income")
    assert docs(officer) == ["0 of 2 papers asked for have come"]
    send(case, DocumentKind.PAYSLIP, ago=30)
    send(case, DocumentKind.PAYSLIP, ago=20)
    assert docs(officer) == ["1 of 2 papers asked for have come"]
    send(case, DocumentKind.BANK_STATEMENT)
    assert docs(officer) == ["2 of 2 papers asked for have come"]


def test_what_is_asked_for_again_has_to_come_again(officer: Client, case: ReviewCase, ana: User) -> None:
    ask(case, ana, "payslips", ago=60)
    send(case, DocumentKind.PAYSLIP, ago=30)
    ask(case, ana, "payslips", ago=20)
    assert docs(officer) == ["0 of 1 papers asked for have come"]


@pytest.mark.parametrize("papers", [0, 3])
def test_the_column_costs_no_statement(
    officer: Client, desk: Desk, case: ReviewCase, ana: User, papers: int, django_assert_num_queries: Any
) -> None:
    ask(case, ana, "payslips")
    for _ in range(papers):
        other = make_case(desk, now=timezone.now())
        ask(other, ana, "payslips", "bank_statements", ago=0)
        send(other, DocumentKind.PAYSLIP)
    officer.get("/queue/?view=waiting")
    with django_assert_num_queries(8):
        officer.get("/queue/?view=waiting")
