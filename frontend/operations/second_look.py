"""S05: the second look. Who waits for whom, the blind answer, and both answers side by side once it is given."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from frontend.operations.case import show_case
from frontend.operations.context import see_other
from frontend.operations.drafts import keep_draft
from frontend.operations.params import address, read_query
from frontend.operations.refusals import NOT_YOURS, lost_in_words
from frontend.session.gate import not_allowed, screen
from frontend.session.staff import OFFICERS, StaffRequest, actor_of
from review_queue.access import access_case
from review_queue.actions.drafts import draft_of
from review_queue.actions.second_look import give_second_answer
from review_queue.authority import MayNotConfirm
from review_queue.blind import AnswerIncomplete
from review_queue.models import ReviewCase
from review_queue.permissions import MayNotDecide

TEMPLATE = "operations/second_look.html"
FORM = "second-look"


@screen(read=OFFICERS, write=OFFICERS)
def second_look(request: StaffRequest, number: int) -> HttpResponse:
    """GET: the panel. POST: the answer, given before the first one is shown; then both stand on the case page."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    user = request.staff.user
    if request.method != "POST":
        drafted = draft_of(found, user_id=user.pk, form=FORM)
        typed = {name: next(iter(drafted.get(name, [])), "") for name in ("outcome", "sentence")}
        return _panel(request, found, typed, now=now)
    keep_draft(request, found, form=FORM, now=now)
    typed = {name: request.POST.get(name, "").replace("\x00", "")[:4_000] for name in ("outcome", "sentence")}
    try:
        give_second_answer(
            case_id=found.pk, user=user, roles=request.roles, outcome=typed["outcome"], sentence=typed["sentence"],
            actor=actor_of(request), now=now,
        )  # fmt: skip
    except MayNotDecide:
        return not_allowed(request, OFFICERS)
    except AnswerIncomplete as refused:
        return _panel(request, found, typed, now=now, status=422, error=str(refused), error_at=refused.field)
    except MayNotConfirm as refused:
        return _panel(request, found, typed, now=now, status=409, conflict=str(refused))
    except NOT_YOURS as refused:
        found.refresh_from_db()
        return _panel(
            request,
            found,
            typed,
            now=now,
            status=409,
            conflict=lost_in_words(found, refused, user_id=user.pk),
        )
    query = read_query(request, request.POST, now=now)
    return see_other(request, f"{reverse('case', args=[str(found)])}?{address(query)}")


def _panel(
    request: StaffRequest,
    found: ReviewCase,
    typed: dict[str, str],
    *,
    now: datetime,
    status: int = 200,
    **messages: str,
) -> HttpResponse:
    query = read_query(request, request.POST or request.GET, now=now)
    panel: dict[str, Any] = {"template": TEMPLATE, "typed": typed} | messages
    if request.headers.get("HX-Request"):
        context = {
            "panel": panel,
            "case": found,
            "application": found.application,
            "here": address(query),
            "query": query,
        }
        return render(request, TEMPLATE, context, status=status)
    return show_case(request, found, now=now, status=status, panel=panel)
