"""Taking a held decision back: nobody outside has heard of it yet."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from review_queue.access import lock_case
from review_queue.actions.decide import SECOND
from review_queue.models import HeldDecision, ReviewCase
from review_queue.transitions import LEASE, HoldOver, NotClaimed, require_taking_back
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.enums import CaseState, HeldState
from underwriting.models import User


@transaction.atomic
def undo_decision(*, case_id: int, user: User, actor: Actor, now: datetime) -> ReviewCase:
    """Cancel the person's own held decision; the case is theirs again, with what they had typed.

    A first answer can be taken back until another person takes the case (`may_take_back_first`). A decision that a second approver confirmed is taken
    back by either of the two, and nobody's answer stands then.

    Raises:
        HoldOver: nothing is held any more: it was let go, taken back before, or another person has the case.
        NotClaimed: somebody else decided this case.
    """
    case = lock_case(case_id=case_id)
    held = HeldDecision.objects.select_for_update().filter(case=case).order_by("-id").first()
    if held is None:
        raise HoldOver("there is no decision to take back")
    confirmed = held.second_answers.filter(user=user, outcome=held.outcome).exists()
    if held.decided_by_id != user.pk and not (confirmed and held.state == HeldState.HELD):
        raise NotClaimed("a decision is taken back by the person who made it")
    if held.state == HeldState.WAITING:
        if not may_take_back_first(case, held, user_id=user.pk):
            raise HoldOver("another person has taken the case")
    else:
        require_taking_back(state=HeldState(held.state), until=held.held_until, now=now)
    before = case.state
    held.state, held.finished_at = HeldState.CANCELLED, now
    held.save(update_fields=["state", "finished_at"])
    case.state, case.holder, case.lease_until = CaseState.OPEN, user, now + LEASE
    case.awaited_answer, case.confirming_role = 1, ""
    case.save(update_fields=["state", "holder", "lease_until", "awaited_answer", "confirming_role"])
    record_entry(
        actor=actor, action="case.decision_undone", object_type="case", object_id=str(case.number), object_label=str(case),
        lender_id=case.lender_id, application_id=case.application_id, before={"state": before, "outcome": held.outcome},
        after={"state": case.state}, now=now,
    )  # fmt: skip
    return case


def may_take_back_first(case: ReviewCase, held: HeldDecision, *, user_id: int) -> bool:
    """Whether a first answer that waits is still the person's to take back.

    It is until a second approver takes the case; and where that one answered otherwise, until a third person takes it, so that the
    two can talk it over and it is decided anew.
    """
    if held.decided_by_id != user_id or held.state != HeldState.WAITING:
        return False
    disagreed = case.awaited_answer > SECOND
    return case.holder_id is None if disagreed else case.holder_id == user_id
