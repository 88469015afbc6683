"""A lender's working calendar, and the clocks that run at a lender."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from underwriting.clocks.calendar import WorkingCalendar, calendar_of
from underwriting.models import Holiday, Lender

WEEKDAYS = (1, 2, 3, 4, 5)


def lender_calendar(lender: Lender) -> WorkingCalendar:
    """The lender's office hours and holidays."""
    return calendar_of(
        time_zone=lender.time_zone,
        starts=lender.working_day_starts,
        ends=lender.working_day_ends,
        weekdays=lender.working_weekdays or WEEKDAYS,
        holidays=Holiday.objects.filter(lender=lender).values_list("on", flat=True),
    )


def today_of(lender: Lender, now: datetime) -> date:
    """The calendar day where the lender is."""
    return now.astimezone(ZoneInfo(lender.time_zone)).date()
