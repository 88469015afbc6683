"""The worker's side of the outbox: handing e-mails to the mail server."""

from __future__ import annotations

import socket

import structlog
from celery import shared_task
from django.utils import timezone

from underwriting.enums import WorkKind
from underwriting.outbox.deliver import deliver, give_up_delivery
from underwriting.work.claim import claim
from underwriting.work.finish import fail, note_phase
from underwriting.work.nudge import TASK_OF_KIND, nudge

logger = structlog.get_logger(__name__)
# Then whatever else waits has its turn: mails in their thousands must not keep anybody from a decision.
ROUNDS_MAX = 4
AT_ONCE = 8
LEASE_SECONDS = 120  # a mail server may be slow at each of its five answers


@shared_task(name="underwriting.outbox.work", ignore_result=True)
def deliver_mails() -> None:
    """Claim and deliver a few, then stand in line again. What goes wrong with one mail is that one's own."""
    for _ in range(ROUNDS_MAX):
        items = claim(
            kinds=[WorkKind.DELIVER], worker=socket.gethostname(), limit=AT_ONCE, lease_seconds=LEASE_SECONDS
        )
        if not items:
            return
        for item in items:
            try:
                if item.is_spent:
                    give_up_delivery(item, now=timezone.now())
                elif note_phase(items=[item], phase="deliver"):
                    deliver(item, clock=timezone.now)
            except Exception as error:
                logger.exception("outbox.delivery_failed", work_item=item.id)
                fail(items=[item], error=f"{type(error).__name__}: {error}", now=timezone.now())
    nudge(TASK_OF_KIND[WorkKind.DELIVER])
