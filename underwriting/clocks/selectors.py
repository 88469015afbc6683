"""A lender's working calendar, and the clocks that run at a lender."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from underwriting.clocks.calendar import WorkingCalendar, calendar_of
from underwriting.clocks.deadlines import TERMS
from underwriting.models import Holiday, Lender, NoticeClock

WEEKDAYS = (1, 2, 3, 4, 5)
DUTIES = tuple(kind for kind, term in TERMS.items() if term.is_lenders_duty)


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


def pressing_clocks(lender: Lender, *, within_days: int, now: datetime, limit: int) -> list[NoticeClock]:
    """The lender's own duties that are missed, or due within so many days; the most pressing first."""
    last_day = today_of(lender, now) + timedelta(days=within_days)
    return list(
        NoticeClock.objects.filter(
            lender=lender, kind__in=DUTIES, stopped_at__isnull=True, due_on__lte=last_day
        )
        .select_related("application")
        .order_by("due_on", "pk")[:limit]
    )


def missed_count(lender: Lender, *, now: datetime) -> int:
    """How many of the lender's duties are past their day."""
    return NoticeClock.objects.filter(
        lender=lender, kind__in=DUTIES, stopped_at__isnull=True, due_on__lt=today_of(lender, now)
    ).count()
