"""Reading documents: what an application has, and one file, which is noted in the trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast

from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.documents import read_document
from underwriting.enums import DocumentKind
from underwriting.models import AuditEntry, Document
from underwriting.people.access import NotYours
from underwriting.people.sealing import Erased, Unreadable, unseal

READ = "document.read"
KIND_WORDS = {
    DocumentKind.PAYSLIP: "Payslip",
    DocumentKind.BANK_STATEMENT: "Bank statement",
    DocumentKind.TAX_RETURN: "Tax return",
    DocumentKind.IDENTITY: "Proof of identity",
    DocumentKind.CREDIT_REPORT: "Credit report",
    DocumentKind.OTHER: "Other document",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A document without its content. `name` as sent, cleaned; `kind` in words; `is_read` by the person who was asked about."""

    row: Document
    name: str
    kind: str
    is_read: bool


def documents_of(*, application_id: int, reader_id: int | None = None) -> list[Listed]:
    """The documents of an application, newest first, without their content. One statement.

    With `reader_id` each says whether that person opened it before; without, none was.
    """
    opened = AuditEntry.objects.filter(
        application_id=OuterRef("application_id"), action=READ, actor_user_id=reader_id,
        object_id=Cast(OuterRef("public_id"), CharField()),
    )  # fmt: skip
    rows = (
        Document.objects.filter(application_id=application_id)
        .select_related("party")
        .annotate(is_read=Exists(opened) if reader_id else Value(False))
        .defer("content")
        .order_by("-pk")
    )
    return [
        Listed(row=row, name=name_of(row), kind=KIND_WORDS[DocumentKind(row.kind)], is_read=row.is_read)
        for row in rows
    ]


def name_of(document: Document) -> str:
    """The name as sent; a word for it where it cannot be read any more."""
    try:
        return unseal(bytes(document.name), party=document.party, what="document.name").decode()
    except Erased:
        return "Erased"
    except Unreadable:
        return "Name unreadable"


def access_document(*, application_id: int, public_id: UUID) -> Document:
    """A document of this application, its content left where it is until it is read. Raises NotYours otherwise."""
    found = (
        Document.objects.filter(application_id=application_id, public_id=public_id)
        .select_related("party")
        .defer("content")
        .first()
    )
    if found is None:
        raise NotYours("There is no such document.")
    return found


@transaction.atomic
def open_document(*, document: Document, actor: Actor, now: datetime) -> bytes:
    """The content, for a person to look at; that they did is in the trail. Raises Unreadable."""
    content = read_document(document)
    record_entry(
        actor=actor,
        action=READ,
        object_type="document",
        object_id=str(document.public_id),
        lender_id=document.lender_id,
        application_id=document.application_id,
        after={"sha256": document.sha256},
        now=now,
    )
    return content
