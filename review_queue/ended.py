"""What the applicant's own end of an application ends in the review queue: open cases, held decisions, appeals nobody answered."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from explanations.notices.compose import compose_withdrawal
from review_queue.appeals import ENDED_BECAUSE, end_appeals
from review_queue.desk import close_case
from review_queue.models import HeldDecision, ReviewCase
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.record import lock_applications
from underwriting.enums import ApplicationStatus, CaseState, HeldState
from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import finish, hold_for_write


@transaction.atomic
def close_ended(item: ClaimedItem, *, now: datetime) -> bool:
    """Close what is open about an application that was withdrawn, or whose offer was taken, and refuse what was held.

    Of a withdrawal the record is written, not sent. Returns False when the lease was lost: then nothing was written.
    """
    if item.id not in hold_for_write([item]):
        return False
    application_id = item.application_id or 0
    application = lock_applications([application_id])[application_id]
    status = ApplicationStatus(application.status)
    if status in ENDED_BECAUSE:
        _close(application_id, because=ENDED_BECAUSE[status], now=now)
    if status is ApplicationStatus.WITHDRAWN:
        compose_withdrawal(application=application, now=now)
    finish(items=[item])
    return True


def _close(application_id: int, *, because: str, now: datetime) -> None:
    open_cases = ReviewCase.objects.select_for_update(of=("self",)).filter(
        application_id=application_id, state__in=[CaseState.OPEN, CaseState.DECIDED]
    )
    for case in open_cases.order_by("pk"):
        HeldDecision.objects.filter(case=case, state__in=[HeldState.WAITING, HeldState.HELD]).update(
            state=HeldState.REFUSED, finished_at=now, refusal=because
        )
        close_case(case, reason=because, actor=SYSTEM, now=now)
    end_appeals(application_id, because=because, now=now)
