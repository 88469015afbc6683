"""Rows of a history, checked against the product's contract before anything is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from scoring.history.past_application import PastApplication, RefusedRow
from underwriting.clocks.selectors import today_of
from underwriting.enums import Outcome
from underwriting.intake.payload import ApplicationPayload, ContractViolated
from underwriting.intake.read import read_application
from underwriting.models import Product
from underwriting.outcomes.events import faults_of


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that can be stored."""

    row: PastApplication
    payload: ApplicationPayload


def read_rows(
    rows: Iterable[PastApplication], *, product: Product, now: datetime
) -> tuple[list[ReadRow], list[RefusedRow]]:
    """The rows that can be stored, and what is wrong with the others, every fault of each.

    Raises NotOffered where the product takes no applications.
    """
    read, refused = [], []
    for row in rows:
        faults = list(_faults(row, product=product, now=now))
        try:
            payload = read_application(product=product, body=row.body, now=now)
        except ContractViolated as violation:
            faults += [
                RefusedRow(row.line, "".join(f"/{part}" for part in error.path), error.message)
                for error in violation.errors
            ]
        else:
            if not faults:
                read.append(ReadRow(row, payload))
        refused += faults
    return read, refused


def _faults(row: PastApplication, *, product: Product, now: datetime) -> Iterator[RefusedRow]:
    if row.as_of > now:
        yield RefusedRow(row.line, "/as_of", "This moment has not come yet.")
    if row.outcome is Outcome.REFER:
        yield RefusedRow(
            row.line, "/outcome", "A referral is no outcome: say what the lender did in the end."
        )
    if row.events and row.outcome is Outcome.DECLINE:
        yield RefusedRow(row.line, "/events", "A declined application has no loan.")
    decided_on, today = today_of(product.lender, row.as_of), today_of(product.lender, now)
    seen = set()
    for place, event in enumerate(row.events):
        for fault in faults_of(event, decided_on=decided_on, today=today):
            yield RefusedRow(row.line, f"/events/{place}/{fault.field}", fault.message)
        key = (event.kind, event.occurred_on, event.days_late)
        if key in seen:
            yield RefusedRow(row.line, f"/events/{place}", "This event is in the row twice.")
        seen.add(key)
