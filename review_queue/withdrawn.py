"""What a withdrawal ends in the review queue: open cases, and decisions that were still held."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from explanations.notices.compose import compose_withdrawal
from review_queue.desk import close_case
from review_queue.models import HeldDecision, ReviewCase
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.record import lock_applications
from underwriting.enums import ApplicationStatus, CaseState, HeldState
from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import finish, hold_for_write

WITHDRAWN = "The applicant withdrew the application."


@transaction.atomic
def close_withdrawn(item: ClaimedItem, *, now: datetime) -> bool:
    """Close every case of a withdrawn application and refuse what was held; the record of the withdrawal is written, not sent.

    Returns False when the lease was lost: then nothing was written.
    """
    if item.id not in hold_for_write([item]):
        return False
    application_id = item.application_id or 0
    application = lock_applications([application_id])[application_id]
    if application.status == ApplicationStatus.WITHDRAWN:
        _close_cases(application_id, now=now)
        compose_withdrawal(application=application, now=now)
    finish(items=[item])
    return True


def _close_cases(application_id: int, *, now: datetime) -> None:
    open_cases = ReviewCase.objects.select_for_update(of=("self",)).filter(
        application_id=application_id, state__in=[CaseState.OPEN, CaseState.DECIDED]
    )
    for case in open_cases.order_by("pk"):
        HeldDecision.objects.filter(case=case, state=HeldState.HELD).update(
            state=HeldState.REFUSED, finished_at=now, refusal=WITHDRAWN
        )
        close_case(case, reason=WITHDRAWN, actor=SYSTEM, now=now)
