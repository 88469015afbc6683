"""Taking back what a dead or frozen worker left behind."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import connection, transaction

from underwriting.work.limits import MAX_ATTEMPTS, parts_of

logger = structlog.get_logger(__name__)

RECLAIM_EVERY_SECONDS = 1.0
RECLAIM_LIMIT = 1_000
# An item that kills even the worker which wants to quarantine it comes back ever more slowly.
SPENT_WAIT_SECONDS = 60

# Rows locked by a write that is just ending are left to the next sweep.
_EXPIRED = """
SELECT id, claim_token, phase, attempt_count FROM underwriting_workitem
 WHERE state = 'LEASED' AND leased_until < clock_timestamp()
 ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""

_RECLAIM = """
UPDATE underwriting_workitem
   SET state = 'READY', claim_token = NULL, leased_until = NULL, phase = %s, attempt_count = attempt_count - %s,
       last_error = 'The worker did not answer before its lease ran out.',
       not_before = CASE WHEN attempt_count > %s THEN clock_timestamp() + make_interval(secs => %s) ELSE not_before END
 WHERE id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class ExpiredItem:
    """An item whose lease ran out; `phase` is empty when its holder had not begun with it."""

    id: int
    claim_token: UUID
    phase: str
    attempt_count: int


@dataclass(frozen=True, slots=True)
class Reclaim:
    """What becomes of expired items: an attempt counted, untouched, or split into parts (phase -> items), nothing counted."""

    counted: frozenset[int]
    untouched: frozenset[int]
    split: dict[str, list[int]]


def judge(items: Sequence[ExpiredItem]) -> Reclaim:
    """Decide for each batch (one claim token) whose attempt counts. Pure.

    An attempt counts only for the item that was being worked on. Where several were, or none had begun, nobody knows which
    of them brought the worker down: the batch is split.
    """
    batches: dict[UUID, list[ExpiredItem]] = defaultdict(list)
    for item in items:
        batches[item.claim_token].append(item)
    counted: set[int] = set()
    untouched: set[int] = set()
    split: dict[str, list[int]] = {}
    for token, batch in batches.items():
        begun = [item for item in batch if item.phase] or batch
        if len(begun) == 1:
            counted.add(begun[0].id)
        else:
            split |= parts_of([item.id for item in begun], token=token)
        untouched.update(item.id for item in batch if item not in begun)
    return Reclaim(frozenset(counted), frozenset(untouched), split)


def reclaim_expired() -> int:
    """Make items whose lease ran out claimable again; returns how many. Commits."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_EXPIRED, [RECLAIM_LIMIT])
        expired = [ExpiredItem(*row) for row in cursor.fetchall()]
        verdict = judge(expired)
        outcomes = [(verdict.counted, "", 0), (verdict.untouched, "", 1)]
        outcomes += [(frozenset(part), phase, 1) for phase, part in verdict.split.items()]
        for ids, phase, uncounted in outcomes:
            if ids:
                cursor.execute(_RECLAIM, [phase, uncounted, MAX_ATTEMPTS, SPENT_WAIT_SECONDS, sorted(ids)])
    if expired:
        logger.warning("work.reclaimed", counted=sorted(verdict.counted), split=list(verdict.split.values()))
    return len(expired)


class _Last:
    """When this process reclaimed last."""

    at = float("-inf")


def reclaim_when_due() -> int:
    """Reclaim unless this process did so within the last second: called by every claim.

    Workers that are all busy leave no room for the sweep's task, but they claim all the time.
    """
    if time.monotonic() - _Last.at < RECLAIM_EVERY_SECONDS:
        return 0
    _Last.at = time.monotonic()
    return reclaim_expired()
