"""Suspending somebody who holds cases: access ends and the cases go back to the queue, together."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from review_queue.actions.claim import release_claim
from review_queue.models import ReviewCase
from review_queue.transitions import CaseNotOpen, ClaimTaken, NotClaimed
from underwriting.audit.actor import Actor
from underwriting.enums import CaseState
from underwriting.models import Lender, User
from underwriting.people.staffing import suspend_person


def held_case_count(*, user: User, lender: Lender, now: datetime) -> int:
    """How many open cases of the lender the person holds at the moment."""
    return _held(user, lender, now).count()


def suspend_and_hand_over(*, lender: Lender, user: User, reason: str, actor: Actor, now: datetime) -> int:
    """Suspend the person and give their held cases back; returns how many. Raises like `suspend_person`.

    A case that leaves the person's hands in this very moment (decided, closed, taken by a colleague) stays where it went.
    """
    count = 0
    with transaction.atomic():
        suspend_person(lender=lender, user=user, reason=reason, actor=actor, now=now)
        held = list(_held(user, lender, now).values_list("pk", flat=True))
        for case_id in held:
            try:
                release_claim(case_id=case_id, user=user, actor=actor, now=now)
            except (CaseNotOpen, ClaimTaken, NotClaimed):
                continue
            count += 1
    return count


def _held(user: User, lender: Lender, now: datetime) -> QuerySet[ReviewCase]:
    return ReviewCase.objects.filter(
        lender=lender, holder=user, state=CaseState.OPEN, lease_until__gt=now
    ).order_by("pk")
