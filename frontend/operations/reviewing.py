"""Small panels of a case: one's own answer to an appeal, a corrected fact, what becomes of a held notice; and messages."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from frontend.operations.case import show_case
from frontend.operations.context import see_other
from frontend.operations.drafts import keep_draft
from frontend.operations.small_panel import Form, SmallPanel, back_to_case, party_at, read_form, serve_panel
from frontend.session.gate import screen
from frontend.session.staff import OFFICERS, StaffRequest, actor_of
from review_queue.access import access_case
from review_queue.actions.correct import CorrectionRefused, correct_fact
from review_queue.actions.drafts import forget_draft
from review_queue.actions.review_notice import (
    ReviewRefused,
    decide_again,
    offer_until,
    send_notice,
)
from review_queue.blind import AnswerIncomplete, give_own_answer
from review_queue.messages import MessageRefused, send_message
from review_queue.models import ReviewCase
from underwriting.documents.selectors import documents_of
from underwriting.facts.catalogue import catalogue
from underwriting.facts.corrections import correctable
from underwriting.facts.typed import unit_in_words
from underwriting.facts.values import facts_from_json
from underwriting.models import Document, Party


@screen(read=OFFICERS, write=OFFICERS)
def own_answer(request: StaffRequest, number: int) -> HttpResponse:
    """What this officer answers to an appeal, before the earlier answer is shown to them."""
    return serve_panel(request, number, OWN_ANSWER)


def _own_answer(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
    give_own_answer(
        case_id=found.pk, user=request.staff.user, roles=request.roles, outcome=form["outcome"], sentence=form["sentence"],
        actor=actor_of(request), now=now,
    )  # fmt: skip
    return back_to_case(request, found, now=now)


@screen(read=OFFICERS, write=OFFICERS)
def correct(request: StaffRequest, number: int) -> HttpResponse:
    """A fact, its right value, where that stands and why; the application is then assessed again."""
    return serve_panel(request, number, CORRECT)


def _correct(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
    correct_fact(
        case=found, fact=form["fact"], value=form["value"], source=form["source"], reason=form["reason"],
        document=_document(found, form["document"]), person=party_at(found, form["party"]), user=request.staff.user,
        roles=request.roles, actor=actor_of(request), now=now,
    )  # fmt: skip
    return back_to_case(request, found, now=now)


def _choices(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> Form:
    """What a correction can be of: facts with their units, the people of the application, its documents."""
    del request, form, now
    names = correctable(facts_from_json(found.assessment.facts))
    currency = found.application.currency
    return {
        "facts": [(name, catalogue()[name].label, unit_in_words(name, currency)) for name in names],
        "parties": list(Party.objects.filter(application_id=found.application_id).order_by("ordinal")),
        "documents": documents_of(application_id=found.application_id),
    }


@screen(read=OFFICERS, write=OFFICERS)
def notice(request: StaffRequest, number: int, what: str) -> HttpResponse:
    """Send a held notice, or have the application decided again."""
    return serve_panel(request, number, NOTICE[what])


def _notice_sent(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
    del form
    send_notice(
        case_id=found.pk, user=request.staff.user, roles=request.roles, actor=actor_of(request), now=now
    )
    return back_to_case(request, found, now=now)


def _offer_until(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> Form:
    del request, form
    return {"offer_until": offer_until(found, now=now)}


def _decided_again(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
    referral = decide_again(
        case_id=found.pk, user=request.staff.user, roles=request.roles, why=form["why"], actor=actor_of(request), now=now,
    )  # fmt: skip
    return back_to_case(request, referral, now=now)


@screen(write=OFFICERS)
def message(request: StaffRequest, number: int) -> HttpResponse:
    """Write to an applicant."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    keep_draft(request, found, form=MESSAGE, now=now)
    typed = read_form(request, {"party": "", "text": ""})
    try:
        send_message(
            application=found.application, party=party_at(found, typed["party"]), author=request.staff.user, text=typed["text"],
            actor=actor_of(request), now=now,
        )  # fmt: skip
    except MessageRefused as refused:
        return show_case(request, found, now=now, status=422, message_error=str(refused))
    forget_draft(case_id=found.pk, user_id=request.staff.user.pk, form=MESSAGE)
    return see_other(request, f"{reverse('case', args=[str(found)])}#messages")


def _document(found: ReviewCase, public_id: str) -> Document | None:
    if not public_id:
        return None
    try:
        wanted = UUID(public_id)
    except ValueError:
        wanted = None
    document = (
        Document.objects.filter(application_id=found.application_id, public_id=wanted)
        .defer("content")
        .first()
        if wanted
        else None
    )
    if document is None:
        raise CorrectionRefused("document", "Choose one of the documents of this application.")
    return document


MESSAGE = "message"
OWN_ANSWER = SmallPanel(
    "operations/own_answer.html", {"outcome": "", "sentence": ""}, (AnswerIncomplete,), _own_answer, draft="own-answer"
)  # fmt: skip
CORRECT = SmallPanel(
    "operations/correct.html", dict.fromkeys(("fact", "value", "source", "reason", "document", "party"), ""), (CorrectionRefused,),
    _correct, draft="correct", around=_choices,
)  # fmt: skip
NOTICE = {
    "send": SmallPanel("operations/notice_send.html", {}, (ReviewRefused,), _notice_sent, around=_offer_until),
    "again": SmallPanel("operations/notice_again.html", {"why": ""}, (ReviewRefused,), _decided_again, draft="again"),
}  # fmt: skip
