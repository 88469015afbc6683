"""Working days of a lender: office hours of a weekday in the lender's own time zone. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# A calendar with no working day within a year is a mistake in the settings, not a reason to search for ever.
SEARCH_DAYS = 366


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Office hours in the lender's zone. `weekdays` are ISO numbers, 1 Monday to 7 Sunday."""

    zone: ZoneInfo
    starts: time
    ends: time
    weekdays: frozenset[int]
    holidays: frozenset[date]

    def is_working_day(self, day: date) -> bool:
        return day.isoweekday() in self.weekdays and day not in self.holidays

    def hours_of(self, day: date) -> tuple[datetime, datetime] | None:
        """The working span of a local day as two instants in UTC; None on a day off."""
        if not self.is_working_day(day) or self.starts >= self.ends:
            return None
        begin = datetime.combine(day, self.starts, tzinfo=self.zone).astimezone(UTC)
        return begin, datetime.combine(day, self.ends, tzinfo=self.zone).astimezone(UTC)

    def working_day_before(self, day: date) -> date:
        """The last working day before this one; the calendar day before where there is none within a year."""
        before = (day - timedelta(days=n) for n in range(1, SEARCH_DAYS + 1))
        return next((one for one in before if self.is_working_day(one)), day - timedelta(days=1))


def calendar_of(
    *, time_zone: str, starts: time, ends: time, weekdays: Collection[int], holidays: Collection[date]
) -> WorkingCalendar:
    return WorkingCalendar(ZoneInfo(time_zone), starts, ends, frozenset(weekdays), frozenset(holidays))
