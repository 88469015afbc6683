"""Opening cases: the end of the pipeline's road, and the start of a person's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from explanations.models import Notice
from review_queue.access import NUMBER_OFFSET
from review_queue.models import Appeal, ReviewCase
from review_queue.sla import due_at
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.clocks.selectors import lender_calendar
from underwriting.enums import CaseKind, CaseState
from underwriting.models import Application, Assessment, User

# Where no policy version could be read, a case is still due some time: one working day of eight hours.
DEFAULT_WORKING_MINUTES = 480
DECIDED_BY_A_PERSON = [CaseKind.REFERRAL, CaseKind.APPEAL]
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
    kind: CaseKind = CaseKind.REFERRAL,
    not_for: User | None = None,
    appeal: Appeal | None = None,
    notice: Notice | None = None,
) -> ReviewCase:
    """Open a case, in the caller's transaction, which holds the application's lock.

    `why` are the sentences of why a person is asked, most important first. `not_for` is who may not take it; where it is left
    out, it is the person whose decision the appeal or the notice speaks of. An application has at most one open REFERRAL or
    APPEAL, and beside it at most one open NOTICE_REVIEW: where one stands, that one is returned and nothing changes by itself
    (a decision answers every appeal that is open then, whichever case it is made on).
    """
    standing = _standing(application, kind)
    if standing is not None:
        return standing
    key = _next_key()
    case = ReviewCase.objects.create(
        pk=key,
        number=NUMBER_OFFSET + key,
        lender_id=application.lender_id,
        application=application,
        assessment=assessment,
        kind=kind,
        not_for_id=not_for.pk if not_for else _whose_decision(appeal, notice),
        appeal=appeal,
        notice=notice,
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
        after={
            "state": case.state,
            "kind": case.kind,
            "due_at": case.due_at.isoformat(),
            "technical": is_technical,
        },
        reason=" ".join(why),
        now=now,
    )
    return case


def _standing(application: Application, kind: CaseKind) -> ReviewCase | None:
    """The open case in whose place no second one is opened."""
    rivals = [CaseKind.NOTICE_REVIEW] if kind is CaseKind.NOTICE_REVIEW else DECIDED_BY_A_PERSON
    return ReviewCase.objects.filter(
        application=application, kind__in=rivals, state__in=[CaseState.OPEN, CaseState.DECIDED]
    ).first()


def _whose_decision(appeal: Appeal | None, notice: Notice | None) -> int | None:
    """The person who decided what is looked at again; None where it was the system."""
    looked_at = appeal or notice
    decision = looked_at.decision if looked_at else None
    return decision.decided_by_id if decision else None


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
        .filter(application=application, state=CaseState.OPEN, kind__in=DECIDED_BY_A_PERSON)
        .first()
    )
    if case is None:
        return None
    before = case.assessment
    case.assessment, case.is_technical = assessment, is_technical
    if case.kind == CaseKind.REFERRAL:  # an appeal is here for what the applicant says
        case.why = list(why) or [ASSESSED_AGAIN]
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


def review_notice(
    *, application: Application, assessment: Assessment, notice: Notice, actor: Actor, now: datetime
) -> ReviewCase | None:
    """Lay a notice that may not go out unseen before a person, in the transaction of its decision; None where nothing holds it.

    A review of the application's earlier notice is over: that notice says what does not stand any more.
    """
    for case in ReviewCase.objects.select_for_update(of=("self",)).filter(
        application=application, kind=CaseKind.NOTICE_REVIEW, state=CaseState.OPEN
    ):
        if case.notice_id != notice.pk:
            close_case(case, reason="A newer notice took the place of this one.", actor=actor, now=now)
    if not notice.held_because:
        return None
    return open_case(
        application=application,
        assessment=assessment,
        why=(notice.held_because,),
        is_technical=False,
        actor=actor,
        now=now,
        kind=CaseKind.NOTICE_REVIEW,
        notice=notice,
    )


def close_case(case: ReviewCase, *, reason: str, actor: Actor, now: datetime) -> None:
    """Close a case that decides nothing, in the caller's transaction, which holds its lock."""
    case.state, case.closed_at, case.lease_until = CaseState.CLOSED, now, None
    case.save(update_fields=["state", "closed_at", "lease_until"])
    record_entry(
        actor=actor, action="case.closed", object_type="case", object_id=str(case.number), object_label=str(case),
        lender_id=case.lender_id, application_id=case.application_id, before={"state": CaseState.OPEN},
        after={"state": case.state}, reason=reason, now=now,
    )  # fmt: skip


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
