"""A case that goes to another person: escalated by who holds it, or given to somebody, or taken, by a lead."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from review_queue.access import lock_case
from review_queue.actions.claim import claim_of
from review_queue.models import Handover, ReviewCase
from review_queue.permissions import DECIDERS, MayNotDecide, MayNotLead
from review_queue.trail import case_entry
from review_queue.transitions import LEASE, require_holder, require_open
from review_queue.waiting import bring_back
from review_queue.workers import people_for
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entries
from underwriting.enums import CaseState, HandoverKind, ReturnReason, Role
from underwriting.models import Assessment, User

REASON_CHARACTERS_MAX = 400


class HandoverRefused(ValueError):
    """It cannot go there; `field` is the form's name of what is wrong, the message says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def escalate_case(
    *,
    case_id: int,
    user: User,
    roles: Collection[Role],
    to: User | None,
    why: str,
    actor: Actor,
    now: datetime,
) -> ReviewCase:
    """Pass a case on to somebody who may decide it. It is theirs then; who passed it on can go on reading it.

    Raises:
        MayNotDecide: no role that decides cases.
        CaseNotOpen, ClaimTaken, NotClaimed: the case is not this person's (any more).
        HandoverRefused: nobody was chosen, somebody it is not for, or no reason was given.
    """
    if not DECIDERS & frozenset(roles):
        raise MayNotDecide("none of these roles decides cases")
    case = lock_case(case_id=case_id)
    require_holder(state=CaseState(case.state), claim=claim_of(case), user_id=user.pk)
    said = said_why(why)
    chosen = _require_for(case, to, but=user.pk)
    case.why = [f"{user.name} passed it on to {chosen.name}: {said}", *case.why]
    _give(case, kind=HandoverKind.ESCALATED, to=chosen, by=user, why=said, actor=actor, now=now)
    return case


@transaction.atomic
def give_case(
    *,
    case_id: int,
    by: User,
    roles: Collection[Role],
    to: User | None,
    why: str,
    actor: Actor,
    now: datetime,
) -> ReviewCase:
    """A lead gives a case to somebody, or takes it themselves, also from a colleague who holds it. Their text is kept.

    Raises:
        MayNotLead: no lead. CaseNotOpen: it was decided or closed meanwhile.
        HandoverRefused: nobody was chosen, somebody it is not for, or no reason was given.
    """
    if Role.TEAM_LEAD not in roles:
        raise MayNotLead("a team lead gives cases to people")
    case = lock_case(case_id=case_id)
    require_open(CaseState(case.state))
    said = said_why(why)
    chosen = _require_for(case, to)
    holds = case.holder_id is not None and case.holder_id != chosen.pk
    kind = HandoverKind.TAKEN_OVER if holds else HandoverKind.ASSIGNED
    if chosen == by and case.waits_for:
        bring_back(case, because=ReturnReason.STOPPED, actor=actor, now=now)
    _give(case, kind=kind, to=chosen, by=by, why=said, actor=actor, now=now)
    return case


def said_why(why: str) -> str:
    """A reason, stripped. Raises HandoverRefused where it says nothing, or too much."""
    said = why.strip()
    if not 1 <= len(said) <= REASON_CHARACTERS_MAX:
        raise HandoverRefused("why", f"Say why, in at most {REASON_CHARACTERS_MAX} characters.")
    return said


def lost_to(case: ReviewCase, *, user: User) -> Handover | None:
    """How a case that this person held came to whoever has it now; None where nobody gave it away."""
    last = Handover.objects.filter(case=case).select_related("by", "to_user").order_by("-pk").first()
    if last is None or last.from_user_id != user.pk:
        return None
    return last if last.to_user_id in {case.holder_id, case.assigned_to_id} else None


def _require_for(case: ReviewCase, to: User | None, *, but: int | None = None) -> User:
    case.assessment = Assessment.objects.select_related("policy_version").get(pk=case.assessment_id)
    eligible = {worker.user for worker in people_for(case, but=but)}
    if to is None or to not in eligible:
        raise HandoverRefused("to", "Choose somebody who may decide this case.")
    return to


def _give(
    case: ReviewCase, *, kind: HandoverKind, to: User, by: User, why: str, actor: Actor, now: datetime
) -> None:
    """Who takes a case themselves holds it at once; anybody else finds it among theirs."""
    before = case.holder or case.assigned_to
    takes = to == by
    case.assigned_to, case.came_back_at, case.came_back_because = to, None, ""
    case.holder, case.lease_until = (to, now + LEASE) if takes else (None, None)
    case.claimed_at = now if takes else case.claimed_at
    case.save(
        update_fields=[
            "assigned_to",
            "came_back_at",
            "came_back_because",
            "holder",
            "lease_until",
            "claimed_at",
            "why",
        ]
    )
    Handover.objects.create(
        lender_id=case.lender_id, case=case, kind=kind, from_user=before, to_user=to, by=by, reason=why, at=now
    )  # fmt: skip
    record_entries([
        case_entry(
            case, f"case.{kind.lower()}", actor=actor, now=now, reason=why,
            before={"holder": before.name if before else None}, after={"holder": to.name},
        )
    ])  # fmt: skip
