"""The worker's side of the review queue: letting held decisions go."""

from __future__ import annotations

import socket

import structlog
from celery import shared_task
from django.utils import timezone

from review_queue.release import give_up_release, release_decision
from underwriting.enums import WorkKind
from underwriting.work.claim import claim
from underwriting.work.finish import fail

logger = structlog.get_logger(__name__)
ROUNDS_MAX = 50  # the rest waits for the next hint: one task must not keep a worker for itself


@shared_task(name="review_queue.work", ignore_result=True)
def release_held_decisions() -> None:
    """Claim and let go until nothing is due. A failure of one is that one's own: it is tried again later."""
    for _ in range(ROUNDS_MAX):
        items = claim(kinds=[WorkKind.RELEASE_DECISION], worker=socket.gethostname())
        if not items:
            return
        for item in items:
            try:
                if item.is_spent:
                    give_up_release(item, now=timezone.now())
                else:
                    release_decision(item, now=timezone.now())
            except Exception as error:
                logger.exception("review_queue.release_failed", work_item=item.id)
                fail(items=[item], error=f"{type(error).__name__}: {error}", now=timezone.now())
