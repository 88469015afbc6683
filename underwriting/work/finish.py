"""Ending a claim: the fence in front of every final write, and the four ways an item leaves a worker's hands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from underwriting.alerts.raise_alert import raise_alert
from underwriting.enums import WorkState
from underwriting.models import WorkItem
from underwriting.work.claim import ClaimedItem
from underwriting.work.limits import MAX_ATTEMPTS, parts_of

logger = structlog.get_logger(__name__)

BACK_OFF_MAX_SECONDS = 60
ERROR_MAX_CHARACTERS = 2_000
# A process frozen inside a final write is cut off by the server; the work itself takes well under a second.
FROZEN_WRITE_TIMEOUT_MS = 10_000

# The caller names the pairs (item, token); what is no longer leased under that token, or too late, is not returned.
# Fence and finish ask the same clock, the start of their transaction: what the one lets through the other ends, and no more.
_HOLD = """
SELECT w.id
  FROM underwriting_workitem w
  JOIN unnest(%s::bigint[], %s::uuid[]) AS mine (id, token) ON mine.id = w.id
 WHERE w.state = 'LEASED' AND w.claim_token = mine.token AND w.leased_until > now()
 ORDER BY w.id
   FOR UPDATE OF w
"""

_FINISH = """
UPDATE underwriting_workitem w
   SET state = 'DONE', finished_at = clock_timestamp(), leased_until = NULL, last_error = ''
  FROM unnest(%s::bigint[], %s::uuid[]) AS mine (id, token)
 WHERE mine.id = w.id AND w.state = 'LEASED' AND w.claim_token = mine.token AND w.leased_until > now()
RETURNING w.id
"""

_NOTE_PHASE = """
UPDATE underwriting_workitem w
   SET phase = %s, leased_until = clock_timestamp() + make_interval(secs => %s)
  FROM unnest(%s::bigint[], %s::uuid[]) AS mine (id, token)
 WHERE mine.id = w.id AND w.state = 'LEASED' AND w.claim_token = mine.token AND w.leased_until > clock_timestamp()
RETURNING w.id
"""


_GIVE_BACK = """
UPDATE underwriting_workitem w
   SET state = 'READY', claim_token = NULL, leased_until = NULL, last_error = %s, phase = %s,
       attempt_count = w.attempt_count - %s,
       not_before = greatest(w.not_before, clock_timestamp() + make_interval(secs => %s))
  FROM unnest(%s::bigint[], %s::uuid[]) AS mine (id, token)
 WHERE mine.id = w.id AND w.state = 'LEASED' AND w.claim_token = mine.token
"""


def hold_for_write(items: Sequence[ClaimedItem]) -> set[int]:
    """Lock the items for the rest of the caller's transaction and return the ids that may still be written.

    The fence of every final write: an item that was reclaimed, or whose lease has run out, is left out, and whoever holds
    it has to drop its result.

    Raises:
        TransactionManagementError: called outside a transaction, where the lock would be gone at once.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "hold_for_write works inside the transaction of the write it guards"
        )
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = {FROZEN_WRITE_TIMEOUT_MS}")
        held = _ids(cursor, _HOLD, _pairs(items))
    lost = {item.id for item in items} - held
    if lost:
        logger.warning("work.stale_claim", items=sorted(lost))
    return held


def finish(*, items: Sequence[ClaimedItem]) -> set[int]:
    """Mark the items as done, in the transaction of their effect; returns those that were still ours.

    In one transaction this ends exactly what `hold_for_write` held. Whoever did not call that before has to roll back when an
    id is missing from the answer.
    """
    with connection.cursor() as cursor:
        return _ids(cursor, _FINISH, _pairs(items))


def note_phase(*, items: Sequence[ClaimedItem], phase: str) -> set[int]:
    """Write down which stage the items have entered and renew their leases; returns the ids that are still ours.

    Call it outside a transaction, with only the items that are being worked on: after a crash the phase tells which items
    of a batch were.
    """
    if not items:
        return set()
    with connection.cursor() as cursor:
        return _ids(cursor, _NOTE_PHASE, [phase[:24], items[0].lease_seconds, *_pairs(items)])


def fail(*, items: Sequence[ClaimedItem], error: str, now: datetime) -> None:
    """Give items back after an error, to be tried again later; items that are no longer ours are left alone.

    One item: the attempt counts and it waits 2 s, then 4 s. Several: it is unknown which of them failed, so nothing is
    counted and they are claimed in smaller parts, at last each alone. After the third counted failure the next claim comes
    with `is_spent`, and the claimant quarantines it.
    """
    del now  # instants of the queue are the database's
    if len(items) == 1:
        (item,) = items
        wait = min(BACK_OFF_MAX_SECONDS, 2**item.attempt_count) if item.attempt_count < MAX_ATTEMPTS else 0
        _give_back(items, error=error, phase="", uncounted=0, wait_seconds=wait)
    elif items:
        by_id = {item.id: item for item in items}
        for phase, part in parts_of(list(by_id), token=items[0].claim_token).items():
            _give_back([by_id[key] for key in part], error=error, phase=phase, uncounted=1, wait_seconds=0)
    logger.warning("work.failed", items=[item.id for item in items], counted=len(items) == 1)


def _give_back(
    items: Sequence[ClaimedItem], *, error: str, phase: str, uncounted: int, wait_seconds: int
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _GIVE_BACK, [error[:ERROR_MAX_CHARACTERS], phase, uncounted, wait_seconds, *_pairs(items)]
        )


def quarantine(*, item: ClaimedItem, error: str, now: datetime) -> bool:
    """Take an item out of the queue for good and raise an alert, in the transaction that opens its case.

    Returns False, having done nothing, when the item is no longer ours.
    """
    if item.id not in hold_for_write([item]):
        return False
    WorkItem.objects.filter(pk=item.id).update(
        state=WorkState.QUARANTINED,
        leased_until=None,
        finished_at=now,
        last_error=error[:ERROR_MAX_CHARACTERS],
    )
    raise_alert(
        kind="work.quarantined",
        subject=f"{item.kind.value} {item.id} failed {min(item.attempt_count, MAX_ATTEMPTS)} times and is left to a person",
        lender_id=item.lender_id,
        now=now,
        details={
            "work_item": item.id,
            "kind": item.kind.value,
            "application": item.application_id,
            "error": error[:200],
        },
    )
    return True


def _pairs(items: Sequence[ClaimedItem]) -> list[Any]:
    return [[item.id for item in items], [item.claim_token for item in items]]


def _ids(cursor: CursorWrapper, statement: str, parameters: Sequence[Any]) -> set[int]:
    cursor.execute(statement, parameters)
    return {row[0] for row in cursor.fetchall()}
