"""Panels by which a case goes to another person or another day: pass on, pass by, put off, give, move its due time, open again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

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
from frontend.session.staff import LEADS, OFFICERS, ROLE_WORDS, StaffRequest, actor_of
from review_queue.access import access_case
from review_queue.actions.hand_over import HandoverRefused, escalate_case, give_case
from review_queue.actions.put_off import PutOffRefused, move_due, snooze_case
from review_queue.actions.reopen import ReopenRefused, reopen_case
from review_queue.actions.skip import SKIP_WORDS, SkipRefused, skip_case
from review_queue.models import ReviewCase
from review_queue.workers import people_for
from underwriting.models import User

REFUSED = (HandoverRefused, PutOffRefused, ReopenRefused, SkipRefused)
# The case page has a part of its own called why.
FIELD_IDS = {"why": "move-why"}
Form = Mapping[str, str]


def _serve(
    request: StaffRequest,
    number: int,
    *,
    name: str,
    fields: tuple[str, ...],
    send: Callable[[ReviewCase, Form, datetime], HttpResponse],
    but: int | None = None,
) -> HttpResponse:
    """GET: the panel, with what was typed before. POST: `send`, or the panel again with what is wrong and every word of it."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    template = f"operations/move_{name}.html"
    extra: dict[str, Any] = {"skip_reasons": SKIP_WORDS.items()}
    if "to" in fields:
        extra["people"] = _people(found, but=but)
    if request.method != "POST":
        form = drafted(found, name, dict.fromkeys(fields, ""), user_id=request.staff.user.pk)
        return show_panel(request, found, template, extra | {"typed": form}, now=now)
    keep_draft(request, found, form=name, now=now)
    sent = typed(request, *fields)
    panel = extra | {"typed": sent}
    try:
        return send(found, sent, now)
    except REFUSED as refused:
        return show_panel(
            request,
            found,
            template,
            panel,
            now=now,
            error=str(refused),
            error_at=FIELD_IDS.get(refused.field, refused.field),
        )
    except NOT_YOURS as refused:
        found.refresh_from_db()
        return show_panel(request, found, template, panel, now=now, status=409, conflict=lost_words(refused))


@screen(read=OFFICERS, write=OFFICERS)
def escalate(request: StaffRequest, number: int) -> HttpResponse:
    """To whom, and why; the case is theirs, and the next one opens."""

    def send(found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
        escalate_case(
            case_id=found.pk, user=request.staff.user, roles=request.roles, to=_person(found, form["to"]), why=form["why"],
            actor=actor_of(request), now=now,
        )  # fmt: skip
        return onwards(request, found, now=now)

    me = request.staff.user.pk
    return _serve(request, number, name="escalate", fields=("to", "why"), send=send, but=me)


@screen(read=OFFICERS, write=OFFICERS)
def skip(request: StaffRequest, number: int) -> HttpResponse:
    """One of six reasons; the case is free for others, and the next one opens."""

    def send(found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
        skip_case(
            case_id=found.pk, user=request.staff.user, roles=request.roles, reason=form["reason"], note=form["note"],
            actor=actor_of(request), now=now,
        )  # fmt: skip
        return onwards(request, found, now=now)

    return _serve(request, number, name="skip", fields=("reason", "note"), send=send)


@screen(read=OFFICERS | LEADS, write=OFFICERS | LEADS)
def snooze(request: StaffRequest, number: int) -> HttpResponse:
    """Until which day, and why."""

    def send(found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
        snooze_case(
            case_id=found.pk, user=request.staff.user, roles=request.roles, until=_day(form["until"]), why=form["why"],
            actor=actor_of(request), now=now,
        )  # fmt: skip
        found.refresh_from_db()
        return back_to_case(request, found, now=now)

    return _serve(request, number, name="snooze", fields=("until", "why"), send=send)


@screen(read=LEADS, write=LEADS)
def give(request: StaffRequest, number: int) -> HttpResponse:
    """A lead gives the case to somebody, or takes it; whoever holds it is told at their next sign of life."""

    def send(found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
        give_case(
            case_id=found.pk, by=request.staff.user, roles=request.roles, to=_person(found, form["to"]), why=form["why"],
            actor=actor_of(request), now=now,
        )  # fmt: skip
        return back_to_case(request, found, now=now)

    return _serve(request, number, name="give", fields=("to", "why"), send=send)


@screen(read=LEADS, write=LEADS)
def due(request: StaffRequest, number: int) -> HttpResponse:
    """A lead moves the due time to a later day, with a reason."""

    def send(found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
        move_due(
            case_id=found.pk, roles=request.roles, due_on=_day(form["due_on"]), why=form["why"], actor=actor_of(request), now=now,
        )  # fmt: skip
        return back_to_case(request, found, now=now)

    return _serve(request, number, name="due", fields=("due_on", "why"), send=send)


@screen(read=LEADS, write=LEADS)
def reopen(request: StaffRequest, number: int) -> HttpResponse:
    """A lead opens a closed case again: the new one that names it is shown."""

    def send(found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
        opened = reopen_case(
            case_id=found.pk, user=request.staff.user, roles=request.roles, why=form["why"], actor=actor_of(request), now=now,
        )  # fmt: skip
        return back_to_case(request, opened, now=now)

    return _serve(request, number, name="reopen", fields=("why",), send=send)


def _people(found: ReviewCase, *, but: int | None) -> list[tuple[str, str]]:
    """Whom it can be given to: the form's value, and the name with what they may do."""
    return [
        (
            str(worker.user.public_id),
            f"{worker.user.name}, {', '.join(ROLE_WORDS[role] for role in sorted(worker.roles & OFFICERS))}",
        )
        for worker in people_for(found, but=but)
    ]


def _person(found: ReviewCase, public_id: str) -> User | None:
    """Whoever was chosen, as far as the case can be given to them."""
    people = (worker.user for worker in people_for(found))
    return next((user for user in people if str(user.public_id) == public_id), None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
