"""Small panels of a case: one's own answer to an appeal, a corrected fact, what becomes of a held notice; and messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from frontend.operations.case import show_case
from frontend.operations.context import see_other
from frontend.operations.document_view import read_view
from frontend.operations.small_panel import NOT_YOURS, back_to_case, lost_words, show_panel
from frontend.operations.small_panel import typed as read_typed
from frontend.operations.viewer import address_of, where_read
from frontend.session.gate import screen
from frontend.session.staff import OFFICERS, StaffRequest, actor_of
from review_queue.access import access_case
from review_queue.actions.correct import CorrectionRefused, correct_fact
from review_queue.actions.review_notice import (
    ReviewRefused,
    decide_again,
    offer_until,
    send_notice,
)
from review_queue.blind import AnswerIncomplete, give_own_answer
from review_queue.messages import MessageRefused, send_message
from review_queue.models import ReviewCase
from underwriting.documents.selectors import access_document, documents_of
from underwriting.facts.catalogue import catalogue
from underwriting.facts.corrections import correctable
from underwriting.facts.typed import unit_in_words
from underwriting.facts.values import facts_from_json
from underwriting.models import Document, Party
from underwriting.people.access import NotYours

VIEWER = ("viewer", "page", "zoom", "turn", "opening")  # where a panel beside a document leads back to
OWN_ANSWER, CORRECT = "operations/own_answer.html", "operations/correct.html"
NOTICE = {
    "send": "operations/notice_send.html",
    "again": "operations/notice_again.html",
}


@screen(read=OFFICERS, write=OFFICERS)
def own_answer(request: StaffRequest, number: int) -> HttpResponse:
    """What this officer answers to an appeal, before the earlier answer is shown to them."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    if request.method != "POST":
        return _panel(request, found, OWN_ANSWER, {}, now=now)
    typed = read_typed(request, "outcome", "sentence")
    try:
        give_own_answer(
            case_id=found.pk, user=request.staff.user, roles=request.roles, outcome=typed["outcome"], sentence=typed["sentence"],
            actor=actor_of(request), now=now,
        )  # fmt: skip
    except AnswerIncomplete as refused:
        return _panel(request, found, OWN_ANSWER, typed, now=now, error=str(refused), error_at=refused.field)
    except NOT_YOURS as refused:
        return _lost(request, found, refused, OWN_ANSWER, typed, now=now)
    return back_to_case(request, found, now=now)


@screen(read=OFFICERS, write=OFFICERS)
def correct(request: StaffRequest, number: int) -> HttpResponse:
    """A fact, its right value, where that stands and why; the application is then assessed again."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    typed = read_typed(request, "fact", "value", "source", "reason", "document", "person", *VIEWER)
    if request.method != "POST":
        return _panel(request, found, CORRECT, typed | _seen_in(request, found, typed), now=now)
    try:
        correct_fact(
            case=found, fact=typed["fact"], value=typed["value"], source=typed["source"], reason=typed["reason"],
            document=_document(found, typed["document"]), person=_person(found, typed["person"]), user=request.staff.user,
            roles=request.roles, actor=actor_of(request), now=now,
        )  # fmt: skip
    except CorrectionRefused as refused:
        return _panel(request, found, CORRECT, typed, now=now, error=str(refused), error_at=refused.field)
    except NOT_YOURS as refused:
        return _lost(request, found, refused, CORRECT, typed, now=now)
    document = _viewed(found, typed)
    if document is None:
        return back_to_case(request, found, now=now)
    view = read_view(typed, document)
    return see_other(request, address_of(request, found, document, view, now=now))


@screen(read=OFFICERS, write=OFFICERS)
def notice(request: StaffRequest, number: int, what: str) -> HttpResponse:
    """Send a held notice, or have the application decided again."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    template = NOTICE[what]
    if request.method != "POST":
        return _panel(request, found, template, {}, now=now)
    typed = read_typed(request, "why")
    who: dict[str, Any] = {
        "case_id": found.pk, "user": request.staff.user, "roles": request.roles, "actor": actor_of(request), "now": now,
    }  # fmt: skip
    try:
        if what == "send":
            send_notice(**who)
            return back_to_case(request, found, now=now)
        referral = decide_again(why=typed["why"], **who)
    except ReviewRefused as refused:
        return _panel(request, found, template, typed, now=now, error=str(refused), error_at="notice-why")
    except NOT_YOURS as refused:
        return _lost(request, found, refused, template, typed, now=now)
    return back_to_case(request, referral, now=now)


@screen(write=OFFICERS)
def message(request: StaffRequest, number: int) -> HttpResponse:
    """Write to an applicant."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    typed = read_typed(request, "person", "text")
    party = _person(found, typed["person"])
    try:
        send_message(
            application=found.application, party=party, author=request.staff.user, text=typed["text"], actor=actor_of(request),
            now=now,
        )  # fmt: skip
    except MessageRefused as refused:
        return show_case(request, found, now=now, status=422, message_error=str(refused), message_typed=typed)
    return see_other(request, f"{reverse('case', args=[str(found)])}#messages")


def _panel(
    request: StaffRequest,
    found: ReviewCase,
    template: str,
    typed: dict[str, str],
    *,
    now: datetime,
    status: int = 0,
    **messages: str,
) -> HttpResponse:
    panel: dict[str, Any] = {"typed": typed}
    if template == CORRECT:
        panel |= _choices(found)
    if typed.get("viewer"):
        panel |= {"state": {name: typed[name] for name in VIEWER}, "opener": f"set-right-{typed['fact']}"}
    if template == NOTICE["send"]:
        panel["offer_until"] = offer_until(found, now=now)
    return show_panel(request, found, template, panel, now=now, status=status, **messages)


def _choices(found: ReviewCase) -> dict[str, Any]:
    """What a correction can be of: facts with their units, the people of the application, its documents."""
    names = correctable(facts_from_json(found.assessment.facts))
    currency = found.application.currency
    return {
        "facts": [(name, catalogue()[name].label, unit_in_words(name, currency)) for name in names],
        "parties": list(Party.objects.filter(application_id=found.application_id).order_by("ordinal")),
        "documents": documents_of(application_id=found.application_id),
    }


def _lost(
    request: StaffRequest,
    found: ReviewCase,
    refused: Exception,
    template: str,
    typed: dict[str, str],
    *,
    now: datetime,
) -> HttpResponse:
    """The case is not (any more) this person's: said, with what they typed."""
    found.refresh_from_db()
    return _panel(request, found, template, typed, now=now, status=409, conflict=lost_words(refused))


def _seen_in(request: StaffRequest, found: ReviewCase, typed: Mapping[str, str]) -> dict[str, str]:
    """What is known of a correction that begins beside a document: the document, whose it is, and where the person is reading."""
    document = _viewed(found, typed)
    if document is None:
        return {"viewer": ""}
    view = read_view(typed, document)
    return {
        "document": str(document.public_id),
        "person": str(document.party.ordinal),
        "source": where_read(document, view, request.lender.time_zone),
    }


def _viewed(found: ReviewCase, typed: Mapping[str, str]) -> Document | None:
    """The document beside which the panel was opened; None where it was opened on the case page."""
    try:
        return _document(found, typed["viewer"])
    except CorrectionRefused:
        return None


def _document(found: ReviewCase, public_id: str) -> Document | None:
    if not public_id:
        return None
    try:
        return access_document(application_id=found.application_id, public_id=UUID(public_id))
    except (ValueError, NotYours):
        raise CorrectionRefused("document", "Choose one of the documents of this application.") from None


def _person(found: ReviewCase, ordinal: str) -> Party:
    """The party at this place of the application; the first where none is named."""
    parties = Party.objects.filter(application_id=found.application_id).order_by("ordinal")
    chosen = (
        parties.filter(ordinal=int(ordinal)).first() if ordinal.isdecimal() and len(ordinal) < 3 else None
    )
    return chosen or parties[0]
