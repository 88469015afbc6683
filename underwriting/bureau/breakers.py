"""One circuit breaker a bureau and process: a bureau that fails ten times in a row is left in peace for five seconds.

pybreaker keeps the state. It runs a guarded call under its own lock, which would let the questions of a batch pass one at a
time, so a question is asked outside and only its outcome is told to the breaker.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import pybreaker

FAILURES_IN_A_ROW = 10
REST_SECONDS = 5.0


class _Failed(Exception):
    """What a failure looks like to pybreaker."""


class BureauBreaker:
    """Knows whether a bureau should be asked at all. Thread-safe."""

    def __init__(self, *, name: str, rest_seconds: float = REST_SECONDS) -> None:
        self._rest_seconds = rest_seconds
        self._opened_at = 0.0
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=FAILURES_IN_A_ROW, reset_timeout=rest_seconds, name=name, listeners=[_Opening(self)]
        )

    @property
    def is_open(self) -> bool:
        """Whether the bureau rests; after the rest the next questions go through and their outcome decides."""
        rests = time.monotonic() < self._opened_at + self._rest_seconds
        return rests and self._breaker.current_state == pybreaker.STATE_OPEN

    def succeeded(self) -> None:
        """The bureau answered, whatever it said."""
        self._tell(None)

    def failed(self) -> None:
        """No answer, no connection, or a server error."""
        self._tell(_Failed())

    def note_opening(self) -> None:
        self._opened_at = time.monotonic()

    def _tell(self, failure: _Failed | None) -> None:
        def outcome() -> None:
            if failure is not None:
                raise failure

        try:
            self._breaker.call(outcome)
        except (_Failed, pybreaker.CircuitBreakerError):
            return


class _Opening(pybreaker.CircuitBreakerListener):
    def __init__(self, owner: BureauBreaker) -> None:
        self._owner = owner

    def state_change(self, cb: Any, old_state: Any, new_state: Any) -> None:
        del cb, old_state
        if new_state.name == pybreaker.STATE_OPEN:
            self._owner.note_opening()


_lock = threading.Lock()
_breakers: dict[str, BureauBreaker] = {}


def breaker_of(address: str) -> BureauBreaker:
    """Return this process's breaker of the bureau at this address."""
    with _lock:
        if address not in _breakers:
            _breakers[address] = BureauBreaker(name=address)
        return _breakers[address]
