"""Ask the applicant: what for, until when, and the message as they will read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.operations.drafts import keep_draft
from frontend.operations.small_panel import (
    NOT_YOURS,
    chosen,
    drafted,
    lost_words,
    onwards,
    show_panel,
    typed,
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
from review_queue.asking import message_to, requests
from review_queue.models import ReviewCase
from underwriting.clocks.selectors import today_of
from underwriting.models import Party

PANEL = "operations/ask.html"
FIELDS: Mapping[str, Any] = {"items": [], "question": "", "answer_until": "", "person": ""}
LANGUAGES = {"en": "English", "es": "Spanish", "hi": "Hindi"}


@screen(read=OFFICERS, write=OFFICERS)
def ask(request: StaffRequest, number: int) -> HttpResponse:
    """GET: the panel. POST: send the message, put the case aside, open the next case of the view."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    if request.method != "POST":
        form = drafted(found, "ask", FIELDS, user_id=request.staff.user.pk)
        form["answer_until"] = form["answer_until"] or usual_day(found, now=now).isoformat()
        asked = [code for code in chosen(request, "items") if code in requests()]
        form["items"] += [code for code in asked if code not in form["items"]]
        form["person"] = form["person"] or typed(request, "person")["person"]
        return _panel(request, found, form, now=now)
    keep_draft(request, found, form="ask", now=now)
    form = _sent(request)
    if "look" in request.POST:
        return _panel(request, found, form, now=now)
    try:
        ask_applicant(
            case_id=found.pk, user=request.staff.user, roles=request.roles, party=_party(found, form["person"]), items=form["items"],
            question=form["question"], answer_until=_day(form["answer_until"]), actor=actor_of(request), now=now,
        )  # fmt: skip
    except AskRefused as refused:
        return _panel(request, found, form, now=now, error=str(refused), error_at=refused.field)
    except NOT_YOURS as refused:
        found.refresh_from_db()
        return _panel(request, found, form, now=now, status=409, conflict=lost_words(refused))
    return onwards(request, found, now=now)


@screen(write=OFFICERS)
def ask_preview(request: StaffRequest, number: int) -> HttpResponse:
    """The message for what is chosen and typed so far. A POST, so that no word of it stands in an address."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    return render(
        request, "operations/ask_preview.html", {"preview": _preview(found, _sent(request), now=now)}
    )


def _panel(
    request: StaffRequest,
    found: ReviewCase,
    form: Mapping[str, Any],
    *,
    now: datetime,
    status: int = 0,
    **messages: str,
) -> HttpResponse:
    parties = list(Party.objects.filter(application_id=found.application_id).order_by("ordinal"))
    panel = {
        "typed": form,
        "papers": [one for one in requests().values() if one.document],
        "explanations": [one for one in requests().values() if not one.document],
        "parties": parties,
        "first_day": today_of(request.lender, now) + timedelta(days=1),
        "last_day": last_day_to_answer(found, now=now),
        "question_characters": QUESTION_CHARACTERS_MAX,
        "preview": _preview(found, form, now=now),
    }
    return show_panel(request, found, PANEL, panel, now=now, status=status, **messages)


def _preview(found: ReviewCase, form: Mapping[str, Any], *, now: datetime) -> dict[str, str]:
    language = found.application.language if found.application.language in LANGUAGES else "en"
    items = [code for code in form["items"] if code in requests()]
    question = form["question"].strip()
    text = ""
    if items or question:
        until = _day(form["answer_until"]) or usual_day(found, now=now)
        text = message_to(items=items, question=question, until=until, language=language)
    return {"text": text, "language": language, "language_name": LANGUAGES[language]}


def _sent(request: StaffRequest) -> dict[str, Any]:
    return {
        "items": chosen(request, "items"),
        **typed(request, "question", "answer_until", "person"),
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _party(found: ReviewCase, ordinal: str) -> Party:
    """The party at this place of the application; the first where none is named."""
    parties = list(Party.objects.filter(application_id=found.application_id).order_by("ordinal"))
    return next((party for party in parties if str(party.ordinal) == ordinal), parties[0])
