"""S03: the review queue, and Start, which claims the most urgent case of a view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
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
from review_queue.actions.take_next import take_next
from review_queue.queue import AMOUNTS, HELD_BY, KINDS, SORTS, VIEWS, QueueQuery
from review_queue.selectors import (
    QueuePage,
    QueueRow,
    arrivals_since,
    channels_and_products,
    counts_without_each_filter,
    next_due,
    queue_page,
)
from underwriting.enums import CaseKind

FILTER_WORDS = {
    "kind": "Kind",
    "product": "Product",
    "channel": "Channel",
    "amount": "Amount",
    "held": "Held by",
    "words": "Search",
    "tag": "Tag",
}
CLOCK_STANDS = Due("", "plain", "Clock stands still")
WIDER = {
    "mine": "due-today",
    "came-back": "due-today",
    "due-today": "all",
    "technical": "all",
    "waiting": "all",
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


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    address: str
    count: int
    is_current: bool


@screen(read=READERS)
def queue(request: StaffRequest) -> HttpResponse:
    """The queue; `fragment=tabs` answers the counts alone, for the refresh that never moves a row."""
    now = timezone.now()
    query, counts = read_counted_query(request, request.GET, now=now)
    context: dict[str, Any] = {"query": query, "tabs": _tabs(query, counts), "here": address(query)}
    if request.GET.get("fragment") == "tabs" and request.headers.get("HX-Request"):
        since = request.GET.get("since", "")
        known = int(since) if since.isdecimal() and len(since) < 19 else None
        context["since"] = known
        context["arrivals"] = arrivals_since(query, key=known, now=now) if known is not None else 0
        return render(request, "operations/queue.html#tabs", context)
    after = read_cursor(request.GET.get("after", ""), sort=query.sort)
    page = queue_page(query, now=now, after=after)
    context |= desk_context(request, now=now) | _table(request, query, page, now=now)
    context["is_first_page"] = after is None
    if request.roles & LEADS:
        context |= {"is_lead": True, "people": people(request)}
    template = "operations/queue.html#table" if request.headers.get("HX-Request") else "operations/queue.html"
    return render(request, template, context)


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
        "sorts": SORTS,
        "sort_words": SORTS[query.sort],
        "sort_links": {name: address(query, sort=name) for name in SORTS},
        "filters_in_use": [(FILTER_WORDS[name], address(query, **{name: ""})) for name in in_use],
        "drops": [] if page.rows or not in_use else _drops(query, now),
        "next_due": None if page.rows else next_due(lender_id=request.lender.pk),
        "wider": WIDER.get(query.view),
        "wider_label": VIEWS.get(WIDER.get(query.view, ""), ""),
    }


def _drops(query: QueueQuery, now: datetime) -> list[tuple[int, str, str]]:
    """Which filter to drop when nothing matches: how many cases that gives, the filter's name, the address without it."""
    counts = counts_without_each_filter(query, now=now)
    return [(count, FILTER_WORDS[name], address(query, **{name: ""})) for name, count in counts.items()]


def _line(row: QueueRow, request: StaffRequest, now: datetime) -> Line:
    held = row.is_held(now)
    return Line(
        row=row,
        due=CLOCK_STANDS
        if row.clock_stands
        else due_words(row.due_at, now=now, zone=request.lender.time_zone),
        held_by=row.holder if held else "",
        is_mine=held and row.holder_id == request.staff.user.pk,
        kind="" if row.kind is CaseKind.REFERRAL else KIND_WORDS[row.kind],
        # where the score lies on the policy's lines would tell what an automatic decision was
        hides_policy=row.kind is CaseKind.APPEAL,
        not_for_me=row.not_for_id == request.staff.user.pk,
    )


def _tabs(query: QueueQuery, counts: Mapping[str, int]) -> list[Tab]:
    return [
        Tab(label, address(query, view=name), counts[name], query.view == name)
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
