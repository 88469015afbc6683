"""Cases that are put aside for a time, and how they come back: in the transaction of whoever holds their lock.

While an applicant is asked the case's clock stands still: what was left of its working time is kept to the microsecond, and
counted from the moment it comes back. A snooze stops no clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from review_queue.models import ApplicantRequest, ReviewCase
from review_queue.sla import after_working_time, working_time_between
from underwriting.audit.actor import SYSTEM, Actor
from underwriting.audit.record import record_entry
from underwriting.clocks.selectors import lender_calendar
from underwriting.enums import CaseState, ReturnReason, WaitKind, WorkKind
from underwriting.models import Party, User
from underwriting.work.put import put

AT_WORK = Q(waits_for="")
WAITING = ~AT_WORK
CAME_BACK = Q(waits_for="", came_back_at__isnull=False)
NO_TIME = timedelta(0)


def put_aside(
    case: ReviewCase, *, kind: WaitKind, until: datetime, because: str, comes_back_to: User, now: datetime
) -> None:
    """Take a case out of the working views until then, and see that it comes back; its lease ends."""
    if kind is WaitKind.APPLICANT:
        calendar = lender_calendar(case.lender)
        case.working_time_left = working_time_between(now, case.due_at, calendar=calendar)
    case.waits_for, case.waiting_until, case.waiting_because = kind, until, because
    case.assigned_to, case.holder, case.lease_until = comes_back_to, None, None
    case.came_back_at, case.came_back_because = None, ""
    case.save(
        update_fields=[
            "working_time_left", "waits_for", "waiting_until", "waiting_because", "assigned_to", "holder", "lease_until",
            "came_back_at", "came_back_because",
        ]
    )  # fmt: skip
    put(
        kind=WorkKind.CASE_DUE, lender_id=case.lender_id, application_id=case.application_id, subject_id=case.pk,
        payload={"until": until.isoformat()}, now=now, not_before=until,
    )  # fmt: skip


def bring_back(case: ReviewCase, *, because: ReturnReason, actor: Actor = SYSTEM, now: datetime) -> None:
    """End a wait. A stopped clock runs on with what was left of it; a case that was late stays as late as it was."""
    waited_for, before = WaitKind(case.waits_for), case.due_at
    left = case.working_time_left
    if left is not None and left > NO_TIME:
        case.due_at = after_working_time(now, working_time=left, calendar=lender_calendar(case.lender))
    case.waits_for, case.waiting_until, case.waiting_because, case.working_time_left = "", None, "", None
    case.came_back_at, case.came_back_because = now, because
    case.save(
        update_fields=[
            "due_at", "waits_for", "waiting_until", "waiting_because", "working_time_left", "came_back_at", "came_back_because",
        ]
    )  # fmt: skip
    ApplicantRequest.objects.filter(case=case, ended_at=None).update(ended_at=now)
    record_entry(
        actor=actor, action="case.came_back", object_type="case", object_id=str(case.number), object_label=str(case),
        lender_id=case.lender_id, application_id=case.application_id, now=now,
        before={"waits_for": waited_for, "due_at": before.isoformat()},
        after={"because": because, "due_at": case.due_at.isoformat()},
    )  # fmt: skip


def hear_applicant(application_id: int, *, now: datetime) -> None:
    """The applicant wrote or sent something: what waits for them comes back. The caller holds the application's lock."""
    waiting = ReviewCase.objects.select_for_update(of=("self",)).select_related("lender")
    for case in waiting.filter(
        application_id=application_id, state=CaseState.OPEN, waits_for=WaitKind.APPLICANT
    ):
        bring_back(case, because=ReturnReason.ANSWERED, now=now)


def open_requests(party: Party) -> list[ApplicantRequest]:
    """What this person was asked for and has not answered, while a case waits for it."""
    rows = ApplicantRequest.objects.filter(
        party=party, ended_at=None, case__state=CaseState.OPEN, case__waits_for=WaitKind.APPLICANT
    )
    return list(rows.order_by("pk"))
