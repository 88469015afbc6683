"""What more referrals mean for the people on duty: what they clear, the queue, the first late day, and the sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from review_queue.models import HeldDecision
from review_queue.staffing import (
    Capacity,
    Flow,
    capacity_of,
    flow,
    in_words,
    referrals_per_day,
    staffing_effect,
)
from tests.factories import make_lender, make_user
from tests.factories.reviewing import Desk, make_case, make_desk
from underwriting.clocks.calendar import calendar_of
from underwriting.enums import CaseKind, CaseState, HeldState, Outcome, Role
from underwriting.models import Holiday, Lender, User
from underwriting.policy.schema import ServiceLevel

MONDAY = date(2026, 11, 2)
WEEK = [MONDAY + timedelta(days=n) for n in range(5)]
DAYS = [*WEEK, *(day + timedelta(days=7) for day in WEEK)]
FORTY = Capacity(officers=5, cases_each=8, decisions=1_060, days=28)


def test_what_people_clear_is_the_median_day_of_a_person_times_those_on_duty() -> None:
    rows = [(day, person, 8) for day in WEEK for person in (1, 2, 3)]
    rows += [(WEEK[0], 4, 40)]  # one busy day of one person moves neither median
    assert capacity_of(rows) == Capacity(officers=3, cases_each=8, decisions=160, days=5)
    assert capacity_of(rows).a_day == 24


@pytest.mark.parametrize(("decisions", "known"), [(29, None), (30, 30.0)])
def test_fewer_than_thirty_decisions_say_nothing(decisions: int, known: float | None) -> None:
    found = capacity_of([(MONDAY, 1, decisions)])
    assert (found.a_day, found.decisions) == (known, decisions)


def test_the_queue_grows_by_what_is_not_cleared_and_the_first_late_day_is_told() -> None:
    # 4 a day stay; a case may have 10 before it, so the third day brings the first one over
    found = flow(referrals_a_day=44, cleared_a_day=40, waiting=0, late_after_days=0.25, days=DAYS)
    assert (found.waiting, found.late_from, found.late_on) == (40, 3, WEEK[2])
    # the half of day 3 (8 to 12), then all of days 4 to 10
    assert found.late == round(0.5 * 44 + 7 * 44)


def test_what_waits_today_is_worked_off_where_more_is_cleared_than_comes() -> None:
    found = flow(referrals_a_day=31, cleared_a_day=40, waiting=20, late_after_days=0.25, days=DAYS)
    # 20 to 11 on day 1 is late all day, 11 to 2 on day 2 for a ninth of it
    assert found == Flow(referrals_a_day=31, waiting=0, late=round(31 + 31 / 9), late_from=1, late_on=MONDAY)


def test_a_queue_at_the_deadline_is_in_time() -> None:
    even = flow(referrals_a_day=40, cleared_a_day=40, waiting=10, late_after_days=0.25, days=DAYS)
    assert (even.late, even.late_from, even.waiting) == (0, None, 10)


def test_the_sentence_names_both_numbers_who_clears_how_many_and_the_first_late_day() -> None:
    before = flow(referrals_a_day=31, cleared_a_day=40, waiting=0, late_after_days=0.25, days=DAYS)
    after = flow(referrals_a_day=44, cleared_a_day=40, waiting=0, late_after_days=0.25, days=DAYS)
    assert in_words(31, 44, FORTY, before, after) == (
        "Referrals rise from 31 to 44 a day. 5 officers clear about 40 a day (1,060 decisions on 28 days). "
        "From the third working day (4 Nov 2026) cases wait over the deadline, 330 cases within 20 working days; with today's referrals 0."
    )
    assert in_words(44, 31, FORTY, after, before).endswith(
        "No case waits over the deadline in the next 20 working days. Today's number would bring some."
    )


def test_a_period_is_spread_over_its_working_days() -> None:
    calendar = calendar_of(
        time_zone="UTC", starts=time(9), ends=time(17), weekdays=(1, 2, 3, 4, 5), holidays=[WEEK[4]]
    )
    assert referrals_per_day(40, since=MONDAY, until=MONDAY + timedelta(days=6), calendar=calendar) == 10
    sunday = MONDAY - timedelta(days=1)
    assert referrals_per_day(40, since=sunday, until=sunday, calendar=calendar) is None


# --- out of the tables ------------------------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 9, 15, 0, tzinfo=UTC)  # a Monday at the lender
SLA = ServiceLevel(working_minutes=240)  # half a working day


def settle(desk: Desk, user: User, at: datetime, state: HeldState = HeldState.RELEASED) -> None:
    case = make_case(desk)
    case.state = CaseState.CLOSED
    case.save(update_fields=["state"])
    HeldDecision.objects.create(
        case=case, assessment=case.assessment, decided_by=user, outcome=Outcome.APPROVE, state=state, decided_at=at, held_until=at,
    )  # fmt: skip


@pytest.mark.django_db
def test_a_lenders_own_decisions_of_working_days_before_today_are_what_is_measured(
    harbour: Lender, desk: Desk, ana: User, tom: User
) -> None:
    other = make_lender("summit")
    stranger = make_user("Sam Otto", (other, Role.CREDIT_OFFICER))
    Holiday.objects.create(lender=harbour, on=MONDAY, name="A day off")
    thursday = datetime(2026, 11, 5, 15, 0, tzinfo=UTC)
    for user in (ana, tom):
        for day in (0, 1):
            for _ in range(8):
                settle(desk, user, thursday + timedelta(days=day))
    settle(desk, ana, thursday, HeldState.CANCELLED)  # taken back
    settle(desk, ana, thursday + timedelta(days=2))  # a Saturday
    settle(desk, ana, thursday - timedelta(days=3))  # the holiday
    settle(desk, ana, NOW)  # today is not over
    settle(desk, ana, thursday - timedelta(days=60))  # too long ago
    settle(make_desk(other), stranger, thursday)
    make_case(desk)
    found = staffing_effect(
        lender=harbour, referrals_per_day_before=10, referrals_per_day_after=20, sla=SLA, now=NOW
    )
    assert found.capacity == Capacity(officers=2, cases_each=8, decisions=32, days=2)
    assert found.waiting_now == 1
    # 16 a day are cleared and 8 may be before a case: 1, 5, 9 at the end of each day
    assert found.after is not None
    assert (found.after.late_from, found.after.late_on) == (2, date(2026, 11, 10))
    assert found.before is not None
    assert found.before.late == 0


@pytest.mark.django_db
def test_without_decisions_no_number_of_cases_is_made_up(harbour: Lender, desk: Desk, ana: User) -> None:
    settle(desk, ana, NOW - timedelta(days=4))
    found = staffing_effect(
        lender=harbour, referrals_per_day_before=3.5, referrals_per_day_after=3.5, sla=SLA, now=NOW
    )
    assert (found.before, found.after) == (None, None)
    assert found.sentence == (
        "Referrals stay at 3.5 a day. What people clear a day is not known: 1 referral was decided in the last 28 working days, "
        "and fewer than 30 say too little."
    )


@pytest.mark.django_db
def test_other_kinds_of_cases_are_not_referrals(harbour: Lender, desk: Desk) -> None:
    case = make_case(desk)
    case.kind = CaseKind.APPEAL
    case.save(update_fields=["kind"])
    found = staffing_effect(
        lender=harbour, referrals_per_day_before=1, referrals_per_day_after=1, sla=SLA, now=NOW
    )
    assert found.waiting_now == 0
