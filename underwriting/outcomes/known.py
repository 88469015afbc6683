"""What is known of a loan's result at a moment: bad, good, or not yet anything. Pure but for one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from underwriting.enums import LoanEventKind
from underwriting.models import LoanEvent

BAD_DAYS_LATE = 90  # Basel II, paragraph 452: default is 90 days past due, or a loss taken earlier


@dataclass(frozen=True, slots=True)
class KnownOutcome:
    """A loan's settled result. `known_on`: the day of the event that settled it."""

    is_bad: bool
    known_on: date


def outcome_of(events: Iterable[LoanEvent]) -> KnownOutcome | None:
    """The result that these events of one loan settle: bad from the first day of 90 days late or of a charge-off, good when it
    was paid off without either; None while nothing is settled."""
    bad_on: date | None = None
    good_on: date | None = None
    for event in sorted(events, key=lambda event: (event.occurred_on, event.pk)):
        is_late = event.kind == LoanEventKind.LATE and (event.days_late or 0) >= BAD_DAYS_LATE
        if is_late or event.kind == LoanEventKind.CHARGED_OFF:
            bad_on = bad_on or event.occurred_on
        if event.kind == LoanEventKind.PAID_OFF:
            good_on = good_on or event.occurred_on
    if bad_on is not None:
        return KnownOutcome(True, bad_on)
    return None if good_on is None else KnownOutcome(False, good_on)


def known_outcomes(application_ids: Sequence[int], *, until: date) -> Mapping[int, KnownOutcome]:
    """Settled results by application, from events up to and including a day. One statement; unsettled loans are left out."""
    events: dict[int, list[LoanEvent]] = defaultdict(list)
    for event in LoanEvent.objects.filter(application_id__in=list(application_ids), occurred_on__lte=until):
        events[event.application_id].append(event)
    found = ((key, outcome_of(mine)) for key, mine in events.items())
    return {key: known for key, known in found if known is not None}
