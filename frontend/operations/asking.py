"""Ask the applicant: what for, until when, and the message as they will read it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.operations.small_panel import (
    Form,
    SmallPanel,
    day_of,
    onwards,
    party_at,
    read_form,
    serve_panel,
)
from frontend.session.gate import screen
from frontend.session.staff import OFFICERS, StaffRequest, actor_of
from review_queue.access import access_case
from review_queue.actions.ask import (
    QUESTION_CHARACTERS_MAX,
    AskRefused,
    ask_applicant,
    last_day_to_answer,
    usual_day,
)
from review_queue.asking import message_to
from review_queue.models import ReviewCase
from underwriting.clocks.selectors import today_of
from underwriting.documents.wanted import wanted
from underwriting.models import Party

FIELDS: Form = {"items": [], "question": "", "answer_until": "", "party": ""}
LANGUAGES = {"en": "English", "es": "Spanish", "hi": "Hindi"}


@screen(read=OFFICERS, write=OFFICERS)
def ask(request: StaffRequest, number: int) -> HttpResponse:
    """GET: the panel. POST: send the message, put the case aside, open the next case of the view."""
    return serve_panel(request, number, PANEL)


@screen(write=OFFICERS)
def ask_preview(request: StaffRequest, number: int) -> HttpResponse:
    """The message for what is chosen and typed so far. A POST, so that no word of it stands in an address."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    form = read_form(request, FIELDS)
    return render(request, "operations/ask_preview.html", {"preview": _preview(found, form, now=now)})


def _send(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> HttpResponse | None:
    if "look" in request.POST:
        return None
    ask_applicant(
        case_id=found.pk, user=request.staff.user, roles=request.roles, party=party_at(found, form["party"]), items=form["items"],
        question=form["question"], answer_until=day_of(form["answer_until"]), actor=actor_of(request), now=now,
    )  # fmt: skip
    return onwards(request, found, now=now)


def _around(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> Form:
    until = form["answer_until"] or usual_day(found, now=now).isoformat()
    return {
        "typed": {**form, "answer_until": until},
        "papers": [one for one in wanted().values() if one.document],
        "explanations": [one for one in wanted().values() if not one.document],
        "parties": list(Party.objects.filter(application_id=found.application_id).order_by("ordinal")),
        "first_day": today_of(request.lender, now) + timedelta(days=1),
        "last_day": last_day_to_answer(found, now=now),
        "question_characters": QUESTION_CHARACTERS_MAX,
        "preview": _preview(found, form, now=now),
    }


PANEL = SmallPanel("operations/ask.html", FIELDS, (AskRefused,), _send, draft="ask", around=_around)


def _preview(found: ReviewCase, form: Form, *, now: datetime) -> dict[str, Any]:
    language = found.application.language if found.application.language in LANGUAGES else "en"
    items = [code for code in form["items"] if code in wanted()]
    question = form["question"].strip()
    text = ""
    if items or question:
        until = day_of(form["answer_until"]) or usual_day(found, now=now)
        text = message_to(items=items, question=question, until=until, language=language)
    return {"text": text, "language": language, "language_name": LANGUAGES[language]}
