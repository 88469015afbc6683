"""What is sent of a document: the file to save, never as a page, and its pages as pictures. That it was opened is in the trail."""

from __future__ import annotations

from uuid import UUID

from django.core import signing
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from frontend.operations.case import show_case
from frontend.operations.context import READERS
from frontend.operations.document_view import read_view
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from review_queue.access import access_case
from underwriting.documents import read_document
from underwriting.documents.render import NotDrawn, draw_page
from underwriting.documents.selectors import access_document, name_of, open_document
from underwriting.models import Document
from underwriting.people.sealing import Unreadable

SHOWN_INLINE = frozenset({"image/jpeg", "image/png"})
SAVED = frozenset({"application/pdf"})
# No script, no form, no other origin, no place in anybody's frame: whatever the file turns out to be.
POLICY = "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
UNREADABLE = "This document cannot be read any more: its key is gone, or it was changed."
OPENING_SECONDS = 3_600
_signer = signing.TimestampSigner(salt="frontend.operations.documents")


def opening_of(request: StaffRequest, document: Document) -> str:
    """The mark of one opening of a document by this person: while it is carried along, turning pages is no further opening."""
    return _signer.sign(_marked(request, document))


def is_opened(request: StaffRequest, document: Document, opening: str) -> bool:
    """Whether `opening` is this person's, of this document, and no older than an hour."""
    try:
        marked = _signer.unsign(opening, max_age=OPENING_SECONDS)
    except signing.BadSignature:
        return False
    return marked == _marked(request, document)


def _marked(request: StaffRequest, document: Document) -> str:
    return f"{request.staff.user.pk}-{document.pk}"


@screen(read=READERS)
def file(request: StaffRequest, number: int, document_id: UUID) -> HttpResponse:
    """The document as it was sent. Pictures are shown, a PDF is saved: a sandboxed page shows none."""
    now = timezone.now()
    case = access_case(number=number, lender_id=request.lender.pk)
    found = access_document(application_id=case.application_id, public_id=document_id)
    try:
        content = open_document(document=found, actor=actor_of(request), now=now)
    except Unreadable:
        return show_case(request, case, now=now, status=409, conflict=UNREADABLE)
    is_known = found.media_type in SHOWN_INLINE | SAVED
    response = _sandboxed(content, found.media_type if is_known else "application/octet-stream")
    as_file = found.media_type not in SHOWN_INLINE
    response["Content-Disposition"] = content_disposition_header(as_file, name_of(found)) or "attachment"
    return response


@screen(read=READERS)
def page(request: StaffRequest, number: int, document_id: UUID) -> HttpResponse:
    """One page as a picture, turned as asked; where it cannot be drawn, why not, as a sentence of plain text.

    Asked for without the mark of an opening it is an opening of its own.
    """
    case = access_case(number=number, lender_id=request.lender.pk)
    found = access_document(application_id=case.application_id, public_id=document_id)
    view = read_view(request.GET, found)
    try:
        if is_opened(request, found, view.opening):
            content = read_document(found)
        else:
            content = open_document(document=found, actor=actor_of(request), now=timezone.now())
        drawn = draw_page(content, page=view.page, turn=view.turn)
    except Unreadable:
        return HttpResponse(UNREADABLE, content_type="text/plain", status=409)
    except NotDrawn as refused:
        status = 503 if refused.code == "busy" else 422
        return HttpResponse(str(refused), content_type="text/plain", status=status)
    return _sandboxed(drawn.content, drawn.media_type)


def _sandboxed(content: bytes, media_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
