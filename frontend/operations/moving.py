"""Panels by which a case goes to another person or another day: pass on, pass by, put off, give, move its due time, open again."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse

from frontend.operations.small_panel import Form, SmallPanel, back_to_case, day_of, onwards, serve_panel
from frontend.session.gate import screen
from frontend.session.staff import LEADS, OFFICERS, ROLE_WORDS, StaffRequest, actor_of
from review_queue.actions.hand_over import HandoverRefused, escalate_case, give_case
from review_queue.actions.put_off import PutOffRefused, move_due, snooze_case
from review_queue.actions.reopen import ReopenRefused, reopen_case
from review_queue.actions.skip import SKIP_WORDS, SkipRefused, skip_case
from review_queue.models import ReviewCase
from review_queue.workers import people_for
from underwriting.models import User


@screen(read=OFFICERS, write=OFFICERS)
def escalate(request: StaffRequest, number: int) -> HttpResponse:
    """To whom, and why; the case is theirs, and the next one opens."""
    return serve_panel(request, number, ESCALATE)


def _escalate(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
    escalate_case(
        case_id=found.pk, user=request.staff.user, roles=request.roles, to=_person(found, form["to"]), why=form["why"],
        actor=actor_of(request), now=now,
    )  # fmt: skip
    return onwards(request, found, now=now)


@screen(read=OFFICERS, write=OFFICERS)
def skip(request: StaffRequest, number: int) -> HttpResponse:
    """One of six reasons; the case is free for others, and the next one opens."""
    return serve_panel(request, number, SKIP)


def _skip(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
    skip_case(
        case_id=found.pk, user=request.staff.user, roles=request.roles, reason=form["reason"], note=form["note"],
        actor=actor_of(request), now=now,
    )  # fmt: skip
    return onwards(request, found, now=now)


@screen(read=OFFICERS | LEADS, write=OFFICERS | LEADS)
def snooze(request: StaffRequest, number: int) -> HttpResponse:
    """Until which day, and why."""
    return serve_panel(request, number, SNOOZE)


def _snooze(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
    snooze_case(
        case_id=found.pk, user=request.staff.user, roles=request.roles, until=day_of(form["until"]), why=form["why"],
        actor=actor_of(request), now=now,
    )  # fmt: skip
    return back_to_case(request, found, now=now)


@screen(read=LEADS, write=LEADS)
def give(request: StaffRequest, number: int) -> HttpResponse:
    """A lead gives the case to somebody, or takes it; whoever holds it is told at their next sign of life."""
    return serve_panel(request, number, GIVE)


def _give(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
    give_case(
        case_id=found.pk, by=request.staff.user, roles=request.roles, to=_person(found, form["to"]), why=form["why"],
        actor=actor_of(request), now=now,
    )  # fmt: skip
    return back_to_case(request, found, now=now)


@screen(read=LEADS, write=LEADS)
def due(request: StaffRequest, number: int) -> HttpResponse:
    """A lead moves the due time to a later day, with a reason."""
    return serve_panel(request, number, DUE)


def _due(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
    move_due(
        case_id=found.pk, roles=request.roles, due_on=day_of(form["due_on"]), why=form["why"], actor=actor_of(request), now=now,
    )  # fmt: skip
    return back_to_case(request, found, now=now)


@screen(read=LEADS, write=LEADS)
def reopen(request: StaffRequest, number: int) -> HttpResponse:
    """A lead opens a closed case again: the new one that names it is shown."""
    return serve_panel(request, number, REOPEN)


def _reopen(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> HttpResponse:
    opened = reopen_case(
        case_id=found.pk, user=request.staff.user, roles=request.roles, why=form["why"], actor=actor_of(request), now=now,
    )  # fmt: skip
    return back_to_case(request, opened, now=now)


def _reasons(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> Form:
    del request, found, form, now
    return {"skip_reasons": SKIP_WORDS.items()}


def _others(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> Form:
    del form, now
    return {"people": _people(found, but=request.staff.user.pk)}


def _everybody(request: StaffRequest, found: ReviewCase, form: Form, now: datetime) -> Form:
    del request, form, now
    return {"people": _people(found, but=None)}


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


WHY = {"why": ""}
ESCALATE = SmallPanel(
    "operations/move_escalate.html", {"to": "", **WHY}, (HandoverRefused,), _escalate, draft="escalate", around=_others
)  # fmt: skip
SKIP = SmallPanel(
    "operations/move_skip.html", {"reason": "", "note": ""}, (SkipRefused,), _skip, draft="skip", around=_reasons
)  # fmt: skip
SNOOZE = SmallPanel(
    "operations/move_snooze.html", {"until": "", **WHY}, (PutOffRefused,), _snooze, draft="snooze"
)
GIVE = SmallPanel(
    "operations/move_give.html", {"to": "", **WHY}, (HandoverRefused,), _give, draft="give", around=_everybody
)  # fmt: skip
DUE = SmallPanel("operations/move_due.html", {"due_on": "", **WHY}, (PutOffRefused,), _due, draft="due")
REOPEN = SmallPanel("operations/move_reopen.html", WHY, (ReopenRefused,), _reopen, draft="reopen")
