"""Opening cases: the end of the pipeline's road, and the start of a person's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from explanations.models import Notice
from review_queue.access import NUMBER_OFFSET
from review_queue.giving import assign_opened
from review_queue.models import Appeal, HeldDecision, ReviewCase
from review_queue.models.case import NO_AMOUNT, NO_SCORE
from review_queue.sla import due_at
from underwriting.audit.actor import Actor
from underwriting.audit.record import NewEntry, record_entries, record_entry
from underwriting.clocks.calendar import WorkingCalendar
from underwriting.clocks.selectors import lender_calendar
from underwriting.enums import CaseKind, CaseState, HeldState
from underwriting.models import Application, Assessment, User

# Where no policy version could be read, a case is still due some time: one working day of eight hours.
DEFAULT_WORKING_MINUTES = 480
DECIDED_BY_A_PERSON = [CaseKind.REFERRAL, CaseKind.APPEAL]
ASSESSED_AGAIN = (
    "It was assessed again after it came to you: nothing asks for a person any more, and you still decide."
)
VOID = "It was assessed again before a second approver had answered. Decide on the newer assessment."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """A case about to be opened, and why a person is asked."""

    application: Application
    assessment: Assessment
    why: Sequence[str]
    is_technical: bool
    actor: Actor
    kind: CaseKind = CaseKind.REFERRAL
    not_for: User | None = None
    appeal: Appeal | None = None
    notice: Notice | None = None

    @property
    def rivals(self) -> tuple[int, str]:
        """Of the cases that have this in common one is open at a time."""
        return self.application.pk, _room_of(self.kind)


def _room_of(kind: str) -> str:
    """Referrals and appeals share one room of an application; each other kind has its own."""
    return "" if kind in DECIDED_BY_A_PERSON else kind


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
    """Open one case; `open_cases` says how."""
    new = NewCase(
        application=application,
        assessment=assessment,
        why=why,
        is_technical=is_technical,
        actor=actor,
        kind=kind,
        not_for=not_for,
        appeal=appeal,
        notice=notice,
    )
    return open_cases([new], now=now)[0]


def open_cases(new: Sequence[NewCase], *, now: datetime) -> list[ReviewCase]:
    """Open cases, in this order and in the caller's transaction, which holds the applications' locks.

    `why` are the sentences of why a person is asked, most important first. `not_for` is who may not take it; where it is left
    out, it is the person whose decision the appeal or the notice speaks of. An application has at most one open REFERRAL or
    APPEAL, and beside it at most one open NOTICE_REVIEW and one CONDITIONS: where one stands, that one is returned and nothing changes by itself
    (a decision answers every appeal that is open then, whichever case it is made on). As many queries for all as for one.
    """
    cases = _standing(new)
    opened = [one for one in new if one.rivals not in cases]
    calendars = {row.pk: lender_calendar(row) for row in {one.application.lender for one in opened}}
    rows = [
        _row(one, key, calendar=calendars[one.application.lender_id], now=now)
        for one, key in zip(opened, _next_keys(len(opened)), strict=True)
    ]
    ReviewCase.objects.bulk_create(rows)
    record_entries([_opening(one, row, now=now) for one, row in zip(opened, rows, strict=True)])
    cases |= {one.rivals: row for one, row in zip(opened, rows, strict=True)}
    for lender in {one.application.lender for one in opened if one.application.lender.assigns_automatically}:
        # what waits for papers comes back to the person who asked for them
        new_cases = [row.pk for row in rows if row.lender_id == lender.pk and row.kind != CaseKind.CONDITIONS]
        assign_opened(new_cases, now=now)
    return [cases[one.rivals] for one in new]


def _row(new: NewCase, key: int, *, calendar: WorkingCalendar, now: datetime) -> ReviewCase:
    return ReviewCase(
        pk=key,
        number=NUMBER_OFFSET + key,
        lender_id=new.application.lender_id,
        application=new.application,
        assessment=new.assessment,
        kind=new.kind,
        not_for_id=new.not_for.pk if new.not_for else _whose_decision(new.appeal, new.notice),
        appeal=new.appeal,
        notice=new.notice,
        state=CaseState.OPEN,
        why=list(new.why),
        is_technical=new.is_technical,
        opened_at=now,
        due_at=due_at(opened_at=now, working_minutes=_working_minutes(new.assessment), calendar=calendar),
        queue_amount_minor=_or(new.application.requested_amount_minor, NO_AMOUNT),
        queue_score=_or(new.assessment.score, NO_SCORE),
    )


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def _opening(new: NewCase, case: ReviewCase, *, now: datetime) -> NewEntry:
    return NewEntry(
        actor=new.actor,
        action="case.opened",
        object_type="case",
        object_id=str(case.number),
        object_label=str(case),
        lender_id=case.lender_id,
        application_id=case.application_id,
        after={
            "state": case.state,
            "kind": case.kind,
            "due_at": case.due_at.isoformat(),
            "technical": case.is_technical,
        },
        reason=" ".join(new.why),
        now=now,
    )


def _standing(new: Sequence[NewCase]) -> dict[tuple[int, str], ReviewCase]:
    """The open cases in whose place no second one is opened."""
    rows = ReviewCase.objects.filter(
        application__in=[one.application for one in new], state__in=[CaseState.OPEN, CaseState.DECIDED]
    )
    return {(row.application_id, _room_of(row.kind)): row for row in rows}


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
) -> list[ReviewCase]:
    """Lay a newer assessment on the application's open cases, in the caller's transaction, which holds the application's lock.

    The person sees it and still decides, whatever it proposes. A case that is decided (held, or let go) rests on the
    assessment it was decided on and is left alone; so is a notice's.
    """
    cases = list(
        ReviewCase.objects.select_for_update(of=("self",))
        .select_related("assessment")
        .filter(application=application, state=CaseState.OPEN)
        .exclude(kind=CaseKind.NOTICE_REVIEW)
        .order_by("pk")
    )
    for case in cases:
        before = case.assessment
        _void_first_answer(case, now=now)
        case.assessment, case.is_technical = assessment, is_technical
        case.queue_score = _or(assessment.score, NO_SCORE)
        if case.kind == CaseKind.REFERRAL:  # the others are here for what the applicant says or sends
            case.why = list(why) or [ASSESSED_AGAIN]
        case.save(
            update_fields=[
                "assessment",
                "is_technical",
                "queue_score",
                "why",
                "awaited_answer",
                "confirming_role",
            ]
        )
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
    return cases


def _void_first_answer(case: ReviewCase, *, now: datetime) -> None:
    """An answer that waits for a second approver rests on the assessment before: it is not sent, and the case starts anew."""
    HeldDecision.objects.filter(case=case, state=HeldState.WAITING).update(
        state=HeldState.REFUSED, finished_at=now, refusal=VOID
    )
    case.awaited_answer, case.confirming_role = 1, ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenNotice:
    """The notice of a decision that was just made on an assessment."""

    application: Application
    assessment: Assessment
    notice: Notice
    actor: Actor


def review_notice(
    *, application: Application, assessment: Assessment, notice: Notice, actor: Actor, now: datetime
) -> ReviewCase | None:
    """Lay one notice before a person where something holds it (`review_notices`); None where nothing does."""
    written = WrittenNotice(application=application, assessment=assessment, notice=notice, actor=actor)
    return next(iter(review_notices([written], now=now)), None)


def review_notices(written: Sequence[WrittenNotice], *, now: datetime) -> list[ReviewCase]:
    """Lay each notice that may not go out unseen before a person, in the transaction of its decision.

    A review of an application's earlier notice is over: that notice says what does not stand any more.
    """
    newest = {one.application.pk: one for one in written}
    for case in (
        ReviewCase.objects.select_for_update(of=("self",))
        .filter(application__in=list(newest), kind=CaseKind.NOTICE_REVIEW, state=CaseState.OPEN)
        .order_by("pk")
    ):
        one = newest[case.application_id]
        if case.notice_id != one.notice.pk:
            close_case(case, reason="A newer notice took the place of this one.", actor=one.actor, now=now)
    held = [
        NewCase(
            application=one.application,
            assessment=one.assessment,
            why=(one.notice.held_because,),
            is_technical=False,
            actor=one.actor,
            kind=CaseKind.NOTICE_REVIEW,
            notice=one.notice,
        )
        for one in written
        if one.notice.held_because
    ]
    return open_cases(held, now=now)


def close_case(case: ReviewCase, *, reason: str, actor: Actor, now: datetime) -> None:
    """Close a case that decides nothing, in the caller's transaction, which holds its lock."""
    before = case.state
    case.state, case.closed_at, case.lease_until = CaseState.CLOSED, now, None
    case.save(update_fields=["state", "closed_at", "lease_until"])
    record_entry(
        actor=actor, action="case.closed", object_type="case", object_id=str(case.number), object_label=str(case),
        lender_id=case.lender_id, application_id=case.application_id, before={"state": before},
        after={"state": case.state}, reason=reason, now=now,
    )  # fmt: skip


def _next_keys(count: int) -> list[int]:
    """Keys ahead of the insert, so that the number people say follows from it without a second lock or counter."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [ReviewCase._meta.db_table, count],
        )
        return [int(key) for (key,) in cursor.fetchall()]


def _working_minutes(assessment: Assessment) -> int:
    version = assessment.policy_version
    minutes = version.document.get("sla", {}).get("working_minutes") if version else None
    return int(minutes) if minutes else DEFAULT_WORKING_MINUTES
