"""Real rows as a lender's past: imported as of their days, their results told only where the policy in force would have lent.

Lending Club's own dates are moved forward by whole months, so that its last payment falls into this month. Give Me Some Credit has
no dates and no limits: dates are drawn from a seed, and the channel says so; limits are those that the policy assigns.
"""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from benchmarks.reasons.live import PARTNER
from scoring.demo.payloads import real_submission
from scoring.demo.roster import LENDERS
from scoring.history.import_history import import_history
from scoring.history.past_application import PastApplication
from scoring.training.mapping import mapping_for
from scoring.training.rows import SourceRow, read_target, source_rows
from underwriting.enums import LoanEventKind, Origin, Outcome
from underwriting.models import Application, Assessment, LoanEvent, Product
from underwriting.outcomes.events import ToldEvent
from underwriting.outcomes.record import event_row

SEED = 11
DRAWN = "dates drawn"  # the channel of rows whose dates are not their own
OLDEST_DAYS, RESULT_DAYS = 5 * 365, 730  # drawn dates leave every loan its two years
LATE_DAYS = 90
CHARGED_OFF_AFTER_DAYS = 150  # after the last payment
WRITTEN_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Row:
    """A row as of a moment, and what became of its loan, which the lender does not know unless it lent."""

    source: SourceRow
    as_of: datetime
    is_bad: bool
    event: ToldEvent


@dataclass(frozen=True, slots=True)
class History:
    """What was imported. `hidden_count`: results that nobody is told, because the policy in force would not have lent."""

    product: Product
    imported_count: int
    refused_count: int
    known_count: int
    hidden_count: int


def undated_rows(root: Path, *, limit: int, now: datetime) -> list[Row]:
    """Give Me Some Credit: bad is 90 days late within two years, on a drawn day; good has paid off by their end."""
    mapping, draw = mapping_for("northgate"), random.Random(SEED)
    target = read_target(root, mapping)
    rows = []
    for source in source_rows(root, mapping, limit=limit):
        as_of = now - timedelta(
            days=draw.randint(RESULT_DAYS + 1, OLDEST_DAYS), minutes=draw.randrange(1, 1_440)
        )
        is_bad = bool(target[source.index])
        day = as_of.date() + timedelta(
            days=draw.randint(LATE_DAYS + 30, RESULT_DAYS) if is_bad else RESULT_DAYS
        )
        kind = LoanEventKind.LATE if is_bad else LoanEventKind.PAID_OFF
        rows.append(Row(source, as_of, is_bad, ToldEvent(kind, day, LATE_DAYS if is_bad else None)))
    return rows


def dated_rows(root: Path, *, limit: int, now: datetime) -> list[Row]:
    """Lending Club: paid off, or charged off 150 days after the last payment with what was lost."""
    mapping = mapping_for("harbour")
    target, told = read_target(root, mapping), _told_by_servicing(root / mapping.data_set / "outcomes.csv.gz")
    newest = max(_day(one["last_pymnt_d"]) for one in told if one["last_pymnt_d"])
    months = (now.year - newest.year) * 12 + now.month - newest.month - CHARGED_OFF_AFTER_DAYS // 30 - 1
    rows = []
    for source in source_rows(root, mapping, limit=limit):
        if source.application_date is None:
            raise ValueError("every row of this data set is dated")
        one, is_bad = told[source.index], bool(target[source.index])
        applied = _moved(source.application_date, months)
        last = max(applied, _moved(_day(one["last_pymnt_d"]), months) if one["last_pymnt_d"] else applied)
        day = last + timedelta(days=CHARGED_OFF_AFTER_DAYS if is_bad else 0)
        lost = Decimal(one["funded_amnt"]) - Decimal(one["total_rec_prncp"]) - Decimal(one["recoveries"])
        kind = LoanEventKind.CHARGED_OFF if is_bad else LoanEventKind.PAID_OFF
        event = ToldEvent(kind, day, None, max(0, int(lost * 100)) if is_bad else None)
        rows.append(Row(source, datetime.combine(applied, time(12), UTC), is_bad, event))
    return rows


def _told_by_servicing(path: Path) -> list[Mapping[str, str]]:
    """In the order of the applications' file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _moved(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def load(code: str, rows: list[Row], *, channel: str, now: datetime) -> History:
    """Import the rows as the lender's past, then tell the results of those that the policy in force approves."""
    lender = next(lender for lender in LENDERS if lender.code == code)
    product = Product.objects.select_related("lender").get(lender__code=code)

    def past() -> Iterator[PastApplication]:
        for at, row in enumerate(rows):
            body = real_submission(row.source, lender=lender, months=0, now=row.as_of).body
            yield PastApplication(body=body, as_of=row.as_of, channel=channel, line=at + 1)

    report = import_history(product=product, rows=past(), actor=PARTNER, now=now)
    refused = {one.line for one in report.refused}
    kept = [row for at, row in enumerate(rows) if at + 1 not in refused]
    known = _tell(product, kept, now=now)
    return History(product, report.imported, len(refused), known, report.imported - known)


def _tell(product: Product, rows: list[Row], *, now: datetime) -> int:
    imported = Application.objects.filter(product=product, origin=Origin.IMPORTED).order_by("pk")
    lent = set(
        Assessment.objects.filter(
            application__product=product, outcome__in=(Outcome.APPROVE, Outcome.COUNTEROFFER)
        ).values_list("application_id", flat=True)
    )
    events = [
        event_row(row.event, application, client=None, now=now)
        for application, row in zip(imported.iterator(), rows, strict=True)
        if application.pk in lent
    ]
    LoanEvent.objects.bulk_create(events, batch_size=WRITTEN_AT_ONCE)
    return len(events)
