"""Opening cases: the end of the pipeline's road, and the start of a person's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from review_queue.access import NUMBER_OFFSET
from review_queue.models import ReviewCase
from review_queue.sla import WorkingCalendar, calendar_of, due_at
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.enums import CaseState
from underwriting.models import Application, Assessment, Holiday, Lender

# Where no policy version could be read, a case is still due some time: one working day of eight hours.
DEFAULT_WORKING_MINUTES = 480
ASSESSED_AGAIN = (
    "It was assessed again after it came to you: nothing asks for a person any more, and you still decide."
)


def open_case(
    *,
    application: Application,
    assessment: Assessment,
    why: Sequence[str],
    is_technical: bool,
    actor: Actor,
    now: datetime,
) -> ReviewCase:
    """Open the one case of a referred application, in the caller's transaction, which holds the application's lock.

    `why` are the referral sentences, most important first. While a case is open, the same case is returned with the new
    assessment beside it: a person looks at it, and nothing changes by itself.
    """
    standing = ReviewCase.objects.filter(
        application=application, state__in=[CaseState.OPEN, CaseState.DECIDED]
    ).first()
    if standing is not None:
        return standing
    key = _next_key()
    case = ReviewCase.objects.create(
        pk=key,
        number=NUMBER_OFFSET + key,
        lender_id=application.lender_id,
        application=application,
        assessment=assessment,
        state=CaseState.OPEN,
        why=list(why),
        is_technical=is_technical,
        opened_at=now,
        due_at=due_at(
            opened_at=now,
            working_minutes=_working_minutes(assessment),
            calendar=lender_calendar(application.lender),
        ),
    )
    record_entry(
        actor=actor,
        action="case.opened",
        object_type="case",
        object_id=str(case.number),
        object_label=str(case),
        lender_id=case.lender_id,
        application_id=application.pk,
        after={"state": case.state, "due_at": case.due_at.isoformat(), "technical": is_technical},
        reason=" ".join(why),
        now=now,
    )
    return case


def show_assessment(
    *,
    application: Application,
    assessment: Assessment,
    why: Sequence[str],
    is_technical: bool,
    actor: Actor,
    now: datetime,
) -> ReviewCase | None:
    """Lay a newer assessment on the application's open case, in the caller's transaction, which holds the application's lock.

    The person sees it and still decides, whatever it proposes. A case that is decided (held, or let go) rests on the
    assessment it was decided on and is left alone: None.
    """
    case = (
        ReviewCase.objects.select_for_update(of=("self",))
        .select_related("assessment")
        .filter(application=application, state=CaseState.OPEN)
        .first()
    )
    if case is None:
        return None
    before = case.assessment
    case.assessment, case.is_technical, case.why = assessment, is_technical, list(why) or [ASSESSED_AGAIN]
    case.save(update_fields=["assessment", "is_technical", "why"])
    record_entry(
        actor=actor,
        action="case.assessed_again",
        object_type="case",
        object_id=str(case.number),
        object_label=str(case),
        lender_id=case.lender_id,
        application_id=application.pk,
        before={"assessment": before.number},
        after={"assessment": assessment.number, "technical": is_technical},
        reason=" ".join(case.why),
        now=now,
    )
    return case


def lender_calendar(lender: Lender) -> WorkingCalendar:
    """The lender's office hours and holidays."""
    return calendar_of(
        time_zone=lender.time_zone,
        starts=lender.working_day_starts,
        ends=lender.working_day_ends,
        weekdays=lender.working_weekdays or [1, 2, 3, 4, 5],
        holidays=Holiday.objects.filter(lender=lender).values_list("on", flat=True),
    )


def _next_key() -> int:
    """A key ahead of the insert, so that the number people say follows from it without a second lock or counter."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [ReviewCase._meta.db_table])
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def _working_minutes(assessment: Assessment) -> int:
    version = assessment.policy_version
    minutes = version.document.get("sla", {}).get("working_minutes") if version else None
    return int(minutes) if minutes else DEFAULT_WORKING_MINUTES
