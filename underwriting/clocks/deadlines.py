"""When what is due: calendar days of the lender's time zone, counted from the event of each duty (12 CFR 1002.9). Pure.

A due day never moves for a weekend or a holiday. What moves is the alert: it comes on the working day before, so that
somebody is there to act on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from underwriting.clocks.calendar import WorkingCalendar
from underwriting.enums import ClockKind

# Early warnings of a duty of thirty days (REFERENCE A.2).
EARLY_ALERT_DAYS = (20, 25)


@dataclass(frozen=True, slots=True)
class Term:
    """How long a clock runs, and whose time it is. `days` None: the lender's own setting."""

    days: int | None
    is_lenders_duty: bool
    source: str


TERMS: dict[ClockKind, Term] = {
    ClockKind.DECISION_NOTICE: Term(30, True, "12 CFR 1002.9(a)(1)(i)"),
    ClockKind.ADVERSE_ACTION_NOTICE: Term(30, True, "12 CFR 1002.9(a)(1)(ii) and (iii)"),
    ClockKind.INCOMPLETENESS_NOTICE: Term(30, True, "12 CFR 1002.9(c)(1)-(3)"),
    ClockKind.MISSING_ITEMS: Term(None, False, "12 CFR 1002.9(c)(2)"),
    ClockKind.COUNTEROFFER_ANSWER: Term(90, True, "12 CFR 1002.9(a)(1)(iv)"),
    ClockKind.REASONS_REQUEST: Term(60, False, "12 CFR 1002.9(a)(2)(ii)"),
    ClockKind.STATEMENT_OF_REASONS: Term(30, True, "12 CFR 1002.9(a)(2)(ii)"),
    ClockKind.APPROVAL_ANSWER: Term(30, False, "12 CFR 1002.9(e)"),
}


def due_on(kind: ClockKind, began_at: datetime, time_zone: str, *, days: int | None = None) -> date:
    """The last calendar day, where the lender is, on which the duty can be met.

    Args:
        days: for a clock whose length is the lender's own (MISSING_ITEMS: a reasonable time).

    Raises:
        ValueError: no length is known.
    """
    term = TERMS[kind].days if TERMS[kind].days is not None else days
    if term is None:
        raise ValueError(f"{kind.value} runs as long as the lender says")
    return began_at.astimezone(ZoneInfo(time_zone)).date() + timedelta(days=term)


def alert_on(due: date, calendar: WorkingCalendar) -> date:
    """The working day before the due day."""
    return calendar.working_day_before(due)


def rings_on(
    kind: ClockKind, *, began_at: datetime, due: date, alert: date, time_zone: str
) -> tuple[date, ...]:
    """The days on which a running clock is looked at, in order: days 20 and 25, the alert, and the first day after it was due.

    A duty that is not the lender's is looked at once, when the time is over.
    """
    over = due + timedelta(days=1)
    if not TERMS[kind].is_lenders_duty:
        return (over,)
    began = began_at.astimezone(ZoneInfo(time_zone)).date()
    early = [began + timedelta(days=n) for n in EARLY_ALERT_DAYS] if TERMS[kind].days == 30 else []
    return tuple(sorted({*(day for day in early if day < due), alert, over}))


def start_of(day: date, time_zone: str) -> datetime:
    """The instant at which a day begins where the lender is."""
    return datetime.combine(day, time(0), tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def end_of(day: date, time_zone: str) -> datetime:
    """The last second of a day where the lender is."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=ZoneInfo(time_zone)).astimezone(UTC)
