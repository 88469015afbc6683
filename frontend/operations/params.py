"""The queue's address: view, filters, sort and page, read from and written to the query string."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone

from frontend.session.staff import StaffRequest
from review_queue.queue import AMOUNTS, HELD_BY, KINDS, SORTS, VIEWS, QueueQuery
from review_queue.selectors import is_any_due_today, view_counts
from review_queue.sla import end_of_today

FILTERS = ("kind", "product", "channel", "amount", "held", "words", "tag")
WORDS_CHARACTERS_MAX = 40
CODE_CHARACTERS_MAX = 40
CURSOR_CHARACTERS_MAX = (
    120  # a moment and a key take 80; what nests deep enough to hurt a parser takes far more
)
TIMED_SORTS = frozenset({"due", "age"})
KEY_MAX = 2**62


def read_query(request: StaffRequest, parameters: QueryDict, *, now: datetime) -> QueueQuery:
    """What the address asks for; a word that is not known counts as not given.

    Where no view is given it is what is due today, or, when nothing is, all that is open.
    """
    query = _as_given(request, parameters, now=now)
    return query if query.view else replace(query, view=_usual_view(is_any_due_today(query)))


def read_counted_query(
    request: StaffRequest, parameters: QueryDict, *, now: datetime
) -> tuple[QueueQuery, dict[str, int]]:
    """`read_query` for a page that shows how many cases each view holds: the counts serve both."""
    query = _as_given(request, parameters, now=now)
    counts = view_counts(query)
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

    return QueueQuery(
        lender_id=request.lender.pk,
        user_id=request.staff.user.pk,
        today_ends=end_of_today(now=now, zone=ZoneInfo(request.lender.time_zone)),
        view=one_of("view", VIEWS, ""),
        sort=one_of("sort", SORTS, "due"),
        kind=one_of("kind", KINDS, ""),
        product=text("product", CODE_CHARACTERS_MAX),
        channel=text("channel", CODE_CHARACTERS_MAX),
        amount=one_of("amount", AMOUNTS, ""),
        held=one_of("held", HELD_BY, ""),
        words=text("words", WORDS_CHARACTERS_MAX),
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
    return urlencode(parts)


def write_cursor(place: tuple[Any, int]) -> str:
    """A page's place as text: the sort value and the key of its last row."""
    value = place[0].isoformat() if isinstance(place[0], datetime) else place[0]
    return base64.urlsafe_b64encode(json.dumps([value, place[1]]).encode()).decode().rstrip("=")


def read_cursor(text: str, *, sort: str) -> tuple[Any, int] | None:
    """The place written by `write_cursor` for a page in this order; None, the first page, for anything else."""
    if len(text) > CURSOR_CHARACTERS_MAX:
        return None
    try:
        value, key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            value = moment if timezone.is_aware(moment) else None
    except (ValueError, TypeError, binascii.Error, UnicodeDecodeError):
        return None
    wanted = datetime if sort in TIMED_SORTS else int
    if type(value) is not wanted or type(key) is not int:  # a truth value is no number here
        return None
    fits = abs(key) < KEY_MAX and (isinstance(value, datetime) or abs(value) < KEY_MAX)
    return (value, key) if fits else None
