"""The papers on which an offer depends, on the case that waits for them: what was seen, and the panel to say so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils import timezone

from frontend.operations.case import show_case
from frontend.operations.drafts import keep_draft
from frontend.operations.small_panel import (
    NOT_YOURS,
    back_to_case,
    drafted,
    lost_words,
    onwards,
    show_panel,
    typed,
)
from frontend.session.gate import screen
from frontend.session.staff import OFFICERS, StaffRequest, actor_of
from review_queue.access import access_case
from review_queue.actions.meet_condition import (
    SAID_CHARACTERS_MAX,
    ConditionRefused,
    asks_for_value,
    meet_condition,
    wait_for_papers,
)
from review_queue.models import ReviewCase
from underwriting.documents.selectors import documents_of
from underwriting.documents.wanted import wanted
from underwriting.facts.catalogue import catalogue
from underwriting.facts.typed import unit_in_words
from underwriting.models import Document

PANEL = "operations/condition.html"
FORM = "condition"
FIELDS: Mapping[str, Any] = {"document": "", "value": "", "said": ""}
FIELD_IDS = {"code": "panel-title", "document": "shown-by", "value": "shown-value", "said": "said"}


@screen(read=OFFICERS, write=OFFICERS)
def condition(request: StaffRequest, number: int, code: str) -> HttpResponse:
    """GET: the panel for one paper. POST: it was seen; after the last one the application is assessed again."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    if code not in wanted():
        raise Http404
    if request.method != "POST":
        form = drafted(found, FORM, FIELDS, user_id=request.staff.user.pk)
        return _panel(request, found, code, form, now=now)
    keep_draft(request, found, form=FORM, now=now)
    form = typed(request, *FIELDS)
    try:
        meet_condition(
            case_id=found.pk, code=code, document=_document(found, form["document"]), value=form["value"], said=form["said"],
            user=request.staff.user, roles=request.roles, actor=actor_of(request), now=now,
        )  # fmt: skip
    except ConditionRefused as refused:
        at = FIELD_IDS[refused.field]
        return _panel(request, found, code, form, now=now, error=str(refused), error_at=at)
    except NOT_YOURS as refused:
        found.refresh_from_db()
        return _panel(request, found, code, form, now=now, status=409, conflict=lost_words(refused))
    return back_to_case(request, found, now=now)


@screen(write=OFFICERS)
def wait(request: StaffRequest, number: int) -> HttpResponse:
    """Put the case aside again until the rest comes, and go on with the next of the view."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    try:
        wait_for_papers(
            case_id=found.pk, user=request.staff.user, roles=request.roles, actor=actor_of(request), now=now
        )
    except ConditionRefused as refused:
        return show_case(request, found, now=now, status=422, conflict=str(refused))
    except NOT_YOURS as refused:
        found.refresh_from_db()
        return show_case(request, found, now=now, status=409, conflict=lost_words(refused))
    return onwards(request, found, now=now)


def _panel(
    request: StaffRequest,
    found: ReviewCase,
    code: str,
    form: Mapping[str, Any],
    *,
    now: datetime,
    status: int = 0,
    **messages: str,
) -> HttpResponse:
    paper, fact = wanted()[code], asks_for_value(found, code)
    documents = documents_of(application_id=found.application_id)
    fitting = next((str(one.row.public_id) for one in documents if one.row.kind == paper.document), "")
    panel = {
        "code": code,
        "words": paper.officer,
        "documents": documents,
        "typed": {**form, "document": form["document"] or fitting},
        "fact": catalogue()[fact].label if fact else "",
        "unit": unit_in_words(fact, found.application.currency) if fact else "",
        "said_characters": SAID_CHARACTERS_MAX,
    }
    return show_panel(request, found, PANEL, panel, now=now, status=status, **messages)


def _document(found: ReviewCase, public_id: str) -> Document | None:
    try:
        key = UUID(public_id)
    except ValueError:
        return None
    return (
        Document.objects.filter(application_id=found.application_id, public_id=key).defer("content").first()
    )
