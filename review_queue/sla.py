"""When a case is due: working minutes of the lender's calendar, counted on instants. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# A calendar with no working day within a year is a mistake in the settings, not a reason to search for ever.
SEARCH_DAYS = 366


class NoWorkingTime(ValueError):
    """The calendar has no working minute: no weekday, or a day that ends before it starts."""


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Office hours in the lender's zone. `weekdays` are ISO numbers, 1 Monday to 7 Sunday."""

    zone: ZoneInfo
    starts: time
    ends: time
    weekdays: frozenset[int]
    holidays: frozenset[date]

    def hours_of(self, day: date) -> tuple[datetime, datetime] | None:
        """The working span of a local day as two instants in UTC; None on a day off."""
        if day.isoweekday() not in self.weekdays or day in self.holidays or self.starts >= self.ends:
            return None
        begin = datetime.combine(day, self.starts, tzinfo=self.zone).astimezone(UTC)
        return begin, datetime.combine(day, self.ends, tzinfo=self.zone).astimezone(UTC)


def calendar_of(
    *, time_zone: str, starts: time, ends: time, weekdays: Collection[int], holidays: Collection[date]
) -> WorkingCalendar:
    return WorkingCalendar(ZoneInfo(time_zone), starts, ends, frozenset(weekdays), frozenset(holidays))


def due_at(*, opened_at: datetime, working_minutes: int, calendar: WorkingCalendar) -> datetime:
    """The instant after this many working minutes; time outside office hours does not count.

    Raises:
        NoWorkingTime: the calendar has no working day within a year.
    """
    left = timedelta(minutes=working_minutes)
    for hours in _spans(opened_at, calendar):
        begin = max(hours[0], opened_at)
        if begin + left <= hours[1]:
            return begin + left
        left -= max(timedelta(0), hours[1] - begin)
    raise NoWorkingTime("no working time within a year")


def end_of_today(*, now: datetime, zone: ZoneInfo) -> datetime:
    """Midnight that ends the lender's current day, in UTC."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(0), tzinfo=zone).astimezone(UTC)


def _spans(start: datetime, calendar: WorkingCalendar) -> list[tuple[datetime, datetime]]:
    first = start.astimezone(calendar.zone).date()
    spans = (calendar.hours_of(first + timedelta(days=n)) for n in range(SEARCH_DAYS))
    return [span for span in spans if span is not None and span[1] > start]
