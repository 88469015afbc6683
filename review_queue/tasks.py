"""The worker's side of the review queue: letting held decisions go, bringing cases back, closing what ended, forgetting in time."""

from __future__ import annotations

import socket
from datetime import datetime
from typing import Protocol

import structlog
from celery import shared_task
from django.db import transaction
from django.utils import timezone

from review_queue.ended import close_ended
from review_queue.release import give_up_release, release_decision
from review_queue.returning import give_up_returning, hear_evidence, return_case
from review_queue.subject_access.sweep import erase_what_is_due
from underwriting.enums import WorkKind
from underwriting.policy.exceptions import tell_expired
from underwriting.work.claim import ClaimedItem, claim
from underwriting.work.finish import fail, quarantine


class Work(Protocol):
    """Does one claimed item, or raises."""

    def __call__(self, item: ClaimedItem, *, now: datetime) -> object: ...


logger = structlog.get_logger(__name__)
ROUNDS_MAX = 50  # the rest waits for the next hint: one task must not keep a worker for itself


@shared_task(name="review_queue.work", ignore_result=True)
def work_on_cases() -> None:
    """Claim and work until nothing is due. A failure of one is that one's own: it is tried again later."""
    for _ in range(ROUNDS_MAX):
        items = claim(kinds=list(WORK), worker=socket.gethostname())
        if not items:
            return
        for item in items:
            work, give_up = WORK[item.kind]
            try:
                (give_up if item.is_spent else work)(item, now=timezone.now())
            except Exception as error:
                logger.exception("review_queue.work_failed", work_item=item.id, kind=item.kind.value)
                fail(items=[item], error=f"{type(error).__name__}: {error}", now=timezone.now())


@shared_task(name="review_queue.erase_what_is_due", ignore_result=True)
def forget() -> None:
    """Forget the people of applications that need not be kept any longer; beat sends it every hour."""
    erase_what_is_due(now=timezone.now())


@shared_task(name="review_queue.tell_expired_exceptions", ignore_result=True)
def tell_expired_exceptions() -> None:
    """Raise an alert for each exception to a policy whose last day is over; beat sends it every hour."""
    tell_expired(now=timezone.now())


@transaction.atomic
def give_up_closing(item: ClaimedItem, *, now: datetime) -> None:
    """After the last failed attempt: the case stays open, and whoever takes it is told that the application has ended."""
    quarantine(item=item, error="the cases of an ended application could not be closed", now=now)


WORK: dict[WorkKind, tuple[Work, Work]] = {
    WorkKind.RELEASE_DECISION: (release_decision, give_up_release),
    WorkKind.APPLICATION_ENDED: (close_ended, give_up_closing),
    WorkKind.EVIDENCE_ARRIVED: (hear_evidence, give_up_returning),
    WorkKind.CASE_DUE: (return_case, give_up_returning),
}
