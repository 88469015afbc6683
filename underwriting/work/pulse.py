"""The lease of long work, renewed while it goes on."""

from __future__ import annotations

import time
from collections.abc import Sequence

from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import note_phase

BEAT_SECONDS = 1.0


class ClaimLost(RuntimeError):
    """Another worker has the work now; whatever was found out is dropped."""


class Pulse:
    """Keeps the claim of items that are worked: renews the lease, at most once a second. `began`: on time.monotonic."""

    def __init__(self, items: Sequence[ClaimedItem], *, phase: str) -> None:
        self._items, self._phase = items, phase
        self._beaten_at = -BEAT_SECONDS
        self.began = time.monotonic()

    def beat(self) -> None:
        """Call it as often as there is something new to report. Raises ClaimLost."""
        now = time.monotonic()
        if now - self._beaten_at < BEAT_SECONDS:
            return
        if not note_phase(items=self._items, phase=self._phase):
            first = self._items[0]
            raise ClaimLost(f"{first.kind} of {first.subject_id} is worked by another worker")
        self._beaten_at = now
