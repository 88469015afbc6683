"""Panels above the decision bar that are a form and little else: opened by GET, sent by POST, shown again with what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from frontend.operations.case import show_case
from frontend.operations.context import see_other
from frontend.operations.params import address, read_query
from frontend.session.staff import StaffRequest, actor_of
from review_queue.actions.drafts import draft_of
from review_queue.actions.take_next import take_next
from review_queue.models import ReviewCase
from review_queue.transitions import CaseNotOpen, ClaimTaken, NotClaimed, NotForThisPerson
from underwriting.decisions.transitions import ApplicationWithdrawn

NOT_YOURS = (ClaimTaken, CaseNotOpen, NotClaimed, NotForThisPerson, ApplicationWithdrawn)
FIELD_CHARACTERS_MAX = 4_000
CHOICES_MAX = 40


def show_panel(
    request: StaffRequest,
    found: ReviewCase,
    template: str,
    panel: Mapping[str, Any],
    *,
    now: datetime,
    status: int = 0,
    **messages: str,
) -> HttpResponse:
    """The panel alone, or the whole page with it open. `error` (with `error_at`, a field's id) and `conflict` are what went wrong."""
    query = read_query(request, request.POST or request.GET, now=now)
    shown: dict[str, Any] = {"template": template, **panel, **messages}
    status = status or (422 if messages else 200)
    if request.headers.get("HX-Request"):
        context = {
            "panel": shown,
            "case": found,
            "application": found.application,
            "here": address(query),
            "query": query,
        }
        return render(request, template, context, status=status)
    return show_case(request, found, now=now, status=status, panel=shown)


def typed(request: StaffRequest, *names: str) -> dict[str, str]:
    """What stands in the form's fields."""
    form = request.POST or request.GET
    return {name: form.get(name, "").replace("\x00", "")[:FIELD_CHARACTERS_MAX] for name in names}


def chosen(request: StaffRequest, name: str) -> list[str]:
    """What is ticked of several, in order."""
    form = request.POST or request.GET
    return [value.replace("\x00", "")[:80] for value in form.getlist(name)[:CHOICES_MAX]]


def drafted(found: ReviewCase, name: str, fields: Mapping[str, Any], *, user_id: int) -> dict[str, Any]:
    """What was typed into this panel before and not sent, in the shape of `fields`: texts, and lists of what was ticked."""
    kept = draft_of(found, user_id=user_id, form=name)
    return {
        field: list(kept.get(field, []))
        if isinstance(empty, list)
        else next(iter(kept.get(field, [])), empty)
        for field, empty in fields.items()
    }


def lost_words(refused: Exception) -> str:
    """Why the case is not (any more) this person's to work on."""
    match refused:
        case ClaimTaken(holder=holder):
            return f"{holder} holds this case. Nothing was changed; your text is kept below."
        case NotForThisPerson():
            return str(refused)
        case ApplicationWithdrawn():
            return "The applicant withdrew the application. Nothing was changed."
        case NotClaimed():
            return "Nobody holds this case. Claim it first; your text is kept below."
    return "This case was closed meanwhile. Nothing was changed."


def back_to_case(request: StaffRequest, found: ReviewCase, *, now: datetime) -> HttpResponse:
    """The case's page, in the view it was opened from."""
    query = read_query(request, request.POST, now=now)
    return see_other(request, f"{reverse('case', args=[str(found)])}?{address(query)}")


def onwards(request: StaffRequest, found: ReviewCase, *, now: datetime) -> HttpResponse:
    """The next case of the view, claimed; or the view, when nothing is left in it."""
    query = read_query(request, request.POST, now=now)
    following = take_next(
        query=query, user=request.staff.user, after=found.number, actor=actor_of(request), now=now
    )
    if following is None:
        return see_other(request, f"{reverse('queue')}?{address(query)}")
    return see_other(request, f"{reverse('case', args=[str(following)])}?{address(query)}")
