"""Tries that a stranger may make: counted exactly over all processes, each place for itself.

One upsert counts a try and reads the count, so no two tries at the same moment can both be the last one allowed. The row
stays locked until the caller's transaction ends. A place is kept as an HMAC: whoever reads the table learns no address.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network

from django.conf import settings
from django.db import connection

from underwriting.models import TryWindow

FORGET_AFTER = timedelta(days=2)  # longer than any window


@dataclass(frozen=True, slots=True)
class TryLimit:
    """`tries` in each window, which begins with its first try. `kind` keeps the counts of different things apart."""

    kind: str
    tries: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Tried:
    """`over_until` is None within the limit, else the moment from which tries are heard again; `is_first_over` is true once."""

    over_until: datetime | None
    is_first_over: bool


_COUNT = """
INSERT INTO underwriting_trywindow AS w (subject, started_at, try_count) VALUES (%(subject)s, %(now)s, 1)
ON CONFLICT (subject) DO UPDATE SET
  started_at = CASE WHEN w.started_at <= %(ended)s THEN %(now)s ELSE w.started_at END,
  try_count = CASE WHEN w.started_at <= %(ended)s THEN 1 ELSE LEAST(w.try_count + 1, %(most)s) END
RETURNING try_count, started_at
"""


def count_try(limit: TryLimit, place: str, *, now: datetime) -> Tried:
    """Count one try; call it before anything is looked at, in a transaction that is not rolled back for a refusal."""
    subject = _subject(limit, place)
    # What is two above the limit stays there: the first one over is told apart, and the number has an end.
    most = limit.tries + 2
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"subject": subject, "now": now, "ended": now - limit.window, "most": most})
        row = cursor.fetchone()
    assert row is not None
    count, started_at = row
    TryWindow.objects.filter(started_at__lt=now - FORGET_AFTER).delete()
    if count <= limit.tries:
        return Tried(over_until=None, is_first_over=False)
    return Tried(over_until=started_at + limit.window, is_first_over=count == limit.tries + 1)


def take_back_try(limit: TryLimit, place: str) -> None:
    """A try that turned out right does not count: many people may share one address."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE underwriting_trywindow SET try_count = GREATEST(try_count - 1, 0) WHERE subject = %s",
            [_subject(limit, place)],
        )


def place_of(address: str | None) -> str:
    """What is counted as one place: an IPv4 address, or the /64 that one subscriber of IPv6 picks any address from."""
    if not address or ":" not in address:
        return address or ""
    found = IPv6Address(address)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(IPv6Network((int(found), 64), strict=False))


def _subject(limit: TryLimit, place: str) -> str:
    key: bytes = settings.FIELD_INDEX_KEY
    return hmac.new(key, f"tries|{limit.kind}|{place}".encode(), hashlib.sha256).hexdigest()
