"""S03: the review queue, and Start, which claims the most urgent case of a view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from frontend.operations.assigning import people
from frontend.operations.context import READERS, desk_context, see_other
from frontend.operations.dossier import KIND_WORDS
from frontend.operations.params import (
    FILTERS,
    address,
    read_counted_query,
    read_cursor,
    read_query,
    write_cursor,
)
from frontend.operations.words import Due, due_words
from frontend.session.gate import screen
from frontend.session.staff import LEADS, OFFICERS, StaffRequest, actor_of
from frontend.templatetags.ui import in_words
from review_queue.actions.take_next import take_next
from review_queue.counting import Count
from review_queue.models import SavedView
from review_queue.queue import AMOUNTS, DECIDED, HELD_BY, KINDS, SORTS, VIEWS, QueueQuery
from review_queue.saved_views import as_saved, is_changed, saved_views
from review_queue.selectors import (
    QueuePage,
    QueueRow,
    arrivals_since,
    channels_and_products,
    counts_without_each_filter,
    next_due,
    queue_page,
)
from underwriting.enums import CaseKind, CaseState

FILTER_WORDS = {
    "kind": "Kind",
    "product": "Product",
    "channel": "Channel",
    "amount": "Amount",
    "held": "Held by",
    "words": "Search",
    "person": "Search",
    "tag": "Tag",
}
ORDER_WORDS = {
    "due": "due first",
    "amount": "largest amount",
    "score": "highest score",
    "age": "longest in queue",
}
STATE_WORDS = {CaseState.OPEN: "", CaseState.DECIDED: "Decided", CaseState.CLOSED: "Closed"}
SEARCHED = ("words", "person")  # ended where the page says what was found
CLOCK_STANDS = Due("", "plain", "Clock stands still")
WIDER = {
    "mine": "due-today",
    "came-back": "due-today",
    "due-today": "all",
    "technical": "all",
    "waiting": "all",
    "second-look": "all",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A row with its due words and, where somebody holds it, who and for how long."""

    row: QueueRow
    due: Due
    held_by: str
    is_mine: bool
    kind: str
    hides_policy: bool
    not_for_me: bool
    is_open: bool
    age: str


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    address: str
    count: Count
    is_current: bool


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved view as a link. `owner` is the name of whoever shares it, empty for the person's own."""

    key: int
    name: str
    owner: str
    is_shared: bool
    address: str
    is_current: bool
    is_changed: bool


@screen(read=READERS)
def queue(request: StaffRequest) -> HttpResponse:
    """The queue; `fragment=tabs` answers the counts alone, for the refresh that never moves a row."""
    now = timezone.now()
    query, counts = read_counted_query(request, request.GET, now=now)
    if request.GET.get("fragment") == "tabs" and request.headers.get("HX-Request"):
        since = request.GET.get("since", "")
        known = int(since) if since.isdecimal() and len(since) < 19 else None
        context = _head(query, counts) | {"since": known}
        context["arrivals"] = arrivals_since(query, key=known, now=now) if known is not None else 0
        return render(request, "operations/queue.html#tabs", context)
    context = queue_context(request, query, counts, now=now)
    if request.headers.get("HX-Request"):
        return HttpResponse(fragments(request, context, "table", "saved", "said"))
    return render(request, "operations/queue.html", context)


def fragments(request: StaffRequest, context: dict[str, Any], *parts: str) -> str:
    """The first part takes the place of the one on the page, the others find theirs by their ids."""
    swapped = context | {"is_swap": True}
    return "".join(render_to_string(f"operations/queue.html#{part}", swapped, request) for part in parts)


def queue_context(
    request: StaffRequest, query: QueueQuery, counts: Mapping[str, Count], *, now: datetime
) -> dict[str, Any]:
    """All that the page of a query shows, from where its address says."""
    saved = saved_views(lender_id=request.lender.pk, user_id=request.staff.user.pk)
    if query.saved not in {str(view.pk) for view in saved}:
        query = replace(query, saved="")
    after = read_cursor(request.GET.get("after", ""), sort=query.sort)
    page = queue_page(query, now=now, after=after)
    table = _table(request, query, page, now=now)
    context = _head(query, counts) | desk_context(request, now=now) | table | _saved(request, query, saved)
    if request.roles & LEADS:
        context |= {"is_lead": True, "assignees": people(request)}
    return context | {"is_first_page": after is None}


def _saved(request: StaffRequest, query: QueueQuery, views: Sequence[SavedView]) -> dict[str, Any]:
    """The saved views as links; `current` is the one that the page came from, changed or not."""
    user_id = request.staff.user.pk
    shown = [
        Saved(
            key=view.pk,
            name=view.name,
            owner="" if view.owner_id == user_id else view.owner.name,
            is_shared=view.is_shared,
            address=address(as_saved(view, query)),
            is_current=query.saved == str(view.pk),
            is_changed=query.saved == str(view.pk) and is_changed(view, query),
        )
        for view in views
    ]
    current = next((view for view in shown if view.is_current), None)
    return {"saved": shown, "current": current, "may_save": bool(request.roles & (OFFICERS | LEADS))}


def _head(query: QueueQuery, counts: Mapping[str, Count]) -> dict[str, Any]:
    return {
        "query": query,
        "tabs": _tabs(query, counts),
        "here": address(query),
        "decided": counts.get(DECIDED),
        "decided_link": address(query, view=DECIDED),
        "open_link": address(query, view="all"),
        "people": counts.get("people"),
    }


def _table(request: StaffRequest, query: QueueQuery, page: QueuePage, *, now: datetime) -> dict[str, Any]:
    channels, products = channels_and_products(lender_id=request.lender.pk)
    in_use = [name for name in FILTERS if getattr(query, name)]
    return {
        "lines": [_line(row, request, now) for row in page.rows],
        "more": f"{address(query)}&after={write_cursor(page.following)}" if page.following else "",
        "since": max((row.key for row in page.rows), default=0),
        "products": products,
        "channels": channels,
        "kinds": KINDS.items(),
        "amounts": AMOUNTS.items(),
        "holders": HELD_BY.items(),
        "sorts": ORDER_WORDS.items(),
        "shows_age": query.columns == "age" or query.sort == "age",
        "sort_words": SORTS[query.sort],
        "sort_links": {name: address(query, sort=name) for name in SORTS},
        "filters_in_use": [
            (FILTER_WORDS[name], address(query, **{name: ""})) for name in in_use if name not in SEARCHED
        ],
        "drops": [] if page.rows or not in_use else _drops(query, now),
        "next_due": None if page.rows else next_due(lender_id=request.lender.pk),
        "wider": WIDER.get(query.view),
        "wider_label": VIEWS.get(WIDER.get(query.view, ""), ""),
    }


def _drops(query: QueueQuery, now: datetime) -> list[tuple[Count, str, str]]:
    """Which filter to drop when nothing matches: how many cases that gives, the filter's name, the address without it."""
    counts = counts_without_each_filter(query, now=now)
    return [(count, FILTER_WORDS[name], address(query, **{name: ""})) for name, count in counts.items()]


def _line(row: QueueRow, request: StaffRequest, now: datetime) -> Line:
    held = row.is_held(now)
    return Line(
        row=row,
        due=_due(row, now, request.lender.time_zone),
        held_by=row.holder if held else "",
        is_mine=held and row.holder_id == request.staff.user.pk,
        kind="" if row.kind is CaseKind.REFERRAL else KIND_WORDS[row.kind],
        # where the score lies on the policy's lines would tell what an automatic decision was
        hides_policy=row.kind is CaseKind.APPEAL,
        not_for_me=row.not_for_id == request.staff.user.pk,
        is_open=row.state is CaseState.OPEN,
        age=in_words(now - row.opened_at),
    )


def _due(row: QueueRow, now: datetime, zone: str) -> Due:
    """The due time of an open case; of another one, that it is over, or that its clock stands still."""
    over = STATE_WORDS[row.state]
    if row.clock_stands and not over:
        return CLOCK_STANDS
    return Due("", "plain", over) if over else due_words(row.due_at, now=now, zone=zone)


def _tabs(query: QueueQuery, counts: Mapping[str, Count]) -> list[Tab]:
    return [
        Tab(label, address(query, view=name, saved=""), counts[name], query.view == name and not query.saved)
        for name, label in VIEWS.items()
    ]


@screen(write=OFFICERS)
def take_next_case(request: StaffRequest) -> HttpResponse:
    """Start and Next: claim the most urgent case of the view that nobody holds and open it, else back to the view."""
    now = timezone.now()
    query = read_query(request, request.POST, now=now)
    after = request.POST.get("after", "")
    case = take_next(
        query=query,
        user=request.staff.user,
        after=int(after) if after.isdecimal() and len(after) < 10 else None,
        actor=actor_of(request),
        now=now,
    )
    if case is None:
        return see_other(request, f"{reverse('queue')}?{address(query)}&clear=1")
    return see_other(request, f"{reverse('case', args=[str(case)])}?{address(query)}")
