"""Passing a case by, with a reason. A conflict of interest stands for good."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from review_queue.access import lock_case
from review_queue.actions.claim import claim_of
from review_queue.models import Conflict, ReviewCase, Skip
from review_queue.permissions import DECIDERS, MayNotDecide
from review_queue.trail import case_entry
from review_queue.transitions import ClaimTaken, require_open
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entries
from underwriting.enums import CaseState, Role, SkipReason
from underwriting.models import User

NOTE_CHARACTERS_MAX = 400
SKIP_WORDS = {
    SkipReason.CONFLICT_OF_INTEREST: "Conflict of interest",
    SkipReason.NEEDS_SPECIALIST: "Needs a specialist",
    SkipReason.WAITING_FOR_COLLEAGUE: "Waiting for a colleague",
    SkipReason.LANGUAGE: "Language",
    SkipReason.SYSTEM_PROBLEM: "System problem",
    SkipReason.OTHER: "Another reason",
}


class SkipRefused(ValueError):
    """It cannot be passed by so; `field` is the form's name of what is wrong, the message says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def skip_case(
    *,
    case_id: int,
    user: User,
    roles: Collection[Role],
    reason: str,
    note: str,
    actor: Actor,
    now: datetime,
) -> Skip:
    """Pass a case by: it is free for others, and Start does not hand it to this person again.

    Whoever names a conflict of interest can never take a case of this application any more.

    Raises:
        MayNotDecide: no role that decides cases.
        CaseNotOpen, ClaimTaken: it was decided meanwhile, or a colleague holds it.
        SkipRefused: no reason, or another reason without a word about it.
    """
    if not DECIDERS & frozenset(roles):
        raise MayNotDecide("none of these roles decides cases")
    case = lock_case(case_id=case_id)
    require_open(CaseState(case.state))
    claim = claim_of(case)
    if claim.is_live(now) and claim.holder_id != user.pk:
        raise ClaimTaken(holder=claim.holder, until=claim.until)
    said = note.strip()
    if reason not in set(SkipReason):
        raise SkipRefused("skip-reason", "Choose a reason.")
    if len(said) > NOTE_CHARACTERS_MAX or (reason == SkipReason.OTHER and not said):
        raise SkipRefused("skip-note", f"Say why, in at most {NOTE_CHARACTERS_MAX} characters.")
    if reason == SkipReason.CONFLICT_OF_INTEREST:
        Conflict.objects.get_or_create(
            application_id=case.application_id,
            user=user,
            defaults={"lender_id": case.lender_id, "declared_at": now},
        )
    _let_go(case, user)
    record_entries([
        case_entry(case, "case.skipped", actor=actor, now=now, reason=said, after={"by": user.name, "because": SKIP_WORDS[SkipReason(reason)]})
    ])  # fmt: skip
    return Skip.objects.create(
        lender_id=case.lender_id, case=case, user=user, reason=reason, note=said, skipped_at=now
    )


def _let_go(case: ReviewCase, user: User) -> None:
    if case.holder_id == user.pk:
        case.holder, case.lease_until = None, None
    if case.assigned_to_id == user.pk:
        case.assigned_to, case.came_back_at, case.came_back_because = None, None, ""
    case.save(update_fields=["holder", "lease_until", "assigned_to", "came_back_at", "came_back_because"])
