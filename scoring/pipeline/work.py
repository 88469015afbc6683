"""Claim, work, give back: the loop of a worker over everything that scoring does."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog
from django.utils import timezone

from scoring.history.work import assess_parts
from scoring.pipeline.quarantine import quarantine
from scoring.pipeline.reference import draw_references
from scoring.pipeline.review_due import remind_of_reviews
from scoring.pipeline.run import run_batch
from scoring.pipeline.trial import run_trials
from scoring.simulation.backtest import run_backtests
from scoring.simulation.build import build_effects
from scoring.soundness.work import run_policy_checks
from underwriting.enums import WorkKind
from underwriting.work.claim import ClaimedItem, claim
from underwriting.work.finish import fail

logger = structlog.get_logger(__name__)

Clock = Callable[[], datetime]


class Work(Protocol):
    """Does all items of one kind, or raises."""

    def __call__(self, items: Sequence[ClaimedItem], *, clock: Clock) -> None: ...


WORK_OF_KIND: dict[WorkKind, Work] = {
    WorkKind.ASSESS: run_batch,
    WorkKind.TRIAL: run_trials,
    WorkKind.DRAW_REFERENCE: draw_references,
    WorkKind.BUILD_EFFECT: build_effects,
    WorkKind.BACKTEST: run_backtests,
    WorkKind.POLICY_CHECK: run_policy_checks,
    WorkKind.IMPORT_HISTORY: assess_parts,
    WorkKind.REVIEW_DUE: remind_of_reviews,
}
# Items that take seconds: claimed alone, and only once nothing else waits.
ONE_AT_A_TIME = frozenset({WorkKind.IMPORT_HISTORY})


@dataclass(frozen=True, slots=True)
class Tally:
    """What a worker did: batches claimed, items in them, and whether it stopped because nothing was left."""

    batches: int
    items: int
    is_empty: bool


def work_until_empty(
    *, worker: str, max_batches: int, max_seconds: float = math.inf, clock: Clock = timezone.now
) -> Tally:
    """Claim and work batches until nothing waits, `max_batches` are done, or `max_seconds` are over.

    One failure never stops the others.
    """
    began, done = time.monotonic(), 0
    for batch in range(max_batches):
        if time.monotonic() - began >= max_seconds:
            return Tally(batches=batch, items=done, is_empty=False)
        items = _claim(worker)
        if not items:
            return Tally(batches=batch, items=done, is_empty=True)
        work_claimed(items, clock=clock)
        done += len(items)
    return Tally(batches=max_batches, items=done, is_empty=False)


def _claim(worker: str) -> list[ClaimedItem]:
    """Many short items at once, or one long one."""
    short = [kind for kind in WORK_OF_KIND if kind not in ONE_AT_A_TIME]
    return claim(kinds=short, worker=worker) or claim(kinds=list(ONE_AT_A_TIME), worker=worker, limit=1)


def work_claimed(items: Sequence[ClaimedItem], *, clock: Clock) -> None:
    """Work one claim. A spent item is quarantined unopened; what fails is given back and the error kept with it."""
    spent = [item for item in items if item.is_spent]
    for item in spent:
        _guarded([item], lambda held: quarantine(held[0], now=clock()), clock=clock)
    for kind, work in WORK_OF_KIND.items():
        mine = [item for item in items if item.kind is kind and item not in spent]
        if mine:
            _guarded(mine, lambda held, work=work: work(held, clock=clock), clock=clock)  # type: ignore[misc]


def _guarded(
    items: Sequence[ClaimedItem], work: Callable[[Sequence[ClaimedItem]], None], *, clock: Clock
) -> None:
    try:
        work(items)
    except Exception as error:
        logger.exception("work.failed", kind=items[0].kind.value, items=[item.id for item in items])
        fail(items=items, error=f"{type(error).__name__}: {error}", now=clock())
