"""One thread, one deadline, one breaker for each model: a slow model delays nobody but itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pybreaker

from scoring.features.matrix import Matrix, Vector

# (rows, features) -> raw log-odds of each row. LightGBM's in service, a slow one in tests.
MarginScorer = Callable[[Matrix], Vector]


class AnswerLate(TimeoutError):
    """The model did not answer in time, or is being left alone after it was late too often."""


class Bulkhead:
    """Runs a scorer in a thread of its own. A call that is late is given up; one that has not begun is not begun.

    After `late_limit` late answers in a row the model is left alone for `rest_seconds`; calls in between are late at once.
    """

    def __init__(self, scorer: MarginScorer, *, late_limit: int = 5, rest_seconds: float = 10.0) -> None:
        self._scorer = scorer
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=late_limit,
            reset_timeout=rest_seconds,
            # a wrong input says nothing about the model's speed
            exclude=[lambda error: not isinstance(error, AnswerLate)],
        )

    @property
    def is_resting(self) -> bool:
        return str(self._breaker.current_state) == pybreaker.STATE_OPEN

    def answer(self, matrix: Matrix, *, timeout_seconds: float) -> Vector:
        """Margins of the rows. Raises AnswerLate, or what the scorer raised."""
        try:
            margins: Vector = self._breaker.call(self._wait, matrix, timeout_seconds)
        except pybreaker.CircuitBreakerError as error:
            raise AnswerLate("the model was late too often and is left alone for a while") from error
        return margins

    def _wait(self, matrix: Matrix, timeout_seconds: float) -> Vector:
        asked_at = time.monotonic()
        future: Future[Vector] = self._thread.submit(self._scorer, matrix)
        try:
            return future.result(timeout=max(0.0, timeout_seconds))
        except TimeoutError as error:
            if future.done() and not future.cancelled():
                raise
            future.cancel()
            waited = (time.monotonic() - asked_at) * 1000
            raise AnswerLate(f"no answer after {waited:.0f} ms") from error
