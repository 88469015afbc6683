"""The door through which lenders tell what became of their loans: all events of a request, or none and every error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.clocks.selectors import today_of
from underwriting.decisions.record import lock_applications
from underwriting.enums import ApplicationStatus
from underwriting.models import ApiClient, Application, Lender, LoanEvent
from underwriting.outcomes.events import EventFault, ToldEvent, faults_of

# An offer that has run out here may have been taken at a counter.
MAY_HAVE_A_LOAN = frozenset(
    {
        ApplicationStatus.APPROVED,
        ApplicationStatus.COUNTEROFFERED,
        ApplicationStatus.ACCEPTED,
        ApplicationStatus.EXPIRED,
    }
)
# Of what is the same event twice (models.outcome: loan_event_told_once).
_Key = tuple[int, str, date, int | None]


@dataclass(frozen=True, slots=True)
class ToldOutcome:
    """An event of a loan. `application`: public id or reference. `place`: where it stood, an index or a line, for errors."""

    place: int
    application: str
    event: ToldEvent


@dataclass(frozen=True, slots=True)
class OutcomeError:
    """What is wrong with one event, by its place."""

    place: int
    fault: EventFault


class OutcomesRefused(Exception):
    """Some events cannot be taken, and so none was. Holds every error, in the order of the events."""

    def __init__(self, errors: Sequence[OutcomeError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class RecordedOutcomes:
    """How many events are new, and how many were told before."""

    new: int
    known: int
    applications: int


@transaction.atomic
def record_outcomes(
    *,
    lender: Lender,
    told: Sequence[ToldOutcome],
    client: ApiClient | None,
    actor: Actor,
    now: datetime,
    unread: Sequence[OutcomeError] = (),
) -> RecordedOutcomes:
    """Take events of a lender's loans, with one audit entry for all. An event that was told before is taken once.

    Args:
        client: whose key told it; None for a file.
        unread: what could not even be read. Nothing is taken then, and it is named with the other errors.

    Raises:
        OutcomesRefused: an application is not this lender's or has no loan, or an event cannot have happened.
    """
    found = _applications(lender, [one.application for one in told])
    locked = lock_applications([application.pk for application in found.values()])
    errors: list[OutcomeError] = list(unread)
    rows: list[LoanEvent] = []
    seen = _known(list(locked))
    known = 0
    for one in told:
        application = locked.get(found[one.application].pk) if one.application in found else None
        faults = list(_faults(one.event, application, lender, now))
        if application is None or faults:
            errors += [OutcomeError(one.place, fault) for fault in faults]
            continue
        row = event_row(one.event, application, client=client, now=now)
        before = seen.setdefault(_key(row), row)
        if before is row:
            rows.append(row)
        elif before.amount_minor != row.amount_minor:
            errors.append(OutcomeError(one.place, _OTHER_AMOUNT))
        else:
            known += 1
    if errors:
        raise OutcomesRefused(sorted(errors, key=lambda error: error.place))
    LoanEvent.objects.bulk_create(rows)
    _record(lender, rows, known=known, actor=actor, now=now)
    return RecordedOutcomes(new=len(rows), known=known, applications=len(locked))


_OTHER_AMOUNT = EventFault("amount", "told_otherwise", "This event was told before with another amount.")


def event_row(
    event: ToldEvent, application: Application, *, client: ApiClient | None, now: datetime
) -> LoanEvent:
    """The row of an event, not yet stored."""
    return LoanEvent(
        application=application,
        lender_id=application.lender_id,
        kind=event.kind,
        occurred_on=event.occurred_on,
        days_late=event.days_late,
        amount_minor=event.amount_minor,
        client=client,
        recorded_at=now,
    )


def loan_events(application: Application) -> list[LoanEvent]:
    """What is known of an application's loan, oldest first."""
    return list(LoanEvent.objects.filter(application=application).order_by("occurred_on", "pk"))


def _applications(lender: Lender, names: Iterable[str]) -> dict[str, Application]:
    """The lender's applications by the name each was given, public id or reference; one query."""
    wanted = set(names)
    ids = {name: key for name in wanted if (key := _public_id(name)) is not None}
    rows = Application.objects.filter(
        Q(public_id__in=list(ids.values())) | Q(reference__in=[name for name in wanted if name not in ids]),
        lender=lender,
    ).only("public_id", "reference")
    by_id = {row.public_id: row for row in rows}
    by_reference = {row.reference: row for row in rows}
    named = {name: by_id[key] for name, key in ids.items() if key in by_id}
    return {name: by_reference[name] for name in wanted if name in by_reference} | named


def _public_id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


def _faults(
    event: ToldEvent, application: Application | None, lender: Lender, now: datetime
) -> Iterator[EventFault]:
    if application is None:
        yield EventFault("application", "not_found", "There is no application with this id or reference.")
        return
    if application.decided_at is None or application.status not in MAY_HAVE_A_LOAN:
        yield EventFault(
            "application", "no_loan", f"The application is {application.status}: no loan was made under it."
        )
        return
    yield from faults_of(
        event, decided_on=today_of(lender, application.decided_at), today=today_of(lender, now)
    )


def _known(application_ids: Sequence[int]) -> dict[_Key, LoanEvent]:
    return {_key(row): row for row in LoanEvent.objects.filter(application_id__in=application_ids)}


def _key(row: LoanEvent) -> _Key:
    return row.application_id, str(row.kind), row.occurred_on, row.days_late


def _record(lender: Lender, rows: Sequence[LoanEvent], *, known: int, actor: Actor, now: datetime) -> None:
    """One entry for the request. It is in the timeline of an application where all of it speaks of that one."""
    loans = {row.application_id: row.application for row in rows}
    only = next(iter(loans.values())) if len(loans) == 1 else None
    record_entry(
        actor=actor,
        action="loan_events.recorded",
        object_type="loan_events",
        object_id=str(rows[0].pk) if rows else "",
        object_label=only.reference if only else f"{len(loans)} loans",
        lender_id=lender.pk,
        application_id=only.pk if only else None,
        after={"new": len(rows), "told_before": known, "kinds": dict(Counter(str(row.kind) for row in rows))},
        now=now,
    )
