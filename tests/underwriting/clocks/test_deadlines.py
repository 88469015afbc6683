"""Every row of the clocks of 12 CFR 1002.9: event, calendar due day where the lender is, days on which somebody is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import time_machine

from underwriting.clocks.calendar import WorkingCalendar, calendar_of
from underwriting.clocks.deadlines import TERMS, alert_on, due_on, end_of, rings_on, start_of
from underwriting.enums import ClockKind

NEW_YORK, KOLKATA, LOS_ANGELES = "America/New_York", "Asia/Kolkata", "America/Los_Angeles"


def calendar(zone: str = NEW_YORK, **changes: Any) -> WorkingCalendar:
    values: dict[str, Any] = {"weekdays": [1, 2, 3, 4, 5], "holidays": []}
    return calendar_of(time_zone=zone, starts=time(9), ends=time(17), **{**values, **changes})


# (row, kind, event, zone, days of the lender's own, due, alert)
ROWS: list[tuple[str, ClockKind, str, str, int | None, str, str]] = [
    # 2 November 2026 is a Monday; 30 days on is Wednesday 2 December.
    ("completed application", ClockKind.DECISION_NOTICE, "2026-11-02T14:30Z", NEW_YORK, None, "2026-12-02", "2026-12-01"),
    ("action on an incomplete application", ClockKind.ADVERSE_ACTION_NOTICE, "2026-11-02T14:30Z", NEW_YORK, None, "2026-12-02", "2026-12-01"),
    ("incomplete in ways that can be mended", ClockKind.INCOMPLETENESS_NOTICE, "2026-11-02T14:30Z", NEW_YORK, None, "2026-12-02", "2026-12-01"),
    ("asked by telephone: the same thirty days", ClockKind.INCOMPLETENESS_NOTICE, "2026-11-02T14:30Z", NEW_YORK, None, "2026-12-02", "2026-12-01"),
    ("a reasonable time for what is missing", ClockKind.MISSING_ITEMS, "2026-11-02T14:30Z", NEW_YORK, 21, "2026-11-23", "2026-11-20"),
    ("missing items arrived: from completion", ClockKind.DECISION_NOTICE, "2026-11-20T14:30Z", NEW_YORK, None, "2026-12-20", "2026-12-18"),
    ("counteroffer not taken", ClockKind.COUNTEROFFER_ANSWER, "2026-11-02T14:30Z", NEW_YORK, None, "2027-01-31", "2027-01-29"),
    ("action on an existing account", ClockKind.ADVERSE_ACTION_NOTICE, "2026-11-04T14:30Z", NEW_YORK, None, "2026-12-04", "2026-12-03"),
    ("approval not taken up", ClockKind.APPROVAL_ANSWER, "2026-11-02T14:30Z", NEW_YORK, None, "2026-12-02", "2026-12-01"),
    ("the time to ask for reasons", ClockKind.REASONS_REQUEST, "2026-11-02T14:30Z", NEW_YORK, None, "2027-01-01", "2026-12-31"),
    ("the answer to a request for reasons", ClockKind.STATEMENT_OF_REASONS, "2026-11-02T14:30Z", NEW_YORK, None, "2026-12-02", "2026-12-01"),
    # the due day stays on a Saturday or Sunday, the alert does not
    ("due on a Saturday", ClockKind.DECISION_NOTICE, "2026-11-05T14:30Z", NEW_YORK, None, "2026-12-05", "2026-12-04"),
    ("due on a Monday", ClockKind.DECISION_NOTICE, "2026-11-07T14:30Z", NEW_YORK, None, "2026-12-07", "2026-12-04"),
    # 23:30 in New York on 2 November is the 3rd in UTC; the day counts where the lender is
    ("late in the evening", ClockKind.DECISION_NOTICE, "2026-11-03T04:30Z", NEW_YORK, None, "2026-12-02", "2026-12-01"),
    ("the same instant in India", ClockKind.DECISION_NOTICE, "2026-11-03T04:30Z", KOLKATA, None, "2026-12-03", "2026-12-02"),
    ("the morning in India is yesterday elsewhere", ClockKind.DECISION_NOTICE, "2026-11-02T20:00Z", KOLKATA, None, "2026-12-03", "2026-12-02"),
    ("just before midnight in California", ClockKind.DECISION_NOTICE, "2026-07-01T06:59Z", LOS_ANGELES, None, "2026-07-30", "2026-07-29"),
    # clocks go back on 1 November 2026 and forward on 14 March 2027: days are counted, not hours
    ("across the end of summer time", ClockKind.DECISION_NOTICE, "2026-10-20T03:30Z", NEW_YORK, None, "2026-11-18", "2026-11-17"),
    ("across its beginning", ClockKind.DECISION_NOTICE, "2027-03-02T04:30Z", NEW_YORK, None, "2027-03-31", "2027-03-30"),
    # 2028 is a leap year, 2027 is not
    ("over a leap day", ClockKind.DECISION_NOTICE, "2028-01-31T15:00Z", NEW_YORK, None, "2028-03-01", "2028-02-29"),
    ("over no leap day", ClockKind.DECISION_NOTICE, "2027-01-31T15:00Z", NEW_YORK, None, "2027-03-02", "2027-03-01"),
    ("due on a leap day", ClockKind.DECISION_NOTICE, "2028-01-30T15:00Z", NEW_YORK, None, "2028-02-29", "2028-02-28"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "kind", "event", "zone", "days", "due", "alert"), ROWS, ids=[r[0] for r in ROWS]
)
def test_the_table_of_the_law(
    row: str, kind: ClockKind, event: str, zone: str, days: int | None, due: str, alert: str
) -> None:
    with time_machine.travel(datetime.fromisoformat(event), tick=False):
        last_day = due_on(kind, datetime.now(UTC), zone, days=days)

    assert (last_day, alert_on(last_day, calendar(zone))) == (
        date.fromisoformat(due),
        date.fromisoformat(alert),
    )


def test_every_kind_of_clock_is_in_the_table() -> None:
    assert {row[1] for row in ROWS} == set(ClockKind) == set(TERMS)


def test_a_holiday_moves_the_alert_and_never_the_due_day() -> None:
    event = datetime(2026, 11, 25, 15, tzinfo=UTC)  # 30 days on is Christmas Day, a Friday
    closed = calendar(holidays=[date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 23)])

    due = due_on(ClockKind.DECISION_NOTICE, event, NEW_YORK)

    assert (due, alert_on(due, closed)) == (date(2026, 12, 25), date(2026, 12, 22))


def test_a_calendar_without_working_days_still_alerts() -> None:
    assert alert_on(date(2026, 12, 2), calendar(weekdays=[])) == date(2026, 12, 1)


def test_a_clock_that_the_lender_sets_needs_its_days() -> None:
    with pytest.raises(ValueError, match="MISSING_ITEMS"):
        due_on(ClockKind.MISSING_ITEMS, datetime(2026, 11, 2, tzinfo=UTC), NEW_YORK)


@pytest.mark.parametrize(
    ("kind", "days"),
    [
        (ClockKind.DECISION_NOTICE, ["2026-11-22", "2026-11-27", "2026-12-01", "2026-12-03"]),
        (ClockKind.INCOMPLETENESS_NOTICE, ["2026-11-22", "2026-11-27", "2026-12-01", "2026-12-03"]),
        (ClockKind.STATEMENT_OF_REASONS, ["2026-11-22", "2026-11-27", "2026-12-01", "2026-12-03"]),
        # ninety days have no day 20 and 25; a Sunday's alert comes on the Friday
        (ClockKind.COUNTEROFFER_ANSWER, ["2027-01-29", "2027-02-01"]),
        # the applicant's own time is looked at when it is over
        (ClockKind.APPROVAL_ANSWER, ["2026-12-03"]),
        (ClockKind.REASONS_REQUEST, ["2027-01-02"]),
    ],
)
def test_somebody_is_told_on_day_20_and_25_on_the_working_day_before_and_when_it_is_missed(
    kind: ClockKind, days: list[str]
) -> None:
    event = datetime(2026, 11, 2, 14, 30, tzinfo=UTC)
    due = due_on(kind, event, NEW_YORK)

    found = rings_on(kind, began_at=event, due=due, alert=alert_on(due, calendar()), time_zone=NEW_YORK)

    assert [day.isoformat() for day in found] == days


def test_a_day_begins_and_ends_where_the_lender_is() -> None:
    assert start_of(date(2026, 11, 1), NEW_YORK) == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert end_of(date(2026, 11, 1), NEW_YORK) == datetime(
        2026, 11, 2, 4, 59, 59, tzinfo=UTC
    )  # 25 hours long
