"""The queue's address: view, filters, sort and page, read from and written to the query string."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone

from frontend.session.staff import StaffRequest
from review_queue.counting import Count
from review_queue.queue import AMOUNTS, COLUMNS, DECIDED, HELD_BY, KINDS, SORTS, VIEWS, Place, QueueQuery
from review_queue.search import read_id, read_person
from review_queue.selectors import is_any_due_today, view_counts
from review_queue.sla import end_of_today

FILTERS = ("kind", "product", "channel", "amount", "held", "tag", "words", "person")
CODE_CHARACTERS_MAX = 40
CURSOR_CHARACTERS_MAX = (
    120  # a moment, an amount and a key take 90; what nests deep enough to hurt a parser takes far more
)
TIMED_SORTS = frozenset({"due", "age"})
BESIDE = ("columns", "saved")  # what an address carries that leaves no case out
PLACE_PARTS = {"due": 3, "age": 2, "amount": 2, "score": 2}
KEY_MAX = 2**62


def read_query(request: StaffRequest, parameters: QueryDict, *, now: datetime) -> QueueQuery:
    """What the address asks for; a word that is not known counts as not given.

    Where no view is given it is what is due today, or, when nothing is, all that is open.
    """
    query = _as_given(request, parameters, now=now)
    if query.view == DECIDED:  # a list to read: nobody works through it
        return replace(query, view="all")
    return query if query.view else replace(query, view=_usual_view(is_any_due_today(query)))


def read_counted_query(
    request: StaffRequest, parameters: QueryDict, *, now: datetime
) -> tuple[QueueQuery, dict[str, Count]]:
    """`read_query` for a page that shows how many cases each view holds: the counts serve both."""
    query = _as_given(request, parameters, now=now)
    counts = view_counts(query, now=now)
    return replace(query, view=query.view or _usual_view(bool(counts["due-today"]))), counts


def _usual_view(is_any_due: bool) -> str:
    return "due-today" if is_any_due else "all"


def _as_given(request: StaffRequest, parameters: QueryDict, *, now: datetime) -> QueueQuery:
    """What the address says and no more: its view is empty where none is given."""

    def text(name: str, longest: int) -> str:
        return parameters.get(name, "").replace("\x00", "").strip()[:longest]

    def one_of(name: str, allowed: Any, default: str) -> str:
        value = parameters.get(name, default)
        return value if value in allowed else default

    saved = parameters.get("saved", "")
    words, person = read_id(parameters.get("words", "")), read_person(parameters.get("person", ""))
    views = [*VIEWS, DECIDED] if words or person else VIEWS
    return QueueQuery(
        lender_id=request.lender.pk,
        user_id=request.staff.user.pk,
        today_ends=end_of_today(now=now, zone=ZoneInfo(request.lender.time_zone)),
        view=one_of("view", views, ""),
        sort=one_of("sort", SORTS, "due"),
        kind=one_of("kind", KINDS, ""),
        product=text("product", CODE_CHARACTERS_MAX),
        channel=text("channel", CODE_CHARACTERS_MAX),
        amount=one_of("amount", AMOUNTS, ""),
        held=one_of("held", HELD_BY, ""),
        words=words,
        person=person,
        columns=one_of("columns", COLUMNS, ""),
        saved=saved if re.fullmatch("[0-9]{1,18}", saved) else "",
        tag=text("tag", CODE_CHARACTERS_MAX),
    )


def address(query: QueueQuery, **changes: str) -> str:
    """The query string of this query, with changes, leaving out what is usual."""
    changed = replace(query, **changes) if changes else query  # type: ignore[arg-type]
    parts = {"view": changed.view} | {
        name: getattr(changed, name) for name in FILTERS if getattr(changed, name)
    }
    if changed.sort != "due":
        parts["sort"] = changed.sort
    parts |= {name: value for name in BESIDE if (value := getattr(changed, name))}
    return urlencode(parts)


def write_cursor(place: Place) -> str:
    """A page's place as text: where its last row stands in the order."""
    parts = [part.isoformat() if isinstance(part, datetime) else part for part in place]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def read_cursor(text: str, *, sort: str) -> Place | None:
    """The place written by `write_cursor` for a page in this order; None, the first page, for anything else."""
    if len(text) > CURSOR_CHARACTERS_MAX:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if sort in TIMED_SORTS:
            parts[0] = datetime.fromisoformat(parts[0])
    except (ValueError, TypeError, LookupError, binascii.Error, UnicodeDecodeError):
        return None
    if not isinstance(parts, list) or len(parts) != PLACE_PARTS[sort]:
        return None
    return tuple(parts) if all(_fits(part) for part in parts) else None


def _fits(part: Any) -> bool:
    if isinstance(part, datetime):
        return timezone.is_aware(part)
    return type(part) is int and abs(part) < KEY_MAX  # a truth value is no number here
