"""NOTICE_DUE: what a clock that rings brings about. Somebody is told in time, and again when it is too late."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from explanations.notices.compose import compose_incompleteness, standing_of
from explanations.notices.disclosing import MayNotBeTold, is_told, recompose
from underwriting.alerts.raise_alert import raise_alert
from underwriting.audit.actor import SYSTEM
from underwriting.clocks.deadlines import TERMS, start_of
from underwriting.clocks.running import next_ring, start_clock, stop_clock
from underwriting.clocks.selectors import today_of
from underwriting.decisions.record import lock_applications
from underwriting.enums import ApplicationStatus, ClockKind, NoticeKind
from underwriting.intake.complete import (
    INCOMPLETE_CLOCKS,
    close_incomplete,
    last_day_for_items,
    notice_was_sent,
)
from underwriting.models import Application, NoticeClock
from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import finish, hold_for_write

CLOCK_WORDS = {
    ClockKind.DECISION_NOTICE: "The notice of the decision",
    ClockKind.ADVERSE_ACTION_NOTICE: "The notice of the adverse action",
    ClockKind.INCOMPLETENESS_NOTICE: "The notice of what is missing",
    ClockKind.MISSING_ITEMS: "What is missing",
    ClockKind.COUNTEROFFER_ANSWER: "The notice that a counteroffer was not taken",
    ClockKind.REASONS_REQUEST: "A request for reasons",
    ClockKind.STATEMENT_OF_REASONS: "The statement of reasons",
    ClockKind.APPROVAL_ANSWER: "The answer to an approval",
}


def notice_due(item: ClaimedItem, now: datetime) -> None:
    """Work on a NOTICE_DUE item: a clock that rings (its subject), or an incomplete application that has to be told so."""
    with transaction.atomic():
        if item.id not in hold_for_write([item]):
            return
        if item.subject_id is not None:
            ring(item.subject_id, now=now)
        elif item.application_id is not None:
            tell_incomplete(item.application_id, now=now)
        finish(items=[item])


@transaction.atomic
def tell_incomplete(application_id: int, *, now: datetime) -> None:
    """Compose the notice of what is missing, and start the time in which it may be sent.

    The time is the lender's setting, in calendar days from today; the letter names the last of them.
    """
    application = lock_applications([application_id])[application_id]
    if application.status != ApplicationStatus.INCOMPLETE:
        return
    lender = application.lender
    notice = compose_incompleteness(
        application=application,
        missing=application.missing_fields,
        answer_by=today_of(lender, now) + timedelta(days=lender.incomplete_answer_days),
        now=now,
    )
    if not is_told(notice):
        raise_alert(
            kind="notice.held",
            subject=f"The notice of what is missing from {application.reference} is held",
            lender_id=lender.pk,
            now=now,
            details={"application": application.reference, "because": notice.held_because},
        )
    start_clock(
        application=application,
        kind=ClockKind.MISSING_ITEMS,
        began_at=now,
        due=date.fromisoformat(notice.snapshot["answer_by_on"]),
    )


@transaction.atomic
def ring(clock_id: int, *, now: datetime) -> None:
    """Look at a clock whose moment has come, and set its next one. A clock that was stopped meanwhile says nothing."""
    application_id = NoticeClock.objects.values_list("application_id", flat=True).get(pk=clock_id)
    application = lock_applications([application_id])[application_id]
    clock = NoticeClock.objects.select_for_update().get(pk=clock_id)
    if clock.stopped_at is not None:
        return
    if ClockKind(clock.kind) in INCOMPLETE_CLOCKS:
        _tell_again(application, now=now)
        clock = NoticeClock.objects.get(pk=clock_id)
        if clock.stopped_at is not None:  # the time began anew with the new letter
            return
    is_over = today_of(application.lender, now) > clock.due_on
    if TERMS[ClockKind(clock.kind)].is_lenders_duty:
        _tell(clock, application, is_over=is_over, now=now)
    elif is_over:
        _run_out(clock, application, now=now)
    clock.refresh_from_db()
    if clock.stopped_at is None and clock.rings_at is None:
        clock.rings_at = next_ring(clock, time_zone=application.lender.time_zone, now=now)
        clock.save(update_fields=["rings_at"])


def _tell_again(application: Application, *, now: datetime) -> None:
    """Where the notice of what is missing is held still: write it anew, with a day that lies ahead, if nothing holds it now."""
    notice = standing_of(application, None, NoticeKind.INCOMPLETENESS)
    if application.status != ApplicationStatus.INCOMPLETE or (notice is not None and is_told(notice)):
        return
    if notice is None:
        tell_incomplete(application.pk, now=now)
        return
    lender = application.lender
    answer_by = today_of(lender, now) + timedelta(days=lender.incomplete_answer_days)
    try:
        with transaction.atomic():  # a text that is held like the one before is not kept
            again = recompose(notice, actor=SYSTEM, answer_by=answer_by, now=now)
            if not is_told(again):
                raise MayNotBeTold(again.held_because)
    except MayNotBeTold:
        return
    stop_clock(application, ClockKind.MISSING_ITEMS, "the notice was written anew", now)
    start_clock(application=application, kind=ClockKind.MISSING_ITEMS, began_at=now, due=answer_by)


def _tell(clock: NoticeClock, application: Application, *, is_over: bool, now: datetime) -> None:
    what, due = CLOCK_WORDS[ClockKind(clock.kind)], f"{clock.due_on.day} {clock.due_on:%B %Y}"
    left = (clock.due_on - today_of(application.lender, now)).days
    days = "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days"
    raise_alert(
        kind="notice.missed" if is_over else "notice.due",
        subject=(
            f"{what} for {application.reference} was due on {due} and was not sent"
            if is_over
            else f"{what} for {application.reference} is due {days}, on {due}"
        ),
        lender_id=clock.lender_id,
        now=now,
        details={
            "application": application.reference,
            "clock": clock.kind,
            "due_on": clock.due_on.isoformat(),
        },
    )


def _run_out(clock: NoticeClock, application: Application, *, now: datetime) -> None:
    """The applicant's own time is over."""
    kind = ClockKind(clock.kind)
    if kind is not ClockKind.MISSING_ITEMS:
        stop_clock(application, kind, "the time was over", now)
    elif notice_was_sent(application):
        last_day = last_day_for_items(clock, application)
        if today_of(application.lender, now) > last_day:
            close_incomplete(application_id=application.pk, now=now)
            return
        clock.rings_at = start_of(last_day + timedelta(days=1), application.lender.time_zone)
        clock.save(update_fields=["rings_at"])
    else:
        # Silence ends nothing for somebody who was not told so: it stays open, and is looked at again tomorrow.
        _tell(clock, application, is_over=True, now=now)
        zone = application.lender.time_zone
        clock.rings_at = start_of(today_of(application.lender, now) + timedelta(days=1), zone)
        clock.save(update_fields=["rings_at"])
