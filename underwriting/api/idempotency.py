"""One key, one effect: the first answer to a POST is remembered for 90 days and given again.

The key's row and what the request made are committed together, so there is no moment in which one exists without the other.
The answer is added when it is known, which with `Prefer: wait` is later. A row without an answer whose request began more
than 12 seconds ago belongs to a process that died: the next retry takes it over, and answers from what was made.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.db import connection
from django.http import HttpRequest, HttpResponse

from underwriting.api.problems import Problem
from underwriting.models import ApiClient, Application, IdempotencyKey

KEPT = timedelta(days=90)
ABANDONED_AFTER_SECONDS = 12  # longer than the longest wait (10 s)
RETRY_AFTER_SECONDS = 1
FORGET_EVERY = 100  # one new key in so many also forgets old ones
FORGET_AT_ONCE = 500
REPLAYED_HEADER = "Idempotent-Replayed"
_KEY_FORM = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request under its key. `fingerprint`: SHA-256 of method, endpoint and canonical body."""

    client: ApiClient
    key: str
    endpoint: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer as it was first given."""

    status_code: int
    body: bytes
    location: str

    def response(self, *, replayed: bool) -> HttpResponse:
        """The same status, body and Location, byte for byte."""
        response = HttpResponse(self.body, status=self.status_code, content_type="application/json")
        if self.location:
            response["Location"] = self.location
        if replayed:
            response[REPLAYED_HEADER] = "true"
        return response


@dataclass(frozen=True, slots=True)
class Abandoned:
    """An earlier request under this key made `application` and died before it answered; `attempt` now holds the key."""

    application: Application
    attempt: uuid.UUID


def keyed_request(request: HttpRequest, *, client: ApiClient, body: Mapping[str, Any]) -> KeyedRequest:
    """Read `Idempotency-Key` and fingerprint the request. Raises Problem (400) when the key is missing or cannot be one."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        raise Problem("idempotency_key_missing", "The header Idempotency-Key is missing.")
    if not _KEY_FORM.fullmatch(key):
        raise Problem("idempotency_key_invalid", "The key must be 1 to 255 printable ASCII characters.")
    endpoint = f"{request.method} {request.path}"
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    fingerprint = hashlib.sha256(f"{endpoint}\n{canonical}".encode()).hexdigest()
    return KeyedRequest(client=client, key=key, endpoint=endpoint[:120], fingerprint=fingerprint)


def earlier_answer(keyed: KeyedRequest) -> StoredAnswer | Abandoned | None:
    """What this key was used for before; None when it is free.

    Raises:
        Problem: 422 when the key belongs to another body or endpoint, 409 when its request is still being answered.
    """
    row = (
        IdempotencyKey.objects.filter(client=keyed.client, key=keyed.key)
        .extra(select={"age_seconds": "extract(epoch FROM clock_timestamp() - started_at)::float8"})
        .select_related("application")
        .first()
    )
    if row is None:
        return None
    age_seconds: float = row.age_seconds
    if age_seconds > KEPT.total_seconds():
        IdempotencyKey.objects.filter(pk=row.pk).delete()
        return None
    if row.fingerprint != keyed.fingerprint:
        logger.warning("idempotency_key_reused", endpoint=keyed.endpoint, first_endpoint=row.endpoint)
        raise Problem(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another body or another address; nothing was done.",
        )
    if row.answered_at is not None:
        return _stored(row)
    if age_seconds >= ABANDONED_AFTER_SECONDS and row.application is not None:
        attempt = uuid.uuid4()
        taken = IdempotencyKey.objects.filter(
            pk=row.pk, attempt=row.attempt, answered_at__isnull=True
        ).update(attempt=attempt)
        if taken:
            return Abandoned(application=row.application, attempt=attempt)
    raise in_progress()


def in_progress() -> Problem:
    """The answer to a request whose twin is still being worked on."""
    return Problem(
        "idempotency_in_progress",
        "The first request with this Idempotency-Key is still being answered.",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def claim_key(keyed: KeyedRequest) -> uuid.UUID | None:
    """Take the key inside the caller's transaction; None when another request was faster and has committed.

    Waits while another transaction holds the same key, which ends as soon as that one is stored or undone.
    """
    attempt = uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO underwriting_idempotencykey (client_id, key, endpoint, fingerprint, attempt, started_at, location)
               VALUES (%s, %s, %s, %s, %s, clock_timestamp(), '') ON CONFLICT (client_id, key) DO NOTHING RETURNING id""",
            [keyed.client.pk, keyed.key, keyed.endpoint, keyed.fingerprint, attempt],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    if row[0] % FORGET_EVERY == 0:
        forget_old_keys()
    return attempt


def remember_application(attempt: uuid.UUID, application: Application) -> None:
    """Write, in the transaction of `claim_key`, what the request made."""
    IdempotencyKey.objects.filter(attempt=attempt).update(application=application)


def store_answer(keyed: KeyedRequest, attempt: uuid.UUID, answer: StoredAnswer) -> tuple[StoredAnswer, bool]:
    """Store the first answer; returns the answer that stands and whether it is an earlier one.

    Somebody else's answer stands when this request slept so long that its key was taken over. Raises Problem (409) when
    whoever took it over has not answered yet.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE underwriting_idempotencykey
               SET answered_at = clock_timestamp(), status_code = %s, body = %s, location = %s
               WHERE client_id = %s AND key = %s AND attempt = %s AND answered_at IS NULL""",
            [answer.status_code, answer.body, answer.location, keyed.client.pk, keyed.key, attempt],
        )
        if cursor.rowcount == 1:
            return answer, False
    row = IdempotencyKey.objects.get(client=keyed.client, key=keyed.key)
    if row.answered_at is None:
        raise in_progress()
    return _stored(row), True


def forget_old_keys() -> int:
    """Delete up to 500 keys older than 90 days; returns how many. Runs with one new key in a hundred, so it needs no clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM underwriting_idempotencykey WHERE id IN (
                 SELECT id FROM underwriting_idempotencykey WHERE started_at < clock_timestamp() - %s::interval
                 ORDER BY started_at LIMIT %s FOR UPDATE SKIP LOCKED)""",
            [f"{KEPT.days} days", FORGET_AT_ONCE],
        )
        return int(cursor.rowcount)


def _stored(row: IdempotencyKey) -> StoredAnswer:
    assert row.status_code is not None
    assert row.body is not None
    return StoredAnswer(status_code=row.status_code, body=bytes(row.body), location=row.location)
