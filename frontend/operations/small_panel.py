"""Panels above the decision bar that are a form and little else: opened by GET, sent by POST, shown again with what was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from frontend.operations.case import show_case
from frontend.operations.context import see_other
from frontend.operations.drafts import SIGNED_IN_AGAIN, keep_draft, put_back
from frontend.operations.params import address, read_query
from frontend.session.staff import StaffRequest, actor_of
from review_queue.access import access_case
from review_queue.actions.drafts import draft_of, forget_draft
from review_queue.actions.take_next import take_next
from review_queue.authority import MayNotConfirm
from review_queue.models import ReviewCase
from review_queue.transitions import CaseNotOpen, ClaimTaken, NotClaimed, NotForThisPerson
from underwriting.decisions.transitions import ApplicationWithdrawn
from underwriting.models import Party

NOT_YOURS = (ClaimTaken, CaseNotOpen, NotClaimed, NotForThisPerson, MayNotConfirm, ApplicationWithdrawn)
# The case page has a part of its own called why.
FIELD_IDS = {"why": "move-why"}
FIELD_CHARACTERS_MAX = 4_000
CHOICES_MAX = 40
Form = Mapping[str, Any]


def nothing_around(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> Form:
    del request, found, form, now
    return {}


@dataclass(frozen=True, slots=True)
class SmallPanel:
    """One panel. `draft` is the name its words are kept under, empty where nothing is typed into it.

    `fields` are the form's, with what each is when empty: a text, or a list of what is ticked. `send` does what it is for and
    says where to go; None: nothing was sent, the panel is looked at again. `around` is what the panel shows beside the form.
    """

    template: str
    fields: Form
    refused: tuple[type[Exception], ...]
    send: Callable[[StaffRequest, ReviewCase, Form, datetime], HttpResponse | None]
    draft: str = ""
    around: Callable[[StaffRequest, ReviewCase, Form, datetime], Form] = nothing_around


def serve_panel(request: StaffRequest, number: int, panel: SmallPanel) -> HttpResponse:
    """GET: the panel, with what was typed before. POST: send it, or the panel again with what is wrong and every word of it.

    First of all what was typed is kept, so that no refusal and no failure takes it; once it is sent, it is forgotten.
    """
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    if request.method != "POST":
        return _opened(request, found, panel, now=now)
    if panel.draft:
        keep_draft(request, found, form=panel.draft, now=now)
    form = read_form(request, panel.fields)
    try:
        answer = panel.send(request, found, form, now)
    except panel.refused as refused:
        place = getattr(refused, "field", "why")
        return _shown(request, found, panel, form, now=now, status=422, error=str(refused), error_at=FIELD_IDS.get(place, place))  # fmt: skip
    except NOT_YOURS as refused:
        found.refresh_from_db()
        return _shown(request, found, panel, form, now=now, status=409, conflict=lost_words(refused))
    if answer is None:
        return _shown(request, found, panel, form, now=now)
    if panel.draft:
        forget_draft(case_id=found.pk, user_id=request.staff.user.pk, form=panel.draft)
    return answer


def _opened(request: StaffRequest, found: ReviewCase, panel: SmallPanel, *, now: datetime) -> HttpResponse:
    """With this person's draft in it, and what the address fills in."""
    put_back(request, found, now=now)
    kept = draft_of(found, user_id=request.staff.user.pk, form=panel.draft)
    form = {
        name: list(kept.get(name, [])) if isinstance(empty, list) else next(iter(kept.get(name, [])), empty)
        for name, empty in panel.fields.items()
    }
    given = {name: value for name, value in read_form(request, panel.fields).items() if value}
    conflict = SIGNED_IN_AGAIN if request.GET.get("signed-in-again") == "1" else ""
    return _shown(request, found, panel, form | given, now=now, conflict=conflict)


def read_form(request: StaffRequest, fields: Form) -> dict[str, Any]:
    """What stands in the form's fields, or in the address."""
    sent = request.POST or request.GET
    return {
        name: [value.replace("\x00", "")[:80] for value in sent.getlist(name)[:CHOICES_MAX]]
        if isinstance(empty, list)
        else sent.get(name, "").replace("\x00", "")[:FIELD_CHARACTERS_MAX]
        for name, empty in fields.items()
    }


def _shown(
    request: StaffRequest,
    found: ReviewCase,
    panel: SmallPanel,
    form: Form,
    *,
    now: datetime,
    status: int = 200,
    **messages: str,
) -> HttpResponse:
    """The panel alone, or the whole page with it open. `error` (with `error_at`, a field's id) and `conflict` are what went wrong."""
    query = read_query(request, request.POST or request.GET, now=now)
    around = panel.around(request, found, form, now)
    shown = {"template": panel.template, "typed": form, **around, **messages}
    if request.headers.get("HX-Request"):
        context = {
            "panel": shown,
            "case": found,
            "application": found.application,
            "here": address(query),
            "query": query,
        }
        return render(request, panel.template, context, status=status)
    return show_case(request, found, now=now, status=status, panel=shown)


def lost_words(refused: Exception) -> str:
    """Why the case is not (any more) this person's to work on."""
    match refused:
        case ClaimTaken(holder=holder):
            return f"{holder} holds this case. Nothing was changed; your text is kept below."
        case NotForThisPerson() | MayNotConfirm():
            return str(refused)
        case ApplicationWithdrawn():
            return "The applicant withdrew the application. Nothing was changed; your text is kept below."
        case NotClaimed():
            return "Nobody holds this case. Claim it first; your text is kept below."
    return "This case was closed meanwhile. Nothing was changed; your text is kept below."


def day_of(text: str) -> date | None:
    """A day as a date field sends it; None where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def party_at(found: ReviewCase, ordinal: str) -> Party:
    """The party at this place of the application; the first where none is named."""
    parties = list(Party.objects.filter(application_id=found.application_id).order_by("ordinal"))
    return next((party for party in parties if str(party.ordinal) == ordinal), parties[0])


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
