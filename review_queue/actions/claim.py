"""Claiming a case and letting it go. The first claim wins in the database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from review_queue.access import lock_case
from review_queue.impartial import require_impartial, require_not_barred
from review_queue.models import ReviewCase, Watch
from review_queue.transitions import Claim, claim_until, require_holder
from review_queue.waiting import bring_back
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.enums import CaseState, ReturnReason
from underwriting.models import User


def claim_of(case: ReviewCase) -> Claim:
    return Claim(case.holder_id, case.holder.name if case.holder else "", case.lease_until)


@transaction.atomic
def claim_case(*, case_id: int, user: User, actor: Actor, now: datetime) -> ReviewCase:
    """Take a case for 30 minutes; claiming one's own again renews the lease.

    Raises:
        CaseNotOpen: it was decided or closed meanwhile.
        ClaimTaken: somebody else holds it.
        NotForThisPerson: it looks again at a decision of this person or of a person that they decided on before, or they have a
            conflict of interest.
    """
    case = lock_case(case_id=case_id)
    return take(case, user=user, actor=actor, now=now)


def take(case: ReviewCase, *, user: User, actor: Actor, now: datetime) -> ReviewCase:
    """Claim a case whose row the caller has locked; raises like `claim_case`. Claiming one that was put aside ends the wait."""
    before = claim_of(case)
    require_not_barred(case, user_id=user.pk)
    require_impartial(case, user=user)
    case.lease_until = claim_until(state=CaseState(case.state), claim=before, user_id=user.pk, now=now)
    if case.waits_for:
        bring_back(case, because=ReturnReason.STOPPED, actor=actor, now=now)
    if before.holder_id != user.pk:
        case.claimed_at = now
        Watch.objects.filter(case=case, user=user).delete()
    case.holder = user
    if case.assigned_to_id != user.pk:
        case.assigned_to = None
    case.save(update_fields=["holder", "lease_until", "claimed_at", "assigned_to"])
    if before.holder_id != user.pk:
        _record(
            case,
            "case.claimed",
            before={"holder": before.holder or None},
            after={"holder": user.name},
            actor=actor,
            now=now,
        )
    return case


@transaction.atomic
def release_claim(*, case_id: int, user: User, actor: Actor, now: datetime) -> ReviewCase:
    """Give a claimed case back to the queue; the draft stays. Raises CaseNotOpen, ClaimTaken, NotClaimed."""
    case = lock_case(case_id=case_id)
    require_holder(state=CaseState(case.state), claim=claim_of(case), user_id=user.pk)
    case.holder, case.lease_until, case.assigned_to = None, None, None
    case.save(update_fields=["holder", "lease_until", "assigned_to"])
    _record(case, "case.released", before={"holder": user.name}, after={"holder": None}, actor=actor, now=now)
    return case


@transaction.atomic
def extend_lease(*, case_id: int, user: User, now: datetime) -> ReviewCase:
    """Renew the holder's lease because they are at work. Raises CaseNotOpen, ClaimTaken, NotClaimed. Not audited."""
    case = lock_case(case_id=case_id)
    claim = claim_of(case)
    require_holder(state=CaseState(case.state), claim=claim, user_id=user.pk)
    case.lease_until = claim_until(state=CaseState(case.state), claim=claim, user_id=user.pk, now=now)
    case.save(update_fields=["lease_until"])
    return case


def _record(
    case: ReviewCase,
    action: str,
    *,
    before: dict[str, Any],
    after: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> None:
    record_entry(
        actor=actor, action=action, object_type="case", object_id=str(case.number), object_label=str(case),
        lender_id=case.lender_id, application_id=case.application_id, before=before, after=after, now=now,
    )  # fmt: skip
