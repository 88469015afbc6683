"""Small panels of a case: one's own answer to an appeal, a corrected fact, what becomes of a held notice; and messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from frontend.operations.case import show_case
from frontend.operations.context import see_other
from frontend.operations.document_view import read_view
from frontend.operations.drafts import VIEWER, keep_draft
from frontend.operations.small_panel import Form, SmallPanel, back_to_case, party_at, read_form, serve_panel
from frontend.operations.viewer import address_of, where_read
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
from underwriting.documents.selectors import access_document, documents_of
from underwriting.facts.catalogue import catalogue
from underwriting.facts.corrections import correctable
from underwriting.facts.typed import unit_in_words
from underwriting.facts.values import facts_from_json
from underwriting.models import Document, Party
from underwriting.people.access import NotYours


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
    document = _viewed(found, form)
    if document is None:
        return back_to_case(request, found, now=now)
    return see_other(request, address_of(request, found, document, read_view(form, document), now=now))


def _choices(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> Form:
    """What a correction can be of: facts with their units, the people of the application, its documents; and where it leads back to."""
    del now
    if request.method != "POST" and form["viewer"]:
        form = {**form, **_seen_in(request, found, form)}
    state = {name: form[name] for name in VIEWER}
    names = correctable(facts_from_json(found.assessment.facts))
    currency = found.application.currency
    return {
        "facts": [(name, catalogue()[name].label, unit_in_words(name, currency)) for name in names],
        "parties": list(Party.objects.filter(application_id=found.application_id).order_by("ordinal")),
        "documents": documents_of(application_id=found.application_id),
        "typed": form,
        **({"state": state, "opener": f"set-right-{form['fact']}"} if form["viewer"] else {}),
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


def _seen_in(request: StaffRequest, found: ReviewCase, typed: Mapping[str, str]) -> dict[str, str]:
    """What is known of a correction that begins beside a document: the document, whose it is, and where the person is reading."""
    document = _viewed(found, typed)
    if document is None:
        return {"viewer": ""}
    view = read_view(typed, document)
    return {
        "document": str(document.public_id),
        "party": str(document.party.ordinal),
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


MESSAGE = "message"
OWN_ANSWER = SmallPanel(
    "operations/own_answer.html", {"outcome": "", "sentence": ""}, (AnswerIncomplete,), _own_answer, draft="own-answer"
)  # fmt: skip
CORRECT = SmallPanel(
    "operations/correct.html", dict.fromkeys(("fact", "value", "source", "reason", "document", "party", *VIEWER), ""), (CorrectionRefused,),
    _correct, draft="correct", around=_choices,
)  # fmt: skip
NOTICE = {
    "send": SmallPanel("operations/notice_send.html", {}, (ReviewRefused,), _notice_sent, around=_offer_until),
    "again": SmallPanel("operations/notice_again.html", {"why": ""}, (ReviewRefused,), _decided_again, draft="again"),
}  # fmt: skip
