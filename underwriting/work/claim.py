"""Claiming work: a batch of one lender and one lane, under a lease, with a token that every final write has to name.

All instants are the database's, so that workers with wrong clocks cannot shorten or stretch a lease.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from underwriting.enums import Lane, WorkKind
from underwriting.work.limits import MAX_ATTEMPTS, SPLIT
from underwriting.work.reclaim import reclaim_when_due

__all__ = ["CLAIM_LIMIT", "MAX_ATTEMPTS", "ClaimedItem", "claim"]

CLAIM_LIMIT = 64
# Claims take milliseconds; somebody who holds the turn longer than this is frozen and must not stop the others.
TURN_TIMEOUT_MS = 200
# A process frozen inside a claim is cut off by the server, so that its locks do not outlive it.
FROZEN_CLAIM_TIMEOUT_MS = 5_000
LOCK_NOT_AVAILABLE = "55P03"

# Claims are taken one after the other, which makes the order between lenders exact.
_TAKE_TURN = "SELECT pg_advisory_xact_lock(hashtext('underwriting.work.turn'))"

# A lender waits when it has something claimable in this lane. Longest unserved first, then oldest work.
_WAITING_LENDERS = """
SELECT l.id
  FROM underwriting_lender l
  LEFT JOIN underwriting_workturn t ON t.lender_id = l.id
 CROSS JOIN LATERAL (
       SELECT w.id FROM underwriting_workitem w
        WHERE w.state = 'READY' AND w.kind = ANY(%(kinds)s) AND w.lane = %(lane)s AND w.lender_id = l.id
          AND w.not_before <= clock_timestamp()
        ORDER BY w.not_before, w.id LIMIT 1) oldest
 ORDER BY t.claimed_at NULLS FIRST, oldest.id
"""

# The oldest decides: a part of a failed batch is taken as that part, an item whose attempt failed is taken alone, and
# anything else with all that was never tried.
_TAKE_ITEMS = """
WITH candidate AS (
    SELECT w.id, w.not_before,
           CASE WHEN starts_with(w.phase, %(split)s) THEN w.phase WHEN w.attempt_count > 0 THEN w.id::text ELSE '' END AS company
      FROM underwriting_workitem w
     WHERE w.state = 'READY' AND w.kind = ANY(%(kinds)s) AND w.lane = %(lane)s AND w.lender_id = %(lender)s
       AND w.not_before <= clock_timestamp()
     ORDER BY w.not_before, w.id
     LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), chosen AS (
    SELECT id FROM candidate
     WHERE company = (SELECT company FROM candidate ORDER BY not_before, id LIMIT 1)
)
UPDATE underwriting_workitem w
   SET state = 'LEASED', claim_token = %(token)s, claimed_by = %(worker)s, phase = '',
       leased_until = clock_timestamp() + make_interval(secs => %(lease)s), attempt_count = w.attempt_count + 1
  FROM chosen
 WHERE w.id = chosen.id
RETURNING w.id, w.kind, w.lender_id, w.application_id, w.subject_id, w.payload, w.lane, w.claim_token, w.attempt_count, w.not_before
"""

_NOTE_TURN = """
INSERT INTO underwriting_workturn (lender_id, claimed_at) VALUES (%s, clock_timestamp())
ON CONFLICT (lender_id) DO UPDATE SET claimed_at = excluded.claimed_at
"""


@dataclass(frozen=True, slots=True)
class ClaimedItem:
    """A work item in the hands of one worker. `attempt_count` includes this attempt."""

    id: int
    kind: WorkKind
    lender_id: int
    application_id: int | None
    subject_id: int | None
    payload: dict[str, Any]
    lane: Lane
    claim_token: UUID
    attempt_count: int
    lease_seconds: int = 30

    @property
    def is_spent(self) -> bool:
        """All attempts failed: it must not be worked on any more but quarantined."""
        return self.attempt_count > MAX_ATTEMPTS


def claim(
    *, kinds: Sequence[WorkKind], worker: str, limit: int = CLAIM_LIMIT, lease_seconds: int | None = None
) -> list[ClaimedItem]:
    """Claim up to `limit` items of one lender and one lane and commit; an empty list means that nothing waits.

    Interactive before batch, oldest first, and no lender twice in a row while another waits. An item whose earlier attempt
    failed comes alone. The lease lasts `lease_seconds` (default: the setting WORK_LEASE_SECONDS); `note_phase` renews it.
    """
    parameters = {
        "kinds": [kind.value for kind in kinds],
        "worker": worker[:80],
        "limit": limit,
        "lease": settings.WORK_LEASE_SECONDS if lease_seconds is None else lease_seconds,
        "split": SPLIT,
    }
    reclaim_when_due()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = {FROZEN_CLAIM_TIMEOUT_MS}")
            cursor.execute(f"SET LOCAL lock_timeout = {TURN_TIMEOUT_MS}")
        _unless_frozen(_TAKE_TURN)
        for lane in Lane:
            for lender_id in _waiting_lenders({**parameters, "lane": lane.value}):
                items = _take_items(
                    {**parameters, "lane": lane.value, "lender": lender_id, "token": uuid.uuid4()}
                )
                if items:
                    return items
    return []


def _unless_frozen(statement: str, parameters: Sequence[Any] = ()) -> None:
    """Run a statement that may wait for another claimant, but not for one that is frozen: fairness is worth 200 ms."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, parameters)
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise


def _waiting_lenders(parameters: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING_LENDERS, parameters)
        return [row[0] for row in cursor.fetchall()]


def _take_items(parameters: dict[str, Any]) -> list[ClaimedItem]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_ITEMS, parameters)
        rows = cursor.fetchall()
    if rows:
        _unless_frozen(_NOTE_TURN, [parameters["lender"]])
    return [_claimed(row, parameters["lease"]) for row in sorted(rows, key=lambda row: (row[9], row[0]))]


def _claimed(row: tuple[Any, ...], lease_seconds: int) -> ClaimedItem:
    return ClaimedItem(
        id=row[0],
        kind=WorkKind(row[1]),
        lender_id=row[2],
        application_id=row[3],
        subject_id=row[4],
        payload=_loaded(row[5]),
        lane=Lane(row[6]),
        claim_token=row[7],
        attempt_count=row[8],
        lease_seconds=lease_seconds,
    )


def _loaded(payload: Any) -> dict[str, Any]:
    """Django leaves jsonb of a raw cursor as text."""
    loaded: dict[str, Any] = json.loads(payload) if isinstance(payload, str) else payload
    return loaded
