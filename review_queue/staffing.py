"""What a change of the number of referrals means for the people who decide them: the queue, and cases past their due time.

The queue is counted as an even flow: so many cases come and so many are cleared on each working day, first come first. A real
week is less even, so the first late day is the earliest one to plan for and no promise that there is none before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from django.db.models import Count
from django.db.models.functions import TruncDate

from review_queue.mine import TAKES_EFFECT
from review_queue.models import HeldDecision, ReviewCase
from review_queue.waiting import AT_WORK
from underwriting.clocks.calendar import WorkingCalendar
from underwriting.clocks.selectors import lender_calendar, today_of
from underwriting.enums import CaseKind, CaseState
from underwriting.models import Lender
from underwriting.policy.schema import ServiceLevel

MEASURED_DAYS = 28  # working days
FORESEEN_DAYS = 20  # working days
DECISIONS_MIN = 30  # fewer say nothing about what people clear


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What the people who decide clear on a working day.

    `officers`: on duty, the median of the days; `cases_each`: the median of a person's day. Both None where fewer than 30
    decisions were made. `decisions` and `days`: what it was measured on.
    """

    officers: int | None
    cases_each: float | None
    decisions: int
    days: int

    @property
    def a_day(self) -> float | None:
        if self.officers is None or self.cases_each is None:
            return None
        return self.officers * self.cases_each


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """So many referrals a working day over the next 20. `late_from`: the working day, from 1, on which the first case waits over
    its due time, and its date; `late`: how many do in all; `waiting`: how many wait at the end."""

    referrals_a_day: float
    waiting: int
    late: int
    late_from: int | None = None
    late_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffing:
    """Both flows, from what waits today. They are None where what people clear is not known. `sentence` says it in words."""

    before: Flow | None
    after: Flow | None
    capacity: Capacity
    waiting_now: int
    sentence: str


def staffing_effect(
    *,
    lender: Lender,
    referrals_per_day_before: float,
    referrals_per_day_after: float,
    sla: ServiceLevel,
    now: datetime,
) -> Staffing:
    """What so many referrals instead of so many a working day mean for the people on duty. Three statements.

    Args:
        referrals_per_day_before, referrals_per_day_after: cases a working day (`referrals_per_day`), 0 or more. The caller says
            how many applications they were counted on.
        sla: of the policy that is to be.
    """
    calendar = lender_calendar(lender)
    today = today_of(lender, now)
    since = _days_before(today, calendar)[-1]
    capacity = capacity_of(_person_days(lender, since, today, calendar))
    waiting_now = ReviewCase.objects.filter(
        AT_WORK, lender=lender, state=CaseState.OPEN, kind=CaseKind.REFERRAL
    ).count()
    days = _days_after(today, calendar)
    flows = [
        flow(
            referrals_a_day=count, cleared_a_day=capacity.a_day, waiting=waiting_now,
            late_after_days=sla.working_minutes / minutes_of_a_day(calendar), days=days,
        )
        if capacity.a_day and days
        else None
        for count in (referrals_per_day_before, referrals_per_day_after)
    ]  # fmt: skip
    said = in_words(referrals_per_day_before, referrals_per_day_after, capacity, flows[0], flows[1])
    return Staffing(
        before=flows[0], after=flows[1], capacity=capacity, waiting_now=waiting_now, sentence=said
    )


def referrals_per_day(count: float, *, since: date, until: date, calendar: WorkingCalendar) -> float | None:
    """Referrals of a period, both days included, spread over its working days; None where it has none."""
    days = (since + timedelta(days=n) for n in range((until - since).days + 1))
    working = sum(calendar.is_working_day(day) for day in days)
    return count / working if working else None


def capacity_of(person_days: Sequence[tuple[date, int, int]]) -> Capacity:
    """What people clear, out of (day, person, decisions) of the measured days. Pure."""
    decisions = sum(count for _, _, count in person_days)
    days = {day for day, _, _ in person_days}
    if decisions < DECISIONS_MIN:
        return Capacity(officers=None, cases_each=None, decisions=decisions, days=len(days))
    on_duty = median(len({person for other, person, _ in person_days if other == day}) for day in days)
    each = float(median(count for _, _, count in person_days))
    return Capacity(officers=round(on_duty), cases_each=each, decisions=decisions, days=len(days))


def flow(
    *,
    referrals_a_day: float,
    cleared_a_day: float,
    waiting: float,
    late_after_days: float,
    days: Sequence[date],
) -> Flow:
    """The queue on each of these working days, first come first. A case waits as long as what is before it takes. Pure.

    Args:
        late_after_days: working days that a case may wait.
    """
    most = late_after_days * cleared_a_day  # as many may be before a case that is still in time
    queue, late, late_from = float(waiting), 0.0, None
    for number in range(1, len(days) + 1):
        begins, queue = queue, max(0.0, queue + referrals_a_day - cleared_a_day)
        over = _share_over(begins, queue, most)
        late += over * referrals_a_day
        if late_from is None and over * referrals_a_day > 0:
            late_from = number
    return Flow(
        referrals_a_day=referrals_a_day, waiting=round(queue), late=round(late), late_from=late_from,
        late_on=days[late_from - 1] if late_from else None,
    )  # fmt: skip


def _share_over(begins: float, ends: float, most: float) -> float:
    """The part of a day during which a queue that goes evenly from one length to another is longer than `most`."""
    low, high = min(begins, ends), max(begins, ends)
    if high <= most:
        return 0.0
    return 1.0 if low >= most else (high - most) / (high - low)


def in_words(before: float, after: float, capacity: Capacity, now: Flow | None, then: Flow | None) -> str:
    """The effect in a few sentences. Pure."""
    said = [_moves(before, after)]
    if now is None or then is None or capacity.a_day is None:
        made = "1 referral was" if capacity.decisions == 1 else f"{capacity.decisions} referrals were"
        said.append(
            f"What people clear a day is not known: {made} decided in the last {MEASURED_DAYS} working days, and fewer than {DECISIONS_MIN} say too little."
        )
        return " ".join(said)
    people = "1 officer clears" if capacity.officers == 1 else f"{capacity.officers} officers clear"
    days = "1 day" if capacity.days == 1 else f"{capacity.days} days"
    said.append(
        f"{people} about {_number(capacity.a_day)} a day ({capacity.decisions:,} decisions on {days})."
    )
    said.append(_lateness(now, then))
    return " ".join(said)


def _moves(before: float, after: float) -> str:
    if _number(before) == _number(after):
        return f"Referrals stay at {_number(after)} a day."
    verb = "rise" if after > before else "fall"
    return f"Referrals {verb} from {_number(before)} to {_number(after)} a day."


def _lateness(now: Flow, then: Flow) -> str:
    if then.late_from is None:
        better = " Today's number would bring some." if now.late_from is not None else ""
        return f"No case waits over the deadline in the next {FORESEEN_DAYS} working days.{better}"
    on = then.late_on.strftime("%-d %b %Y") if then.late_on else ""
    cases = "1 case" if then.late == 1 else f"{then.late:,} cases"
    return (
        f"From the {_ordinal(then.late_from)} working day ({on}) cases wait over the deadline, {cases} within {FORESEEN_DAYS} working days;"
        f" with today's referrals {now.late:,}."
    )


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    words = ("first", "second", "third", "fourth", "fifth")
    return words[number - 1] if number <= len(words) else f"{number}{ending}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 10 or value == round(value) else f"{value:.1f}"


def minutes_of_a_day(calendar: WorkingCalendar) -> float:
    """Office minutes of a working day."""
    starts, ends = calendar.starts, calendar.ends
    return max(1, (ends.hour - starts.hour) * 60 + ends.minute - starts.minute)


def _days_before(today: date, calendar: WorkingCalendar) -> list[date]:
    days = [calendar.working_day_before(today)]
    while len(days) < MEASURED_DAYS:
        days.append(calendar.working_day_before(days[-1]))
    return days


def _days_after(today: date, calendar: WorkingCalendar) -> list[date]:
    """The next working days from today on; none where the calendar has none within a year."""
    ahead = (today + timedelta(days=n) for n in range(366))
    return [day for day in ahead if calendar.is_working_day(day)][:FORESEEN_DAYS]


def _person_days(
    lender: Lender, since: date, today: date, calendar: WorkingCalendar
) -> list[tuple[date, int, int]]:
    """How many referrals each person decided on each working day before today."""
    rows = (
        HeldDecision.objects.filter(
            case__lender=lender, case__kind=CaseKind.REFERRAL, state__in=TAKES_EFFECT,
            decided_at__gte=datetime.combine(since, datetime.min.time(), tzinfo=calendar.zone),
            decided_at__lt=datetime.combine(today, datetime.min.time(), tzinfo=calendar.zone),
        )
        .annotate(day=TruncDate("decided_at", tzinfo=calendar.zone))
        .values_list("day", "decided_by")
        .annotate(count=Count("pk"))
        .order_by()
    )  # fmt: skip
    return [row for row in rows if calendar.is_working_day(row[0])]
