"""The rate limit of each key, exact over all processes: one upsert a request counts it and reads the count.

DRF's own throttles read, then write, and let bursts through. The count lives in PostgreSQL, without which no request can be
answered anyway, so there is no second system whose absence would need a rule of its own.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from underwriting.api.authentication import principal_of

WINDOW_SECONDS = 60

# A window begins with its first request; refused requests are not counted on, so the row stays small and the window ends.
_COUNT = """
INSERT INTO underwriting_ratewindow AS w (api_key_id, started_at, request_count) VALUES (%(key)s, clock_timestamp(), 1)
ON CONFLICT (api_key_id) DO UPDATE SET
  started_at = CASE WHEN w.started_at <= clock_timestamp() - %(window)s::interval THEN clock_timestamp() ELSE w.started_at END,
  request_count = CASE WHEN w.started_at <= clock_timestamp() - %(window)s::interval THEN 1
                       ELSE LEAST(w.request_count, %(limit)s) + 1 END
RETURNING request_count, extract(epoch FROM started_at + %(window)s::interval - clock_timestamp())::float8
"""


def count_request(*, api_key_id: int, limit: int) -> tuple[bool, float]:
    """Count one request; returns whether it is within `limit` in the current window, and the seconds the window still runs."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"key": api_key_id, "limit": limit, "window": f"{WINDOW_SECONDS} seconds"})
        row = cursor.fetchone()
    assert row is not None
    return row[0] <= limit, row[1]


class KeyThrottle(BaseThrottle):
    """Lets `requests_per_minute` of the key's client through in each minute that begins with a request."""

    def __init__(self) -> None:
        self._wait: float | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        del view
        principal = principal_of(request)
        allowed, self._wait = count_request(
            api_key_id=principal.key.pk, limit=principal.client.requests_per_minute
        )
        return allowed

    def wait(self) -> float | None:
        """Seconds until the window ends."""
        return self._wait
