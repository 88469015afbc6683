"""Time: putting a case off until a day, and moving its due time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from review_queue.access import lock_case
from review_queue.actions.claim import claim_of
from review_queue.models import ReviewCase
from review_queue.permissions import DECIDERS, MayNotDecide, MayNotLead
from review_queue.trail import case_entry
from review_queue.transitions import ClaimTaken, require_holder, require_open
from review_queue.waiting import put_aside
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entries
from underwriting.clocks.running import decision_due_at
from underwriting.clocks.selectors import lender_calendar, today_of
from underwriting.enums import CaseState, Role, WaitKind
from underwriting.models import User

REASON_CHARACTERS_MAX = 400
SNOOZE_DAYS_MAX = 30


class PutOffRefused(ValueError):
    """It cannot be put off so; `field` is the form's name of what is wrong, the message says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def snooze_case(
    *,
    case_id: int,
    user: User,
    roles: Collection[Role],
    until: date | None,
    why: str,
    actor: Actor,
    now: datetime,
) -> ReviewCase:
    """Put a case off until that day begins where the lender is. Its clock runs on: only a lead puts one off past its due time.

    Raises:
        MayNotDecide: neither an officer nor a lead.
        CaseNotOpen, ClaimTaken, NotClaimed: it is not this person's; a lead puts off one that nobody holds, too.
        PutOffRefused: no reason, or a day that is out of bounds.
    """
    is_lead = Role.TEAM_LEAD in roles
    if not is_lead and not DECIDERS & frozenset(roles):
        raise MayNotDecide("officers and leads put cases off")
    case = lock_case(case_id=case_id)
    require_open(CaseState(case.state))
    claim = claim_of(case)
    if not is_lead:
        require_holder(state=CaseState(case.state), claim=claim, user_id=user.pk)
    elif claim.is_live(now) and claim.holder_id != user.pk:
        raise ClaimTaken(holder=claim.holder, until=claim.until)
    if case.waits_for == WaitKind.APPLICANT:
        raise PutOffRefused("until", "The applicant was asked; it comes back by itself.")
    said = _said(why)
    today = today_of(case.lender, now)
    if until is None or not today < until <= today + timedelta(days=SNOOZE_DAYS_MAX):
        raise PutOffRefused("until", f"Choose a day in the next {SNOOZE_DAYS_MAX} days.")
    begins = datetime.combine(until, time(0), tzinfo=ZoneInfo(case.lender.time_zone))
    if not is_lead and begins > case.due_at:
        raise PutOffRefused(
            "until", "That is after its due time. Ask a team lead to put it off, or to move the due time."
        )
    record_entries([
        case_entry(case, "case.snoozed", actor=actor, now=now, reason=said, after={"until": until.isoformat(), "due_at": case.due_at.isoformat()})
    ])  # fmt: skip
    put_aside(
        case,
        kind=WaitKind.SNOOZE,
        until=begins,
        because=said,
        comes_back_to=case.assigned_to or case.holder or user,
        now=now,
    )
    return case


@transaction.atomic
def move_due(
    *,
    case_id: int,
    roles: Collection[Role],
    due_on: date | None,
    why: str,
    actor: Actor,
    now: datetime,
) -> ReviewCase:
    """Give a case until the end of office hours of a later working day; at most until the applicant has to hear from us.

    Raises MayNotLead, CaseNotOpen, and PutOffRefused without a reason or for a day that is out of bounds.
    """
    if Role.TEAM_LEAD not in roles:
        raise MayNotLead("a team lead moves due times")
    case = lock_case(case_id=case_id)
    require_open(CaseState(case.state))
    if case.waits_for == WaitKind.APPLICANT:
        raise PutOffRefused("due-on", "The applicant was asked: its clock stands still by itself.")
    said = _said(why)
    hours = lender_calendar(case.lender).hours_of(due_on) if due_on else None
    if hours is None:
        raise PutOffRefused("due-on", "Choose a working day.")
    if hours[1] <= max(case.due_at, now):
        raise PutOffRefused("due-on", "Choose a day after its due time.")
    told_by = decision_due_at(case.application)
    if told_by is not None and hours[1] > told_by:
        raise PutOffRefused(
            "due-on",
            f"The applicant has to hear from us by {told_by.astimezone(ZoneInfo(case.lender.time_zone)):%-d %B %Y}.",
        )
    before, case.due_at = case.due_at, hours[1]
    case.save(update_fields=["due_at"])
    record_entries([
        case_entry(case, "case.due_moved", actor=actor, now=now, reason=said, before={"due_at": before.isoformat()}, after={"due_at": case.due_at.isoformat()})
    ])  # fmt: skip
    return case


def _said(why: str) -> str:
    said = why.strip()
    if not 1 <= len(said) <= REASON_CHARACTERS_MAX:
        raise PutOffRefused("why", f"Say why, in at most {REASON_CHARACTERS_MAX} characters.")
    return said
