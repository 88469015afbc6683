"""How a person repaid this lender before a moment: the lender's record of them and the events of their earlier loans.

A loan's own events never count for its own decision, nor does anything dated on or after the day as of which is decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db import connection

from underwriting.clocks.selectors import today_of
from underwriting.enums import LoanEventKind
from underwriting.models import Application, CustomerRecord, Lender, Party
from underwriting.outcomes.known import BAD_DAYS_LATE

# Of each asked person: the events of their other applications that were received before the moment, dated before its day.
_EARLIER_EVENTS = """
SELECT asked.application_id, asked.person_index, e.application_id, e.kind, e.occurred_on, e.days_late
  FROM unnest(%s::bigint[], %s::bytea[], %s::timestamptz[], %s::date[])
       AS asked (application_id, person_index, as_of, day)
  JOIN underwriting_party p ON p.lender_id = %s AND p.person_index = asked.person_index
  JOIN underwriting_application a ON a.id = p.application_id
  JOIN underwriting_loanevent e ON e.application_id = a.id
 WHERE a.id <> asked.application_id AND a.received_at < asked.as_of AND e.occurred_on < asked.day
 ORDER BY e.occurred_on, e.id
"""


@dataclass(frozen=True, slots=True)
class RepaymentRecord:
    """Instalments that were due on earlier loans here, how many of them came on time, and how many days late all were together.

    `restructure_count` None: nobody told us; loan events do not tell it.
    """

    due_count: int
    on_time_count: int
    days_late_total: float
    restructure_count: int | None
    known_at: datetime

    @classmethod
    def of(cls, row: CustomerRecord) -> RepaymentRecord:
        return cls(
            due_count=row.instalments_due_count,
            on_time_count=row.instalments_on_time_count,
            days_late_total=float(row.mean_days_late) * row.instalments_due_count,
            restructure_count=row.restructure_request_count_24m,
            known_at=row.as_of,
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose record is wanted: the people of an application, as of a moment."""

    application: Application
    parties: Sequence[Party]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class PastEvent:
    """An event of an earlier loan, as far as it counts here."""

    loan: int
    kind: str
    occurred_on: date
    days_late: int | None


def repayment_records(asked: Sequence[Asked]) -> dict[int, RepaymentRecord]:
    """The record of each party by its key, in two statements for all; left out where the person had no loan here.

    All applications are of one lender.
    """
    if not asked:
        return {}
    lender = asked[0].application.lender
    indexes = {bytes(party.person_index) for one in asked for party in one.parties}
    stored = {
        bytes(row.person_index): row
        for row in CustomerRecord.objects.filter(lender=lender, person_index__in=indexes)
    }
    events = _earlier_events(asked, lender)
    found = {}
    for one in asked:
        for party in one.parties:
            index = bytes(party.person_index)
            row = stored.get(index)
            # what the lender summed up later than this moment holds what nobody could know then
            known = RepaymentRecord.of(row) if row is not None and row.as_of < one.as_of else None
            record = with_events(known, events.get((one.application.pk, index), ()), lender=lender)
            if record is not None:
                found[party.pk] = record
    return found


def with_events(
    known: RepaymentRecord | None, events: Iterable[PastEvent], *, lender: Lender
) -> RepaymentRecord | None:
    """A record and the events since its day, in the order of their days; None where there is neither."""
    since = date.min if known is None else today_of(lender, known.known_at)
    newer = [event for event in events if event.occurred_on > since]
    if not newer:
        return known
    days_late = [days for loan in _by_loan(newer).values() for days in instalments(loan)]
    midnight = datetime.combine(newer[-1].occurred_on, time(), ZoneInfo(lender.time_zone))
    before = known or RepaymentRecord(0, 0, 0.0, None, midnight)
    return RepaymentRecord(
        due_count=before.due_count + len(days_late),
        on_time_count=before.on_time_count + sum(days == 0 for days in days_late),
        days_late_total=before.days_late_total + sum(days_late),
        restructure_count=before.restructure_count,
        known_at=midnight,
    )


def instalments(events: Iterable[PastEvent]) -> list[int]:
    """Days late of each instalment that one loan's events tell of, oldest first.

    A payment settles the instalment for which days late were told before it, or was on time. What is still late counts with the
    days that it had reached, and a loss with no fewer than the days at which a loan counts as lost.
    """
    days_late: list[int] = []
    reached = 0
    for event in events:
        if event.kind == LoanEventKind.LATE:
            reached = max(reached, event.days_late or 0)
            continue
        lost = event.kind == LoanEventKind.CHARGED_OFF
        days_late.append(max(reached, BAD_DAYS_LATE) if lost else reached)
        reached = 0
    return [*days_late, reached] if reached else days_late


def _by_loan(events: Sequence[PastEvent]) -> Mapping[int, list[PastEvent]]:
    loans: dict[int, list[PastEvent]] = defaultdict(list)
    for event in events:
        loans[event.loan].append(event)
    return loans


def _earlier_events(asked: Sequence[Asked], lender: Lender) -> dict[tuple[int, bytes], list[PastEvent]]:
    people = [(one, bytes(party.person_index)) for one in asked for party in one.parties]
    found: dict[tuple[int, bytes], list[PastEvent]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            _EARLIER_EVENTS,
            [
                [one.application.pk for one, _ in people],
                [index for _, index in people],
                [one.as_of for one, _ in people],
                [today_of(lender, one.as_of) for one, _ in people],
                lender.pk,
            ],
        )
        for application_id, index, *event in cursor.fetchall():
            found[application_id, bytes(index)].append(PastEvent(*event))
    return found
