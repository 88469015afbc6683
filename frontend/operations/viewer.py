"""S06: a page of a document beside the facts that this kind of document can bear out. A person reads it; no machine does."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from frontend.operations.case import hidden, show_case
from frontend.operations.context import READERS, desk_context, see_other
from frontend.operations.document_view import DocumentView, read_view
from frontend.operations.documents import UNREADABLE, is_opened, opening_of
from frontend.operations.fact_sheet import may_correct
from frontend.operations.facts_read import compared_of, plain_state, raw_in_words, read_by, readings_of
from frontend.operations.params import address, read_query
from frontend.operations.small_panel import NOT_YOURS, lost_words, read_form
from frontend.session.gate import screen
from frontend.session.staff import OFFICERS, StaffRequest, actor_of
from frontend.templatetags.ui import on_day
from review_queue.access import access_case
from review_queue.actions.correct import CorrectionRefused
from review_queue.actions.verify import facts_to_compare, verify_fact
from review_queue.blind import case_that_hides, hides_policy
from review_queue.models import ReviewCase
from underwriting.documents.selectors import KIND_WORDS, access_document, documents_of, open_document
from underwriting.documents.wanted import paper_for
from underwriting.enums import DocumentKind
from underwriting.facts.catalogue import catalogue
from underwriting.facts.corrections import OnFile, on_file
from underwriting.models import Document
from underwriting.people.sealing import Unreadable

PAGE = "operations/document.html"
RAW_CHARACTERS_MAX = 80


@dataclass(frozen=True, slots=True)
class Compare:
    """A fact to compare with the page: what is on file of the person who sent it, and how sure that is.

    `seen` is the raw value as JSON, empty where there is none; `is_found_here` says that somebody found it in this document.
    """

    fact: str
    label: str
    value: str
    glyph: str
    state: str
    origin: str
    known_at: datetime | None
    seen: str
    is_found_here: bool


@screen(read=READERS)
def document(request: StaffRequest, number: int, document_id: UUID) -> HttpResponse:
    """The viewer, or for a fragment the page alone. Opening it is in the trail once, however many pages are turned."""
    now = timezone.now()
    case = access_case(number=number, lender_id=request.lender.pk)
    blind = case_that_hides(case, user_id=request.staff.user.pk, roles=request.roles)
    if blind is not None and blind.pk != case.pk:
        return hidden(request, blind)
    found = access_document(application_id=case.application_id, public_id=document_id)
    view = read_view(request.GET, found)
    if not is_opened(request, found, view.opening):
        try:
            open_document(document=found, actor=actor_of(request), now=now)
        except Unreadable:
            return show_case(request, case, now=now, status=409, conflict=UNREADABLE)
        view = replace(view, opening=opening_of(request, found))
    return _show(request, case, found, view, now=now, part="#page")


@screen(write=OFFICERS)
def verify(request: StaffRequest, number: int, document_id: UUID) -> HttpResponse:
    """It says the same: the person found the value on file in this document."""
    now = timezone.now()
    case = access_case(number=number, lender_id=request.lender.pk)
    found = access_document(application_id=case.application_id, public_id=document_id)
    view = read_view(request.POST, found)
    fact = read_form(request, {"fact": ""})["fact"]
    try:
        verify_fact(
            case=case, fact=fact, seen=_raw(request.POST.get(f"seen-{fact}", "")), document=found,
            source=where_read(found, view, request.lender.time_zone), user=request.staff.user, roles=request.roles,
            actor=actor_of(request), now=now,
        )  # fmt: skip
    except CorrectionRefused as refused:
        return _show(request, case, found, view, now=now, part="#facts", status=422, refused=str(refused))
    except NOT_YOURS as lost:
        case.refresh_from_db()
        return _show(request, case, found, view, now=now, part="#facts", status=409, refused=lost_words(lost))
    if request.headers.get("HX-Request"):
        return _show(request, case, found, view, now=now, part="#facts", just_verified=fact)
    return see_other(request, address_of(request, case, found, view, now=now))


def where_read(found: Document, view: DocumentView, zone: str) -> str:
    """The source of what is read here, without the file's sealed name: `Payslip received 3 Nov 2026, page 2`."""
    words = f"{KIND_WORDS[DocumentKind(found.kind)]} received {on_day(found.received_at, zone)}"
    return f"{words}, page {view.page}" if view.pages > 1 else words


def address_of(
    request: StaffRequest, case: ReviewCase, found: Document, view: DocumentView, *, now: datetime
) -> str:
    """The viewer at this place, in the queue's view it was opened from."""
    query = read_query(request, request.POST or request.GET, now=now)
    page = reverse("case-document", args=[str(case), found.public_id])
    return f"{page}?{address(query)}&{view.address()}"


def _show(
    request: StaffRequest,
    case: ReviewCase,
    found: Document,
    view: DocumentView,
    *,
    now: datetime,
    part: str,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    query = read_query(request, request.POST or request.GET, now=now)
    is_fragment = bool(request.headers.get("HX-Request"))
    context: dict[str, Any] = {
        "case": case, "document": found, "view": view, "query": query, "here": address(query),
        "kind": KIND_WORDS[DocumentKind(found.kind)], "is_fragment": is_fragment, "zone": request.lender.time_zone,
    }  # fmt: skip
    if not (is_fragment and part == "#page"):
        context |= _facts(request, case, found)
    if not is_fragment:
        context |= desk_context(request, now=now) | _neighbours(request, case, found)
    return render(request, PAGE + (part if is_fragment else ""), context | extra, status=status)


def _facts(request: StaffRequest, case: ReviewCase, found: Document) -> dict[str, Any]:
    """The facts to compare, and what this person may do with them."""
    filed = on_file(application=case.application, party=found.party)
    blind = case_that_hides(case, user_id=request.staff.user.pk, roles=request.roles)
    is_set_right = any(not row.is_verification for row in readings_of(case))
    is_blind = blind is not None and hides_policy(blind)
    return {
        "facts": [
            _compare(fact, filed.get(fact), found, case.application.currency)
            for fact in facts_to_compare(case, found)
        ],
        "may_correct": may_correct(request, case),
        "is_being_assessed": getattr(case, "is_being_assessed", False),
        "compared": compared_of(case, is_blind=is_blind) if is_set_right else None,
        "item": paper_for(DocumentKind(found.kind)),
    }


def _compare(fact: str, filed: OnFile | None, found: Document, currency: str) -> Compare:
    value = raw_in_words(fact, filed.value if filed else None, currency)
    label = catalogue()[fact].label
    if filed is None:
        return Compare(fact, label, value, "\N{EN DASH}", "missing", "", None, "", False)
    glyph, state = plain_state(filed.source)
    reading = filed.reading
    return Compare(
        fact=fact,
        label=label,
        value=value,
        glyph=glyph,
        state=state,
        origin=read_by(reading) if reading else filed.origin,
        known_at=filed.known_at,
        seen=json.dumps(filed.value),
        is_found_here=reading is not None and reading.document_id == found.pk,
    )


def _neighbours(request: StaffRequest, case: ReviewCase, found: Document) -> dict[str, Any]:
    """The documents of the case before and after this one, in the order of its page."""
    listed = documents_of(application_id=case.application_id, reader_id=request.staff.user.pk)
    place = next(place for place, one in enumerate(listed) if one.row.pk == found.pk)
    return {
        "listed": listed[place],
        "place": place + 1,
        "count": len(listed),
        "previous": listed[place - 1] if place else None,
        "following": listed[place + 1] if place + 1 < len(listed) else None,
    }


def _raw(text: str) -> Any:
    """What was sent as a value, of whatever shape; nothing where it is none."""
    try:
        return json.loads(text[:RAW_CHARACTERS_MAX])
    except ValueError:
        return None
