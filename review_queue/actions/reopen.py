"""Opening a closed case again: a new case that names the earlier one. What was decided stands until a new decision replaces it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from review_queue.access import lock_case
from review_queue.desk import open_case
from review_queue.models import ReviewCase
from review_queue.permissions import MayNotLead
from underwriting.audit.actor import Actor
from underwriting.decisions.selectors import latest_assessment, standing_decision
from underwriting.decisions.transitions import DECIDABLE
from underwriting.enums import ApplicationStatus, CaseState, Role
from underwriting.models import User

REASON_CHARACTERS_MAX = 400


class ReopenRefused(ValueError):
    """It cannot be opened again; `field` is the form's name of what is wrong, the message says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def reopen_case(
    *, case_id: int, user: User, roles: Collection[Role], why: str, actor: Actor, now: datetime
) -> ReviewCase:
    """Open a new case about what a closed one decided; it is not for the person whose decision stands.

    Raises MayNotLead, and ReopenRefused: the case is not closed, the application has ended, another case is open, no reason.
    """
    if Role.TEAM_LEAD not in roles:
        raise MayNotLead("a team lead opens cases again")
    closed = lock_case(case_id=case_id)
    said = why.strip()
    if not 1 <= len(said) <= REASON_CHARACTERS_MAX:
        raise ReopenRefused("why", f"Say why, in at most {REASON_CHARACTERS_MAX} characters.")
    if closed.state != CaseState.CLOSED:
        raise ReopenRefused(
            "why", "This case is not closed yet. A decision that is held can be taken back by who made it."
        )
    status = ApplicationStatus(closed.application.status)
    if status not in DECIDABLE:
        raise ReopenRefused(
            "why",
            f"The application is {status.replace('_', ' ').lower()}: there is nothing to decide any more.",
        )
    standing = ReviewCase.objects.filter(application=closed.application).exclude(state=CaseState.CLOSED)
    if (other := standing.first()) is not None:
        raise ReopenRefused("why", f"{other} about this application is open already.")
    decision = standing_decision(closed.application_id)
    opened = open_case(
        application=closed.application,
        assessment=latest_assessment(closed.application_id) or closed.assessment,
        why=[f"{user.name} opened {closed} again: {said}"],
        is_technical=False,
        actor=actor,
        now=now,
        not_for=decision.decided_by if decision else None,
    )
    opened.reopens = closed
    opened.save(update_fields=["reopens"])
    return opened
