"""Hints to the workers. A hint says "there may be work"; losing one costs at most one sweep, so none is worth waiting for."""

from __future__ import annotations

import time

import structlog
from celery import current_app

from underwriting.enums import WorkKind

logger = structlog.get_logger(__name__)

TASK_OF_KIND = {
    WorkKind.ASSESS: "scoring.work",
    WorkKind.TRIAL: "scoring.work",
    WorkKind.DRAW_REFERENCE: "scoring.work",
    WorkKind.BUILD_EFFECT: "scoring.work",
    WorkKind.BACKTEST: "scoring.work",
    WorkKind.POLICY_CHECK: "scoring.work",
    WorkKind.IMPORT_HISTORY: "scoring.work",
    WorkKind.REVIEW_DUE: "scoring.work",
    WorkKind.RELEASE_DECISION: "review_queue.work",
    WorkKind.APPLICATION_ENDED: "review_queue.work",
    WorkKind.EVIDENCE_ARRIVED: "review_queue.work",
    WorkKind.CASE_DUE: "review_queue.work",
    WorkKind.RENDER_NOTICE: "explanations.work",
    WorkKind.NOTICE_DUE: "explanations.work",
    WorkKind.DELIVER: "underwriting.outbox.work",
}
# A hint that waited longer than this tells nothing that the sweep has not said again.
HINT_EXPIRES_SECONDS = 30
# After a failure nobody tries for this long: the sweep finds the work, and no request waits for a broker that is away.
PAUSE_AFTER_FAILURE_SECONDS = 5.0


class _Broker:
    """Whether this process believes the broker to be there."""

    paused_until = 0.0


def nudge(task: str) -> bool:
    """Send one hint; never raises. Returns False when the broker was away (logged) or has just been away."""
    if time.monotonic() < _Broker.paused_until:
        return False
    try:
        current_app.send_task(task, expires=HINT_EXPIRES_SECONDS, retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001 - every transport has its own errors; the work is safe without the hint
        _Broker.paused_until = time.monotonic() + PAUSE_AFTER_FAILURE_SECONDS
        logger.warning("work.nudge_skipped", task=task, error=type(error).__name__)
        return False
    return True


def forget_failures() -> None:
    """Try the broker again at the next hint."""
    _Broker.paused_until = 0.0
