"""The worker's side of notices: rendering their letters, and the clocks that ring for them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from celery import shared_task
from django.db import transaction
from django.utils import timezone

from explanations.models import Notice
from explanations.notices.clocks import notice_due
from explanations.notices.dispatch import dispatch_letter
from explanations.notices.letters.store import draw_letters, store_letters
from underwriting.enums import WorkKind
from underwriting.models import NoticeClock
from underwriting.work.claim import ClaimedItem, claim
from underwriting.work.finish import fail, finish, hold_for_write, quarantine
from underwriting.work.nudge import TASK_OF_KIND, nudge

logger = structlog.get_logger(__name__)
# Then whatever else waits has its turn: letters in their thousands must not keep anybody from a decision.
ROUNDS_MAX = 2
# Few at a time: each takes hundredths of a second, and a lease has to last for all of them.
CLAIM_LIMIT = 16


@shared_task(name="explanations.work", ignore_result=True)
def work_on_notices() -> None:
    """Claim and work a little, then stand in line again. A failure of one is that one's own: it is tried again later."""
    for _ in range(ROUNDS_MAX):
        items = claim(kinds=list(WORK), worker=socket.gethostname(), limit=CLAIM_LIMIT)
        if not items:
            return
        for item in items:
            work(item, now=timezone.now())
    nudge(TASK_OF_KIND[WorkKind.RENDER_NOTICE])


def work(item: ClaimedItem, *, now: datetime) -> None:
    """Work on one claimed item; after the third failure it is left to a person, and an alert says so."""
    try:
        if item.is_spent:
            with transaction.atomic():
                if quarantine(item=item, error="the notice could not be worked on", now=now):
                    _ring_tomorrow(item, now=now)
        else:
            WORK[item.kind](item, now)
    except Exception as error:
        logger.exception("explanations.work_failed", work_item=item.id, kind=item.kind.value)
        fail(items=[item], error=f"{type(error).__name__}: {error}", now=now)


def _ring_tomorrow(item: ClaimedItem, *, now: datetime) -> None:
    """A clock whose ringing could not be worked on is looked at again: it must not fall silent for ever."""
    if item.kind is WorkKind.NOTICE_DUE and item.subject_id is not None:
        NoticeClock.objects.filter(pk=item.subject_id, stopped_at__isnull=True, rings_at__isnull=True).update(
            rings_at=now + timedelta(days=1)
        )


def render_notice(item: ClaimedItem, now: datetime) -> None:
    """Draw the letters of the notice, then store them, put them on their way and end the item in one transaction.

    Nothing where the lease was lost.
    """
    notice = Notice.objects.select_related("application__lender").get(pk=item.subject_id or 0)
    drafts = draw_letters(notice)
    with transaction.atomic():
        if item.id in hold_for_write([item]):
            for letter in store_letters(notice, drafts, now=now):
                dispatch_letter(letter, now=now)
            finish(items=[item])


WORK: Mapping[WorkKind, Callable[[ClaimedItem, datetime], None]] = {
    WorkKind.RENDER_NOTICE: render_notice,
    WorkKind.NOTICE_DUE: notice_due,
}
