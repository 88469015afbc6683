"""A file is kept sealed, under a name that can be shown, and within limits; what is refused leaves nothing behind."""

from __future__ import annotations

import pytest

from tests.factories import make_application, make_lender, make_party, make_product
from tests.factories.applying import RECEIVED_AT
from tests.underwriting.documents.files import pdf, picture
from underwriting.audit.actor import Actor
from underwriting.documents import read_document
from underwriting.documents.receive import clean_name, receive_document
from underwriting.documents.refusals import DOCUMENTS_LIMIT, DocumentRefused
from underwriting.documents.selectors import access_document, documents_of, open_document
from underwriting.enums import ActorKind, ApplicationStatus, DocumentKind
from underwriting.models import Application, AuditEntry, Document, Party
from underwriting.people.access import NotYours

pytestmark = pytest.mark.django_db
CLIENT = Actor(kind=ActorKind.CLIENT, user_id=None, name="Web shop")


@pytest.fixture
def application() -> Application:
    application = make_application(make_product(make_lender()))
    make_party(application)
    return application


def received(application: Application, content: bytes, *, name: str = "payslip.pdf") -> Document:
    return receive_document(
        application=application,
        party=Party.objects.filter(application=application).first(),  # type: ignore[arg-type]
        kind=DocumentKind.PAYSLIP,
        name=name,
        content=content,
        actor=CLIENT,
        now=RECEIVED_AT,
    )


def test_a_file_is_sealed_described_and_noted(application: Application) -> None:
    content = pdf(pages=2)

    document = received(application, content, name="July payslip.exe")

    stored = Document.objects.get()
    assert (stored.media_type, stored.page_count, stored.byte_count) == ("application/pdf", 2, len(content))
    assert stored.received_from == "CLIENT"
    assert content[:40] not in bytes(stored.content)
    assert b"payslip" not in bytes(stored.name)
    assert read_document(document) == content
    assert [listed.name for listed in documents_of(application_id=application.pk)] == ["July payslip.pdf"]
    entry = AuditEntry.objects.get(action="document.received")
    assert entry.after is not None
    assert entry.after["sha256"] == document.sha256
    assert "payslip" not in str(entry.after).lower().replace("'payslip'", "")


def test_a_refused_file_leaves_nothing(application: Application) -> None:
    with pytest.raises(DocumentRefused, match="something else"):
        received(application, b"MZ\x90\0")
    assert not Document.objects.exists()
    assert not AuditEntry.objects.exists()


def test_so_many_files_and_no_more(application: Application) -> None:
    first = received(application, picture("PNG"))
    party = first.party
    Document.objects.bulk_create(
        Document(
            lender_id=application.lender_id, application=application, party=party, kind="OTHER", name=first.name, content=b"",
            media_type="image/png", byte_count=1, page_count=1, sha256="0" * 64, received_from="CLIENT", received_at=RECEIVED_AT,
        )
        for _ in range(DOCUMENTS_LIMIT - 1)
    )  # fmt: skip
    with pytest.raises(DocumentRefused, match="20 files"):
        received(application, picture("PNG"))


@pytest.mark.parametrize("status", ["WITHDRAWN", "EXPIRED", "CLOSED_INCOMPLETE"])
def test_an_application_that_is_over_takes_no_file(application: Application, status: str) -> None:
    Application.objects.update(status=ApplicationStatus(status))
    application.refresh_from_db()
    with pytest.raises(DocumentRefused, match="is over"):
        received(application, pdf())


def test_a_party_of_another_application_sends_nothing(application: Application) -> None:
    other = make_application(application.product)
    with pytest.raises(ValueError, match="another application"):
        receive_document(
            application=application, party=make_party(other), kind=DocumentKind.OTHER, name="x", content=pdf(), actor=CLIENT, now=RECEIVED_AT
        )  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("payslip.pdf", "payslip.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\me\\july.html", "july.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.pdf"),
        ('a"b\r\nSet-Cookie: x.pdf', 'a"bSet-Cookie: x.pdf'),
        ("", "document.pdf"),
        ("....", "document.pdf"),
        ("x" * 500 + ".pdf", "x" * 100 + ".pdf"),
        ("nómina julio.PDF", "nómina julio.pdf"),
    ],
)
def test_a_name_decides_nothing_and_can_be_shown(sent: str, kept: str) -> None:
    assert clean_name(sent, "application/pdf") == kept


def test_reading_is_noted_and_another_applications_document_is_not_there(application: Application) -> None:
    document = received(application, pdf())
    other = make_application(application.product)

    assert open_document(document=document, actor=CLIENT, now=RECEIVED_AT) == pdf()

    assert AuditEntry.objects.filter(action="document.read", object_id=str(document.public_id)).count() == 1
    with pytest.raises(NotYours):
        access_document(application_id=other.pk, public_id=document.public_id)
