"""An event of a loan as a lender tells it, and what makes it one that cannot have happened. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from underwriting.enums import LoanEventKind

DAYS_LATE_MAX = 3_650  # what the fact of the mean days late may be
AMOUNT_MAX_MINOR = 10**15


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """Something that happened to a loan on a day. `days_late`: of LATE alone. `amount_minor`: paid or lost, minor units."""

    kind: LoanEventKind
    occurred_on: date
    days_late: int | None = None
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class EventFault:
    """What is wrong with a field of an event: the field's name, a stable code, a sentence."""

    field: str
    code: str
    message: str


def faults_of(event: ToldEvent, *, decided_on: date, today: date) -> Iterator[EventFault]:
    """What speaks against an event of a loan that was decided on a day, told today; both days at the lender."""
    if event.occurred_on > today:
        yield EventFault("occurred_on", "in_the_future", f"{event.occurred_on} has not come yet.")
    elif event.occurred_on < decided_on:
        yield EventFault(
            "occurred_on",
            "before_the_decision",
            f"{event.occurred_on} is before {decided_on}, the day on which the application was decided.",
        )
    if event.kind is LoanEventKind.LATE:
        if event.days_late is None:
            yield EventFault("days_late", "required", "LATE says how many days past due were reached.")
        elif not 1 <= event.days_late <= DAYS_LATE_MAX:
            yield EventFault("days_late", "out_of_range", f"Days late are 1 to {DAYS_LATE_MAX:,}.")
    elif event.days_late is not None:
        yield EventFault(
            "days_late", "not_of_this_kind", f"Days late belong to LATE and not to {event.kind}."
        )
    if event.amount_minor is not None and not 0 <= event.amount_minor <= AMOUNT_MAX_MINOR:
        yield EventFault("amount", "out_of_range", "The amount is negative, or larger than can be stored.")
