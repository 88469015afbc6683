"""Due times count office hours alone, on instants, across weekends, holidays and changes of clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from review_queue.sla import NoWorkingTime, due_at, end_of_today
from underwriting.clocks.calendar import WorkingCalendar, calendar_of


def calendar(**changes: Any) -> WorkingCalendar:
    values: dict[str, Any] = {
        "time_zone": "America/New_York",
        "starts": time(9),
        "ends": time(17),
        "weekdays": [1, 2, 3, 4, 5],
        "holidays": [],
    }
    return calendar_of(**{**values, **changes})


@pytest.mark.parametrize(
    ("opened", "minutes", "due"),
    [
        ("2026-11-03T15:00", 60, "2026-11-03T16:00"),  # Tuesday 10:00 local
        ("2026-11-03T05:00", 60, "2026-11-03T15:00"),  # before office hours
        ("2026-11-03T21:30", 60, "2026-11-04T14:30"),  # 30 minutes today, 30 tomorrow
        ("2026-11-06T23:00", 480, "2026-11-09T22:00"),  # Friday evening: Monday's whole day
        ("2026-10-30T21:00", 60, "2026-11-02T15:00"),  # Friday 17:00 EDT; clocks change on the Sunday
        ("2026-11-25T21:00", 120, "2026-11-27T15:00"),  # Wednesday 16:00, Thanksgiving is a holiday
    ],
)
def test_due_at_counts_working_minutes(opened: str, minutes: int, due: str) -> None:
    found = due_at(
        opened_at=datetime.fromisoformat(opened).replace(tzinfo=UTC),
        working_minutes=minutes,
        calendar=calendar(holidays=[date(2026, 11, 26)]),
    )
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_a_calendar_without_a_working_day_is_refused() -> None:
    with pytest.raises(NoWorkingTime):
        due_at(opened_at=datetime(2026, 11, 3, tzinfo=UTC), working_minutes=1, calendar=calendar(weekdays=[]))


def test_today_ends_at_the_lenders_midnight() -> None:
    assert end_of_today(
        now=datetime(2026, 11, 4, 3, 0, tzinfo=UTC), zone=ZoneInfo("America/New_York")
    ) == datetime(2026, 11, 4, 5, 0, tzinfo=UTC)
