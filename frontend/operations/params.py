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
from review_queue.queue import AMOUNTS, HELD_BY, SORTS, VIEWS, QueueQuery
from review_queue.sla import end_of_today

FILTERS = ("product", "channel", "amount", "held", "words")
WORDS_CHARACTERS_MAX = 40
TIMED_SORTS = frozenset({"due", "age"})
KEY_MAX = 2**62


def read_query(request: StaffRequest, parameters: QueryDict, *, now: datetime) -> QueueQuery:
    """What the address asks for; a word that is not known counts as not given."""

    def one_of(name: str, allowed: Any, default: str) -> str:
        value = parameters.get(name, default)
        return value if value in allowed else default

    return QueueQuery(
        lender_id=request.lender.pk,
        user_id=request.staff.user.pk,
        today_ends=end_of_today(now=now, zone=ZoneInfo(request.lender.time_zone)),
        view=one_of("view", VIEWS, "due-today"),
        sort=one_of("sort", SORTS, "due"),
        product=parameters.get("product", "")[:40],
        channel=parameters.get("channel", "")[:40],
        amount=one_of("amount", AMOUNTS, ""),
        held=one_of("held", HELD_BY, ""),
        words=parameters.get("words", "").replace("\x00", "").strip()[:WORDS_CHARACTERS_MAX],
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
    try:
        value, key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            value = moment if timezone.is_aware(moment) else None
    except (ValueError, TypeError, binascii.Error, UnicodeDecodeError):
        return None
    fits = isinstance(value, datetime if sort in TIMED_SORTS else int) and isinstance(key, int)
    return (value, key) if fits and abs(key) < KEY_MAX else None
