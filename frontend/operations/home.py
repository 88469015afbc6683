"""S02: what should I do now, and did my last decisions land?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.operations.context import READERS, desk_context
from frontend.operations.dossier import ANSWER_WORDS
from frontend.operations.flow import RETURN_WORDS
from frontend.operations.params import read_counted_query
from frontend.operations.words import Due, due_words, span_words
from frontend.session.gate import screen
from frontend.session.staff import EVERYONE, OFFICERS, StaffRequest
from review_queue.mine import came_back_to, disagreed_with, free_now, waiting_on_applicant, week_of
from review_queue.models import HeldDecision
from review_queue.notes import mentions_of
from review_queue.queue import QueueQuery, for_this_person
from review_queue.selectors import (
    QueueRow,
    decided_since,
    last_decisions,
    late_count,
    next_due,
    queue_page,
)
from underwriting.clocks.selectors import missed_count
from underwriting.enums import HeldState
from underwriting.outbox.selectors import to_post_count


@dataclass(frozen=True, slots=True)
class MyDecision:
    held: HeldDecision
    state: str
    can_undo: bool


@screen(read=EVERYONE)
def home(request: StaffRequest) -> HttpResponse:
    """The home page of anybody on the staff; officers and leads see the desk on it."""
    now = timezone.now()
    context = desk_context(request, now=now)
    if request.headers.get("HX-Request") and request.roles & OFFICERS:
        return render(request, "operations/home.html#returned", context | _own(request, now=now))
    if request.roles & READERS:
        context |= _desk(request, now=now)
    return render(request, "operations/home.html", context)


def _desk(request: StaffRequest, *, now: datetime) -> dict[str, object]:
    query, counts = read_counted_query(request, request.GET, now=now)
    first, due = _most_urgent(query, now=now, zone=request.lender.time_zone)
    today = now.astimezone(ZoneInfo(request.lender.time_zone)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    user_id, lender_id = request.staff.user.pk, request.lender.pk
    return {
        "shows_desk": True,
        "first": first,
        "first_due": due,
        "start_view": "due-today" if first and first.due_at < query.today_ends else "all",
        "counts": counts,
        "late": late_count(lender_id=lender_id, now=now),
        "letters_to_post": to_post_count(lender_id=lender_id),
        "notices_missed": missed_count(request.lender, now=now),
        "decided_today": decided_since(user_id=user_id, lender_id=lender_id, since=today),
        "next_due": next_due(lender_id=lender_id),
        "mentions": mentions_of(user_id=user_id, lender_id=lender_id),
        **_own(request, now=now),
        "decisions": [_mine(held, now) for held in last_decisions(user_id=user_id, lender_id=lender_id)],
    }


def _own(request: StaffRequest, *, now: datetime) -> dict[str, object]:
    """What came back to an officer, what they wait for, and their week, which nobody else is shown."""
    if not request.roles & OFFICERS:
        return {}
    who = {"user_id": request.staff.user.pk, "lender_id": request.lender.pk}
    zone = request.lender.time_zone
    waits, answered = waiting_on_applicant(**who)
    week = week_of(**who, now=now)
    returned, disagreed = came_back_to(**who), disagreed_with(**who)
    return {
        "returned": [
            (row, due_words(row.due_at, now=now, zone=zone), RETURN_WORDS[row.because]) for row in returned
        ],
        "disagreed": [(row, ANSWER_WORDS[row.outcome]) for row in disagreed],
        "came_back": len(returned) + len(disagreed),
        "free_now": free_now(**who, now=now),
        "waits_on_applicant": waits,
        "answered": answered,
        "week": week,
        "week_median": span_words(week.median) if week.median is not None else "",
    }


def _most_urgent(query: QueueQuery, *, now: datetime, zone: str) -> tuple[QueueRow | None, Due | None]:
    everything = QueueQuery(query.lender_id, query.user_id, query.today_ends, view="all", held="nobody")
    rows = queue_page(everything, now=now, size=1, only=for_this_person(query.user_id, now=now)).rows
    return (rows[0], due_words(rows[0].due_at, now=now, zone=zone)) if rows else (None, None)


def _mine(held: HeldDecision, now: datetime) -> MyDecision:
    can_undo = held.state == HeldState.HELD and held.held_until > now
    words = {
        HeldState.HELD: "Held" if can_undo else "Being sent",
        HeldState.RELEASED: "Sent",
        HeldState.WAITING: "Waiting for a second approver",
        HeldState.OVERRULED: "A third person decided otherwise",
        HeldState.CANCELLED: "Taken back",
        HeldState.REFUSED: held.refusal,
    }
    return MyDecision(held=held, state=words[HeldState(held.state)], can_undo=can_undo)
