"""Having an application assessed once more where the machine failed: the policy is there now, or the bureau answers again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from review_queue.access import lock_case
from review_queue.actions.claim import claim_of
from review_queue.permissions import DECIDERS, MayNotDecide
from review_queue.transitions import require_holder
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.decisions.transitions import ApplicationWithdrawn
from underwriting.enums import ApplicationStatus, CaseState, Lane, Role, WorkKind, WorkState
from underwriting.models import User, WorkItem
from underwriting.work.put import put


class NothingToRepeat(Exception):
    """The case is no technical one, or its application is being assessed already; the message says which."""


@transaction.atomic
def assess_again(
    *, case_id: int, user: User, roles: Collection[Role], actor: Actor, now: datetime
) -> WorkItem:
    """Put the assessment of a technical case's application to work again, ahead of batches. The person still decides.

    Raises:
        MayNotDecide: no role that decides cases.
        CaseNotOpen, ClaimTaken, NotClaimed: the case is not this person's (any more).
        ApplicationWithdrawn: the applicant withdrew while the case was open.
        NothingToRepeat: nothing technical stands in the way, or it is being assessed already.
    """
    if not DECIDERS & frozenset(roles):
        raise MayNotDecide("none of these roles decides cases")
    case = lock_case(case_id=case_id)
    require_holder(state=CaseState(case.state), claim=claim_of(case), user_id=user.pk)
    if case.application.status == ApplicationStatus.WITHDRAWN:
        raise ApplicationWithdrawn("the application was withdrawn")
    if not case.is_technical:
        raise NothingToRepeat("Nothing technical stands in the way of this case.")
    if is_being_assessed(application_id=case.application_id):
        raise NothingToRepeat("This application is being assessed already.")
    item = put(
        kind=WorkKind.ASSESS,
        lender_id=case.lender_id,
        application_id=case.application_id,
        lane=Lane.INTERACTIVE,
        now=now,
    )
    record_entry(
        actor=actor, action="case.assessment_requested", object_type="case", object_id=str(case.number), object_label=str(case),
        lender_id=case.lender_id, application_id=case.application_id, after={"work_item": item.pk}, now=now,
    )  # fmt: skip
    return item


def is_being_assessed(*, application_id: int) -> bool:
    """Whether an assessment of the application waits or is under way."""
    return WorkItem.objects.filter(
        application_id=application_id,
        kind=WorkKind.ASSESS,
        state__in=[WorkState.READY, WorkState.LEASED],
    ).exists()
