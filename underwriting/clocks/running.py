"""Starting and stopping clocks, in the transaction of the event that does it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from underwriting.clocks.deadlines import alert_on, due_on, end_of, rings_on, start_of
from underwriting.clocks.selectors import lender_calendar
from underwriting.enums import ClockKind
from underwriting.models import Application, NoticeClock

# The clocks whose due day is the application's `notice_due_at`.
DECISION_CLOCKS = (ClockKind.DECISION_NOTICE, ClockKind.ADVERSE_ACTION_NOTICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClock:
    """A clock about to start at its event. `due`: the day that was promised, where the lender set it (MISSING_ITEMS)."""

    application: Application
    kind: ClockKind
    began_at: datetime
    due: date | None = None


def start_clock(
    *, application: Application, kind: ClockKind, began_at: datetime, due: date | None = None
) -> None:
    """Start a clock at its event; one of this kind that runs already is left as it is."""
    start_clocks([NewClock(application=application, kind=kind, began_at=began_at, due=due)])


def start_clocks(new: Sequence[NewClock]) -> None:
    """`start_clock` for applications of one lender, in two statements."""
    if not new:
        return
    lender = new[0].application.lender
    zone, calendar = lender.time_zone, lender_calendar(lender)
    rows = []
    for one in new:
        due = one.due or due_on(one.kind, one.began_at, zone)
        alert = alert_on(due, calendar)
        rings = rings_on(one.kind, began_at=one.began_at, due=due, alert=alert, time_zone=zone)
        rows.append(
            NoticeClock(
                lender=lender,
                application=one.application,
                kind=one.kind,
                began_at=one.began_at,
                due_on=due,
                alert_on=alert,
                rings_at=start_of(rings[0], zone),
            )
        )
    NoticeClock.objects.bulk_create(rows, ignore_conflicts=True)


def stop_clock(application: Application, kind: ClockKind, by: str, now: datetime) -> bool:
    """Stop the running clock of this kind; False where none runs. `by` says what met it or made it void."""
    return bool(stop_clocks(application, by=by, now=now, kinds=[kind]))


def stop_clocks(
    application: Application, *, by: str, now: datetime, kinds: Collection[ClockKind] = tuple(ClockKind)
) -> int:
    """Stop every running clock of these kinds (all, unless given) and return how many there were."""
    return NoticeClock.objects.filter(
        application=application, kind__in=list(kinds), stopped_at__isnull=True
    ).update(stopped_at=now, stopped_by=by[:80], rings_at=None)


def next_ring(clock: NoticeClock, *, time_zone: str, now: datetime) -> datetime | None:
    """When a clock has to be looked at after this moment; None when it has been for the last time."""
    days = rings_on(
        ClockKind(clock.kind),
        began_at=clock.began_at,
        due=clock.due_on,
        alert=clock.alert_on,
        time_zone=time_zone,
    )
    moments = (start_of(day, time_zone) for day in days)
    return next((moment for moment in moments if moment > now), None)


def last_moment(kind: ClockKind, began_at: datetime, time_zone: str) -> datetime:
    """The last second of the due day, for `Application.notice_due_at`."""
    return end_of(due_on(kind, began_at, time_zone), time_zone)


def decision_due_at(application: Application) -> datetime | None:
    """By when the applicant has to be told of a decision: 30 days from completion, or from an action of its own.

    None where a decision stands of which nobody has to be told by a date.
    """
    if application.notice_due_at is not None or application.decided_at is not None:
        return application.notice_due_at
    event = application.completed_at or application.received_at
    return last_moment(ClockKind.DECISION_NOTICE, event, application.lender.time_zone)
