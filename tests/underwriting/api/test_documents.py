"""Documents over the API: taken once, refused with a reason, listed without content."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import pytest
from django.utils import timezone

from tests.factories import disclose, make_assessment
from tests.factories.appealing import OFFER
from tests.underwriting.api.calling import Caller, body, make_caller
from tests.underwriting.documents.files import pdf, picture
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.answers import refuse_offer
from underwriting.decisions.record import record_decision
from underwriting.documents import read_document
from underwriting.enums import Outcome, Scope
from underwriting.models import Application, AuditEntry, Document

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    caller = make_caller()
    assert caller.post(body()).status_code == 202
    return caller


def path() -> str:
    return f"/api/v1/applications/{Application.objects.get().public_id}/documents"


def sent(file: bytes = b"", **changes: Any) -> dict[str, Any]:
    text = base64.b64encode(file or pdf()).decode()
    return {"kind": "PAYSLIP", "name": "payslip.pdf", "content": text, **changes}


def post(caller: Caller, document: dict[str, Any], **changes: str) -> Any:
    headers = {"Idempotency_Key": str(uuid.uuid4()), **changes}
    return caller.http.post(
        path(), document, content_type="application/json", headers=caller.headers(**headers)
    )


def get(caller: Caller) -> Any:
    return caller.http.get(path(), headers=caller.headers())


def test_a_document_is_taken_described_and_listed(caller: Caller) -> None:
    answer = post(caller, sent(pdf(pages=2)), Idempotency_Key="one")

    assert (answer.status_code, answer["Location"]) == (201, path())
    taken = answer.json()
    assert {k: taken[k] for k in ("kind", "name", "media_type", "page_count", "applicant", "received_from")} == {
        "kind": "PAYSLIP", "name": "payslip.pdf", "media_type": "application/pdf", "page_count": 2, "applicant": 1,
        "received_from": "CLIENT",
    }  # fmt: skip
    assert read_document(Document.objects.get()) == pdf(pages=2)
    assert get(caller).json() == {"data": [taken]}
    assert AuditEntry.objects.get(action="document.received").actor_kind == "CLIENT"


def test_the_same_key_takes_it_once(caller: Caller) -> None:
    first, second = (post(caller, sent(), Idempotency_Key="one") for _ in range(2))

    assert (second.status_code, second.content, second["Idempotent-Replayed"]) == (201, first.content, "true")
    assert Document.objects.count() == 1
    other = post(caller, sent(picture("PNG")), Idempotency_Key="one")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_refused_file_says_why_and_leaves_the_key_free(caller: Caller) -> None:
    refused = post(caller, sent(pdf(catalog=b"/OpenAction << /S /GoTo >>")), Idempotency_Key="one")

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, "document_refused")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [("/content", "active_content")]
    assert post(caller, sent(), Idempotency_Key="one").status_code == 201
    assert Document.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"kind": "SELFIE"}, ["/kind"]),
        ({"kind": []}, ["/kind"]),
        ({"name": ""}, ["/name"]),
        ({"name": 7, "content": None}, ["/name", "/content"]),
        ({"content": "not base64!"}, ["/content"]),
        ({"applicant": 0}, ["/applicant"]),
        ({"applicant": True}, ["/applicant"]),
        ({"applicant": 2}, ["/applicant"]),
        ({"note": "x"}, ["/note"]),
    ],
)
def test_every_field_that_cannot_be_used_is_named(
    caller: Caller, changes: dict[str, Any], pointers: list[str]
) -> None:
    refused = post(caller, sent(**changes))
    assert (refused.status_code, refused.json()["code"]) == (422, "body_invalid")
    assert [error["pointer"] for error in refused.json()["errors"]] == pointers


def test_size_is_bounded_before_anything_is_read_into_memory(caller: Caller) -> None:
    assert post(caller, sent(content="A" * 13_400_000)).status_code == 413
    assert post(caller, sent(b"%PDF-1.7" + bytes(10_000_000))).status_code == 422


def test_scopes_and_lenders(caller: Caller) -> None:
    assert post(caller, sent(), Idempotency_Key="").status_code == 400
    stranger = make_caller("northgate", "credit-line")
    assert [post(stranger, sent()).status_code, get(stranger).status_code] == [404, 404]
    caller.key.scopes = [Scope.APPLICATIONS_READ]
    caller.key.save()
    assert [post(caller, sent()).status_code, get(caller).status_code] == [403, 200]
    assert not Document.objects.exists()


@pytest.mark.parametrize(("outcome", "status_code"), [(Outcome.COUNTEROFFER, 201), (Outcome.APPROVE, 422)])
def test_after_an_offer_is_over_papers_are_taken_where_the_decision_can_be_looked_at_again(
    caller: Caller, outcome: Outcome, status_code: int
) -> None:
    application, now = Application.objects.get(), timezone.now()
    decision = record_decision(
        application=application, assessment=make_assessment(application), outcome=outcome, stage=None, offer=OFFER, reasons=[],
        decided_by=None, note="", actor=SYSTEM, now=now,
    )  # fmt: skip
    disclose(decision)
    refuse_offer(application=application, actor=SYSTEM, now=now)

    answer = post(caller, sent())

    assert (answer.status_code, Document.objects.count()) == (status_code, int(status_code == 201))
