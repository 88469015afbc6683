"""How the tests of the queue put, take and expire work, and meet at one moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from underwriting.enums import Lane, WorkKind
from underwriting.models import Lender, WorkItem
from underwriting.work.claim import ClaimedItem, claim
from underwriting.work.put import put

NOW = datetime(2026, 11, 2, 14, 30, tzinfo=UTC)


def put_trials(
    lender: Lender, count: int, *, lane: Lane = Lane.INTERACTIVE, now: datetime = NOW
) -> list[int]:
    return [put(kind=WorkKind.TRIAL, lender_id=lender.pk, now=now, lane=lane).pk for _ in range(count)]


def take(limit: int = 64, lease_seconds: int = 30) -> list[ClaimedItem]:
    return claim(kinds=[WorkKind.TRIAL], worker="test", limit=limit, lease_seconds=lease_seconds)


def expire(*items: ClaimedItem) -> None:
    WorkItem.objects.filter(pk__in=[item.id for item in items]).update(
        leased_until=datetime.now(UTC) - timedelta(seconds=1)
    )


def at_once(count: int, action: Callable[[], Any]) -> list[Any]:
    """Run `action` in `count` threads that start at the same moment, each on a connection of its own."""
    barrier = threading.Barrier(count)

    def run() -> Any:
        try:
            barrier.wait(10)
            return action()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return [future.result(30) for future in [pool.submit(run) for _ in range(count)]]


def ids(items: Sequence[ClaimedItem]) -> list[int]:
    return [item.id for item in items]
