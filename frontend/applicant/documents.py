"""Documents: sending one with the browser's own file field, seeing what was sent, getting one's own back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods, require_safe

from frontend.applicant.access import Visit, own_page
from frontend.applicant.entry import TOO_MANY, UNPROCESSABLE, too_many
from frontend.applicant.words import file_size
from review_queue.actions.appeal import takes_papers
from underwriting.documents import read_document
from underwriting.documents.receive import receive_document
from underwriting.documents.refusals import DocumentRefused
from underwriting.enums import ActorKind, DocumentKind
from underwriting.models import Document
from underwriting.people.links import TooManyTries, count_upload, refuse_document
from underwriting.people.sealing import Unreadable, unseal


@dataclass(frozen=True, slots=True)
class SentDocument:
    row: Document
    name: str
    about: str


class UploadRefused(Exception):
    """A file was not taken; `field` is where the form says so, the message is in the language of the page."""

    def __init__(self, field: str, message: str, *, status: int = UNPROCESSABLE) -> None:
        super().__init__(message)
        self.field = field
        self.status = status


@require_http_methods(["GET", "HEAD", "POST"])
@own_page()
def documents(visit: Visit) -> HttpResponseBase:
    """What this person sent, and a form for one more."""
    errors: dict[str, str] = {}
    status = 200
    if visit.request.method == "POST":
        try:
            received = receive_upload(visit)
        except UploadRefused as refused:
            errors[refused.field], status = str(refused), refused.status
        else:
            visit.request.session["applicant_received"] = str(received.public_id)
            return visit.go("documents")
    sent = documents_of(visit)
    last = visit.request.session.pop("applicant_received", "") if not errors else ""
    return visit.page(
        "documents.html",
        {
            "sent": sent,
            "received": next((one.name for one in sent if str(one.row.public_id) == last), ""),
            "kinds": kinds(visit),
            "chosen": visit.request.POST.get("kind", ""),
            "errors": errors,
            "can_send": visit.application.erased_at is None,
        },
        status=status,
    )


@require_safe
@own_page()
def document(visit: Visit, document_id: UUID) -> HttpResponseBase:
    """One's own document, as it was sent. Anybody else's is refused and audited, as one that is not there."""
    row = _own(visit).filter(public_id=document_id).first()
    if row is None:
        try:
            refuse_document(visit.link, str(document_id), actor=visit.actor, now=visit.now)
        except TooManyTries as refused:
            return too_many(visit.request, refused.until, now=visit.now)
        return visit.page("gone.html", {}, status=404)
    response = HttpResponse(read_document(row), content_type=row.media_type)
    ending = row.media_type.rpartition("/")[2]
    response["Content-Disposition"] = f'attachment; filename="document-{row.pk}.{ending}"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def sent_no_file(visit: Visit) -> bool:
    """Whether no file was chosen. A body beyond what is read into memory leaves its file behind, too."""
    length = int(visit.request.META.get("CONTENT_LENGTH") or 0)
    return "file" not in visit.request.FILES and length <= settings.FILE_UPLOAD_MAX_MEMORY_SIZE


def receive_upload(visit: Visit) -> Document:
    """Take the file of a form; the try is counted before anything is looked at. Raises UploadRefused."""
    files, posted = visit.request.FILES, visit.request.POST
    upload: Any = files.get("file")
    kind = posted.get("kind", "")
    if upload is None:
        raise UploadRefused(
            "file", visit.say("documents.no_file" if sent_no_file(visit) else "refused_file.too_large")
        )
    if kind not in set(DocumentKind):
        raise UploadRefused("kind", visit.say("documents.no_kind"))
    over_until = count_upload(visit.link, actor=visit.actor, now=visit.now)
    if over_until is not None:
        minutes = max(1, math.ceil((over_until - visit.now).total_seconds() / 60))
        raise UploadRefused("file", visit.say("documents.too_often", minutes=minutes), status=TOO_MANY)
    try:
        return receive_document(
            application=visit.application,
            party=visit.party,
            kind=DocumentKind(kind),
            name=str(upload.name),
            content=upload.read(),
            actor=visit.actor,
            now=visit.now,
            is_looked_at=takes_papers(visit.application, now=visit.now),
        )
    except DocumentRefused as refused:
        raise UploadRefused("file", visit.say(f"refused_file.{refused.code}")) from refused


def documents_of(visit: Visit) -> list[SentDocument]:
    return [_shown(visit, row) for row in _own(visit).order_by("-pk")]


def document_name(visit: Visit, row: Document) -> str:
    try:
        return unseal(row.name, party=visit.party, what="document.name").decode()
    except Unreadable:
        return visit.say(f"documents.{row.kind}")


def kinds(visit: Visit) -> Sequence[tuple[str, str]]:
    return [(kind.value, visit.say(f"documents.{kind.value}")) for kind in DocumentKind]


def own_document(visit: Visit, public_id: str) -> Document | None:
    return _own(visit).filter(public_id=public_id).first() if public_id else None


def _own(visit: Visit) -> Any:
    """Only what is on file for this very party; the content is read for a download alone."""
    rows = Document.objects.filter(application=visit.application, party=visit.party)
    return rows.select_related("party").defer("content")


def _shown(visit: Visit, row: Document) -> SentDocument:
    is_own = row.received_from == ActorKind.APPLICANT
    about = visit.say(
        "documents.row" if is_own else "documents.from_lender",
        kind=visit.say(f"documents.{row.kind}"),
        size=file_size(row.byte_count, visit.texts.language),
        day=visit.day(row.received_at),
    )
    return SentDocument(row=row, name=document_name(visit, row), about=about)
