"""The worker's side of waiting: a day that comes, and evidence that arrives."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from review_queue.access import lock_case
from review_queue.waiting import bring_back, hear_applicant
from underwriting.decisions.record import lock_applications
from underwriting.enums import CaseState, ReturnReason
from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import finish, hold_for_write, quarantine


@transaction.atomic
def return_case(item: ClaimedItem, *, now: datetime) -> bool:
    """Bring a case back whose day has come. One that came back before, or was put aside anew, is left alone.

    Returns False when the lease was lost: then nothing was written.
    """
    if item.id not in hold_for_write([item]):
        return False
    case = lock_case(case_id=item.subject_id or 0)
    is_this_wait = case.waiting_until == datetime.fromisoformat(item.payload["until"])
    if case.state == CaseState.OPEN and is_this_wait:
        bring_back(case, because=ReturnReason.DAY_CAME, now=now)
    finish(items=[item])
    return True


@transaction.atomic
def hear_evidence(item: ClaimedItem, *, now: datetime) -> bool:
    """Bring back what waits for the applicant who sent a document. Returns False when the lease was lost."""
    if item.id not in hold_for_write([item]):
        return False
    application_id = item.application_id or 0
    lock_applications([application_id])
    hear_applicant(application_id, now=now)
    finish(items=[item])
    return True


@transaction.atomic
def give_up_returning(item: ClaimedItem, *, now: datetime) -> None:
    """After the last failed attempt: the case stays in the view of what waits, where a person can take it back."""
    quarantine(item=item, error="a waiting case could not be brought back", now=now)
