"""`Prefer: wait=N`: let a request wait for its decision without holding a database connection.

One listener thread a process (started at the first wait, after gunicorn has forked) keeps one connection of its own on the
channel `decided` and wakes the request that waits for the id it hears. A lost notification costs one re-check, never the
request. Every waiting request holds a thread of the process, so at most eight may.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

import psycopg
import structlog
from django.db import connection
from psycopg.conninfo import make_conninfo

logger = structlog.get_logger(__name__)

CHANNEL = "decided"
WAITERS_LIMIT = 8
LONGEST_WAIT_SECONDS = 10
RECHECK_SECONDS = 1.0
RECONNECT_SECONDS = 1.0
_PREFERENCE = re.compile(r"(?:^|,)\s*wait\s*=\s*\"?(\d{1,4})\"?\s*(?:;[^,]*)?(?=,|$)", re.IGNORECASE)


def preferred_wait_seconds(prefer: str) -> int:
    """Seconds asked for in a Prefer header (RFC 7240), at most 10; 0 when there is no such preference."""
    match = _PREFERENCE.search(prefer)
    return min(LONGEST_WAIT_SECONDS, int(match[1])) if match else 0


class DecisionListener:
    """Wakes requests by the public id they wait for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, list[threading.Event]] = {}
        self._count = 0
        self._thread: threading.Thread | None = None

    def wait_until(self, public_id: str, *, is_decided: Callable[[], bool], seconds: float) -> bool:
        """Wait until `is_decided` says so, at most `seconds`; False at once when eight requests wait in this process already.

        `is_decided` is asked after the event is registered, so a decision in between is not missed; the connection goes back
        to the pool before each sleep.
        """
        event = self._register(public_id)
        if event is None:
            return False
        try:
            deadline = time.monotonic() + seconds
            while True:
                decided = is_decided()
                connection.close()
                left = deadline - time.monotonic()
                if decided or left <= 0:
                    return decided
                event.wait(min(RECHECK_SECONDS, left))
                event.clear()
        finally:
            self._forget(public_id, event)

    def _register(self, public_id: str) -> threading.Event | None:
        with self._lock:
            if self._count >= WAITERS_LIMIT:
                return None
            self._count += 1
            event = threading.Event()
            self._waiting.setdefault(public_id, []).append(event)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._listen, name="decision-listener", daemon=True)
                self._thread.start()
        return event

    def _forget(self, public_id: str, event: threading.Event) -> None:
        with self._lock:
            self._count -= 1
            events = self._waiting[public_id]
            events.remove(event)
            if not events:
                del self._waiting[public_id]

    def _wake(self, public_id: str) -> None:
        with self._lock:
            for event in self._waiting.get(public_id, ()):
                event.set()

    def _listen(self) -> None:
        while True:
            try:
                with psycopg.connect(_address(), autocommit=True) as listening:
                    listening.execute(f"LISTEN {CHANNEL}")
                    for notification in listening.notifies():
                        self._wake(notification.payload)
            except psycopg.Error as error:
                logger.warning("decision_listener_lost", error=type(error).__name__)
                time.sleep(RECONNECT_SECONDS)


def _address() -> str:
    settings = connection.settings_dict
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    found = {ours: str(settings[theirs]) for theirs, ours in names.items() if settings[theirs]}
    return make_conninfo("", **found, application_name="underwriting-listener", connect_timeout="5")


listener = DecisionListener()
