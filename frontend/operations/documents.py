"""Opening a document from a case: as a file, never as a page."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from frontend.operations.case import show_case
from frontend.operations.context import READERS
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from review_queue.access import access_case
from underwriting.documents.selectors import access_document, name_of, open_document
from underwriting.people.sealing import Unreadable

SHOWN_INLINE = frozenset({"image/jpeg", "image/png"})
SAVED = frozenset({"application/pdf"})
# No script, no form, no other origin, no place in anybody's frame: whatever the file turns out to be.
POLICY = "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@screen(read=READERS)
def document(request: StaffRequest, number: int, document_id: UUID) -> HttpResponse:
    """One document; that it was opened is in the trail. Pictures are shown, a PDF is saved: a sandboxed page shows none."""
    now = timezone.now()
    case = access_case(number=number, lender_id=request.lender.pk)
    found = access_document(application_id=case.application_id, public_id=document_id)
    try:
        content = open_document(document=found, actor=actor_of(request), now=now)
    except Unreadable:
        conflict = "This document cannot be read any more: its key is gone, or it was changed."
        return show_case(request, case, now=now, status=409, conflict=conflict)
    is_known = found.media_type in SHOWN_INLINE | SAVED
    response = HttpResponse(
        content, content_type=found.media_type if is_known else "application/octet-stream"
    )
    as_file = found.media_type not in SHOWN_INLINE
    response["Content-Disposition"] = content_disposition_header(as_file, name_of(found)) or "attachment"
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
