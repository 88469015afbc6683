"""When a case is due: working minutes of the lender's calendar, counted on instants. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from underwriting.clocks.calendar import SEARCH_DAYS, WorkingCalendar


class NoWorkingTime(ValueError):
    """The calendar has no working minute: no weekday, or a day that ends before it starts."""


def due_at(*, opened_at: datetime, working_minutes: int, calendar: WorkingCalendar) -> datetime:
    """The instant after this many working minutes; time outside office hours does not count.

    Raises:
        NoWorkingTime: the calendar has no working day within a year.
    """
    return after_working_time(opened_at, working_time=timedelta(minutes=working_minutes), calendar=calendar)


def after_working_time(start: datetime, *, working_time: timedelta, calendar: WorkingCalendar) -> datetime:
    """The instant after so much working time. Raises NoWorkingTime like `due_at`."""
    left = working_time
    for hours in _spans(start, calendar):
        begin = max(hours[0], start)
        if begin + left <= hours[1]:
            return begin + left
        left -= max(timedelta(0), hours[1] - begin)
    raise NoWorkingTime("no working time within a year")


def working_time_between(start: datetime, end: datetime, *, calendar: WorkingCalendar) -> timedelta:
    """How much office time lies between two instants, exactly; none where the end is not after the start."""
    if end <= start:
        return timedelta(0)
    spans = (span for span in _spans(start, calendar) if span[0] < end)
    return sum((min(span[1], end) - max(span[0], start) for span in spans), timedelta(0))


def end_of_today(*, now: datetime, zone: ZoneInfo) -> datetime:
    """Midnight that ends the lender's current day, in UTC."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(0), tzinfo=zone).astimezone(UTC)


def _spans(start: datetime, calendar: WorkingCalendar) -> list[tuple[datetime, datetime]]:
    first = start.astimezone(calendar.zone).date()
    spans = (calendar.hours_of(first + timedelta(days=n)) for n in range(SEARCH_DAYS))
    return [span for span in spans if span is not None and span[1] > start]
