"""The papers on which an offer depends: the panel to say that one was seen, and waiting on for the rest."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone

from frontend.operations.case import show_case
from frontend.operations.small_panel import (
    NOT_YOURS,
    Form,
    SmallPanel,
    back_to_case,
    lost_words,
    onwards,
    serve_panel,
)
from frontend.session.gate import screen
from frontend.session.staff import OFFICERS, StaffRequest, actor_of
from review_queue.access import access_case
from review_queue.actions.drafts import draft_of
from review_queue.actions.meet_condition import (
    SAID_CHARACTERS_MAX,
    ConditionRefused,
    asks_for_value,
    meet_condition,
    wait_for_papers,
)
from review_queue.conditions import conditional_offer
from review_queue.models import ReviewCase
from underwriting.decisions.conditions import open_codes
from underwriting.documents.selectors import access_document, documents_of
from underwriting.documents.wanted import papers
from underwriting.facts.catalogue import catalogue
from underwriting.facts.typed import unit_in_words
from underwriting.models import Document
from underwriting.people.access import NotYours


@screen(read=OFFICERS, write=OFFICERS)
def condition(request: StaffRequest, number: int) -> HttpResponse:
    """A paper was seen; after the last one the application is assessed again."""
    return serve_panel(request, number, CONDITION)


def _send(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
    meet_condition(
        case_id=found.pk, code=form["code"], document=_document(found, form["document"]), value=form["value"], said=form["said"],
        user=request.staff.user, roles=request.roles, actor=actor_of(request), now=now,
    )  # fmt: skip
    return back_to_case(request, found, now=now)


def _around(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> Form:
    del now
    offer = conditional_offer(found.application)
    left = [papers()[code] for code in (open_codes(offer) if offer else [])]
    paper = next((one for one in left if one.code == form["code"]), left[0] if left else None)
    fact = asks_for_value(found, paper.code) if paper else ""
    documents = documents_of(application_id=found.application_id)
    kept = draft_of(found, user_id=request.staff.user.pk, form=CONDITION.draft)
    if paper and kept.get("code") != [paper.code]:  # what was typed speaks of another paper
        form = {**form, "document": "", "value": "", "said": ""}
    fitting = (str(one.row.public_id) for one in documents if paper and one.row.kind == paper.document)
    typed = {"code": paper.code if paper else "", "document": form["document"] or next(fitting, "")}
    return {
        "papers": left,
        "documents": documents,
        "typed": {**form, **typed},
        "fact": catalogue()[fact].label if fact else "",
        "unit": unit_in_words(fact, found.application.currency) if fact else "",
        "said_characters": SAID_CHARACTERS_MAX,
    }


CONDITION = SmallPanel(
    "operations/condition.html",
    {"code": "", "document": "", "value": "", "said": ""},
    (ConditionRefused,),
    _send,
    draft="condition",
    around=_around,
)


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


def _document(found: ReviewCase, public_id: str) -> Document | None:
    try:
        return access_document(application_id=found.application_id, public_id=UUID(public_id))
    except (ValueError, NotYours):
        return None
