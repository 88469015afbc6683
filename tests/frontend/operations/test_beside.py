"""Beside the assessment: documents are opened as files, facts are corrected, messages are answered."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.messages import send_message
from review_queue.models import Message, ReviewCase
from tests.factories import make_lender, make_user
from tests.factories.reviewing import Desk, make_case
from tests.frontend.operations.conftest import claimed, url
from tests.underwriting.documents.files import pdf, picture
from underwriting.audit.actor import SYSTEM
from underwriting.documents.receive import receive_document
from underwriting.enums import DocumentKind, Role, WorkKind
from underwriting.models import AuditEntry, Document, FactCorrection, User, WorkItem

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


def sent(case: ReviewCase, content: bytes, name: str = "July payslip.pdf") -> Document:
    return receive_document(
        application=case.application, party=case.application.parties.get(), kind=DocumentKind.PAYSLIP, name=name, content=content,
        actor=SYSTEM, now=timezone.now(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "media_type", "how"),
    [(pdf(), "application/pdf", "attachment"), (picture("PNG"), "image/png", "inline"), (picture("JPEG"), "image/jpeg", "inline")],
)  # fmt: skip
def test_a_document_is_opened_as_a_file_and_never_as_a_page(
    officer: Client, case: ReviewCase, content: bytes, media_type: str, how: str
) -> None:
    document = sent(case, content)
    assert "July payslip" in officer.get(url(case)).content.decode()

    answer = officer.get(url(case, f"documents/{document.public_id}/file/"))

    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, content, media_type)
    assert answer["Content-Disposition"].startswith(how)
    assert "July payslip" in answer["Content-Disposition"]
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert (answer["X-Content-Type-Options"], answer["Cross-Origin-Resource-Policy"]) == (
        "nosniff",
        "same-origin",
    )
    assert answer["Cache-Control"] == "private, no-store"
    entry = AuditEntry.objects.get(action="document.read")
    assert (entry.actor_name, entry.object_id) == ("Ana Ruiz", str(document.public_id))


def test_a_media_type_that_is_none_of_ours_is_only_ever_saved(officer: Client, case: ReviewCase) -> None:
    document = sent(case, picture("PNG"))
    odd = Document.objects.get(pk=document.pk)
    odd.pk, odd.media_type = None, "text/html"
    odd.public_id = type(document.public_id)(int=7)
    odd.save(force_insert=True)
    answer = officer.get(url(case, f"documents/{odd.public_id}/file/"))
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


def test_another_applications_or_lenders_document_is_not_there(
    officer: Client, client: Client, case: ReviewCase, desk: Desk
) -> None:
    document = sent(make_case(desk, now=timezone.now()), pdf())
    assert officer.get(url(case, f"documents/{document.public_id}/file/")).status_code == 404
    own = sent(case, pdf())
    stranger = Client()
    stranger.force_login(make_user("Kim Oduya", (make_lender("northgate"), Role.CREDIT_OFFICER)))
    assert stranger.get(url(case, f"documents/{own.public_id}/file/")).status_code == 404
    assert not AuditEntry.objects.filter(action="document.read").exists()


def correction(**changes: str) -> dict[str, str]:
    return {
        "fact": "annual_income", "value": "72,000", "source": "Payslips of May to July", "reason": "The bonus was left out.", **changes,
    }  # fmt: skip


@pytest.mark.parametrize("headers", [{}, HX])
def test_the_holder_corrects_a_fact_with_and_without_script(
    officer: Client, ana: User, case: ReviewCase, headers: dict[str, str]
) -> None:
    claimed(case, ana)
    document = sent(case, pdf())
    panel = officer.get(url(case, "correct/"), headers=headers).content.decode()
    assert "Yearly income (USD)" in panel
    assert "July payslip.pdf" in panel
    assert "Amount asked for (" not in panel

    answer = officer.post(
        url(case, "correct/"), correction(document=str(document.public_id)), headers=headers
    )

    assert answer.status_code == (204 if headers else 303)
    row = FactCorrection.objects.get()
    assert (row.value, row.document, row.corrected_by) == (7_200_000, document, ana)
    assert WorkItem.objects.filter(kind=WorkKind.ASSESS).count() == 1
    page = officer.get(url(case)).content.decode()
    assert "<del>$52,200</del> → <ins>$72,000</ins>" in page
    assert 'id="being-assessed"' in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"value": "-5"}, "give an amount from $0 to"),
        ({"fact": ""}, "Choose the fact that is wrong."),
        ({"document": "7"}, "Choose one of the documents"),
        ({"source": ""}, "Say where the right value stands"),
    ],
)
def test_what_will_not_do_comes_back_with_what_was_typed(
    officer: Client, ana: User, case: ReviewCase, changes: dict[str, str], sentence: str
) -> None:
    claimed(case, ana)
    answer = officer.post(url(case, "correct/"), correction(**changes))
    page = answer.content.decode()
    assert (answer.status_code, sentence in page, "The bonus was left out." in page) == (422, True, True)
    assert not FactCorrection.objects.exists()


def test_before_and_after_are_shown(officer: Client, ana: User, case: ReviewCase, desk: Desk) -> None:
    claimed(case, ana)
    officer.post(url(case, "correct/"), correction())
    again: Any = make_case(desk, now=timezone.now(), score=655).assessment
    values = {f.attname: getattr(again, f.attname) for f in again._meta.concrete_fields if f.attname != "id"}
    newest = type(again).objects.create(
        **values | {"application_id": case.application_id, "number": 2, "outcome": "APPROVE"}
    )
    ReviewCase.objects.filter(pk=case.pk).update(assessment=newest)
    page = officer.get(url(case)).content.decode()
    assert "score 628 → <strong>655</strong>" in page
    assert page.count('class="tag tag--approve"') >= 1


def test_who_does_not_hold_it_corrects_nothing(officer: Client, case: ReviewCase) -> None:
    answer = officer.post(url(case, "correct/"), correction())
    assert (answer.status_code, "Claim it first" in answer.content.decode()) == (409, True)
    assert not FactCorrection.objects.exists()


def test_messages_are_read_and_answered(officer: Client, case: ReviewCase) -> None:
    party = case.application.parties.get()
    send_message(
        application=case.application, party=party, author=None, text="When do I hear?", now=timezone.now()
    )
    assert "When do I hear?" in officer.get(url(case)).content.decode()

    answer = officer.post(url(case, "messages/"), {"text": "By Friday."})

    assert (answer.status_code, answer["Location"]) == (303, f"{url(case)}#messages")
    assert Message.objects.count() == 2
    assert "By Friday." in officer.get(url(case)).content.decode()
    assert officer.post(url(case, "messages/"), {"text": " "}).status_code == 422
