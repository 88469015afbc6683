"""Taking a file for an application: checked, sealed under the party's key, noted in the trail."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import datetime

from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.documents.inspect import Inspected, inspect_file
from underwriting.documents.refusals import DOCUMENTS_LIMIT, DocumentRefused
from underwriting.enums import ApplicationStatus, DocumentKind, Origin, WorkKind
from underwriting.models import Application, Document, Party
from underwriting.people.sealing import seal
from underwriting.work.put import put

NAME_CHARACTERS_MAX = 100
SUFFIXES = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
UNNAMED = "document"
OVER = frozenset(
    {ApplicationStatus.WITHDRAWN, ApplicationStatus.EXPIRED, ApplicationStatus.CLOSED_INCOMPLETE}
)


def receive_document(
    *,
    application: Application,
    party: Party,
    kind: DocumentKind,
    name: str,
    content: bytes,
    actor: Actor,
    now: datetime,
    is_looked_at: bool = False,
) -> Document:
    """Check a file by its content and keep it, sealed. The name never decides anything; its ending becomes the content's own.

    `is_looked_at`: its decision can be, or is, looked at again, so that it is not over with its offer.
    The file is opened before the transaction begins: nothing slow happens under the application's lock.
    Raises DocumentRefused, whose `code` and `message` say why, and ValueError for a party of another application.
    """
    if party.application_id != application.pk:
        raise ValueError("the party belongs to another application")
    require_room(application, is_looked_at=is_looked_at)
    found = inspect_file(content)
    return keep_document(
        application=application,
        party=party,
        kind=kind,
        name=name,
        content=content,
        found=found,
        actor=actor,
        now=now,
        is_looked_at=is_looked_at,
    )


@transaction.atomic
def keep_document(
    *,
    application: Application,
    party: Party,
    kind: DocumentKind,
    name: str,
    content: bytes,
    found: Inspected,
    actor: Actor,
    now: datetime,
    is_looked_at: bool = False,
) -> Document:
    """Keep a file that was inspected, and tell whoever waits for it. Raises DocumentRefused where there is no room for it (any more)."""
    locked = Application.objects.select_for_update().get(pk=application.pk)
    require_room(locked, is_looked_at=is_looked_at)
    document = Document.objects.create(
        lender_id=locked.lender_id,
        application=locked,
        party=party,
        kind=kind,
        name=seal(clean_name(name, found.media_type).encode(), party=party, what="document.name"),
        content=seal(content, party=party, what="document.content"),
        media_type=found.media_type,
        byte_count=len(content),
        page_count=found.page_count,
        sha256=hashlib.sha256(content).hexdigest(),
        received_from=actor.kind,
        received_at=now,
    )
    record_entry(
        actor=actor,
        action="document.received",
        object_type="document",
        object_id=str(document.public_id),
        object_label=locked.reference,
        lender_id=locked.lender_id,
        application_id=locked.pk,
        after={
            "kind": document.kind,
            "media_type": document.media_type,
            "bytes": document.byte_count,
            "pages": document.page_count,
            "sha256": document.sha256,
        },
        now=now,
    )
    put(
        kind=WorkKind.EVIDENCE_ARRIVED,
        lender_id=locked.lender_id,
        application_id=locked.pk,
        subject_id=document.pk,
        now=now,
    )
    return document


def require_room(application: Application, *, is_looked_at: bool = False) -> None:
    """Raises DocumentRefused for an application that is over, or has as many documents as it may.

    An offer that has ended ends the application only where nobody looks at the decision again (`is_looked_at`).
    """
    over = OVER - {ApplicationStatus.EXPIRED} if is_looked_at else OVER
    is_past = application.origin == Origin.IMPORTED or application.erased_at is not None
    if application.status in over or is_past:
        raise DocumentRefused("application_over")
    if Document.objects.filter(application_id=application.pk).count() >= DOCUMENTS_LIMIT:
        raise DocumentRefused("too_many")


def clean_name(name: str, media_type: str) -> str:
    """A file name that can be shown and saved: no path, no control or direction marks, the ending of its own content."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C")
    stem = plain.rsplit(".", 1)[0] if "." in plain else plain
    stem = stem.strip(" .")[:NAME_CHARACTERS_MAX]
    return (stem or UNNAMED) + SUFFIXES[media_type]
