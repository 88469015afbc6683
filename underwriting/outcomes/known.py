"""What is known of a loan's result at a moment: bad, good, or not yet anything. Pure but for one query.

Two questions have two answers. What became of a loan so far is `outcome_of`. How often loans go bad is counted over a window that is
the same for all, for a bad loan shows at 90 days late and a good one only when it is paid off: of loans that have a result so far, the
younger they are, the more are bad.

The window is WINDOW_MONTHS from the day of the application. A loan is bad that went bad within it, and good that did not, whether it
is paid off or not. Silence is not good: without a pay-off, servicing has to have told something, a payment or a delay or a loss, of the
day on which the window ended or of a later one. A loan is old enough to be counted once its window has been over for TOLD_WITHIN_DAYS,
in which servicing tells of the last payments in it. Of younger loans none is counted, the bad ones no more than the good ones.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from underwriting.enums import LoanEventKind
from underwriting.models import LoanEvent

BAD_DAYS_LATE = 90  # Basel II, paragraph 452: default is 90 days past due, or a loss taken earlier
WINDOW_MONTHS = 12
TOLD_WITHIN_DAYS = 62  # two monthly payments


@dataclass(frozen=True, slots=True)
class KnownOutcome:
    """A loan's settled result. `known_on`: the day of the event that settled it."""

    is_bad: bool
    known_on: date


def window_end(applied: date) -> date:
    """The last day of a loan's window; in a shorter month its last day."""
    years, month = divmod(applied.month - 1 + WINDOW_MONTHS, 12)
    year = applied.year + years
    return date(year, month + 1, min(applied.day, monthrange(year, month + 1)[1]))


def is_old_enough(applied: date, *, until: date) -> bool:
    """Whether the window of a loan applied for on a day was over, and told of, on another."""
    return window_end(applied) + timedelta(days=TOLD_WITHIN_DAYS) <= until


def outcome_of(events: Iterable[LoanEvent]) -> KnownOutcome | None:
    """The result that these events of one loan settle: bad from the first day of 90 days late or of a charge-off, good when it
    was paid off without either; None while nothing is settled."""
    bad_on, good_on = _ends(events)
    if bad_on is not None:
        return KnownOutcome(True, bad_on)
    return None if good_on is None else KnownOutcome(False, good_on)


def outcome_in_window(events: Sequence[LoanEvent], *, applied: date) -> KnownOutcome | None:
    """The result within the window: bad if it went bad in it, else good if it was paid off or servicing told of a day beyond."""
    ended_on = window_end(applied)
    bad_on, good_on = _ends(events)
    if bad_on is not None and bad_on <= ended_on:
        return KnownOutcome(True, bad_on)
    told = [event.occurred_on for event in events if event.occurred_on >= ended_on]
    good = [day for day in (good_on, min(told, default=None)) if day is not None]
    return KnownOutcome(False, min(good)) if good else None


def _ends(events: Iterable[LoanEvent]) -> tuple[date | None, date | None]:
    """The first day on which a loan was bad, and the day on which it was paid off."""
    bad_on: date | None = None
    good_on: date | None = None
    for event in sorted(events, key=lambda event: (event.occurred_on, event.pk)):
        is_late = event.kind == LoanEventKind.LATE and (event.days_late or 0) >= BAD_DAYS_LATE
        if is_late or event.kind == LoanEventKind.CHARGED_OFF:
            bad_on = bad_on or event.occurred_on
        if event.kind == LoanEventKind.PAID_OFF:
            good_on = good_on or event.occurred_on
    return bad_on, good_on


def known_outcomes(application_ids: Sequence[int], *, until: date) -> Mapping[int, KnownOutcome]:
    """Settled results by application, from events up to and including a day. One statement; unsettled loans are left out."""
    found = ((key, outcome_of(mine)) for key, mine in _told(application_ids, until=until).items())
    return {key: known for key, known in found if known is not None}


def outcomes_in_window(applied: Mapping[int, date], *, until: date) -> Mapping[int, KnownOutcome]:
    """Results within the window by application, whose day is given; as far as events up to and including a day tell. One statement.

    Of loans that are not old enough some have a result, and which do is no matter of chance.
    """
    told = _told(list(applied), until=until)
    found = ((key, outcome_in_window(mine, applied=applied[key])) for key, mine in told.items())
    return {key: known for key, known in found if known is not None}


def _told(application_ids: Sequence[int], *, until: date) -> Mapping[int, list[LoanEvent]]:
    events: dict[int, list[LoanEvent]] = defaultdict(list)
    for event in LoanEvent.objects.filter(application_id__in=list(application_ids), occurred_on__lte=until):
        events[event.application_id].append(event)
    return events
