"""Importing past applications: the same facts, model and policy as a live one, as of each row's day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from scoring.history.assess import weigh_past, write_past
from scoring.history.parts import parts
from scoring.history.past_application import ImportReport, PastApplication, RefusedRow
from scoring.history.reading import read_rows
from scoring.history.store import history_client, store_rows
from underwriting.audit.actor import Actor
from underwriting.models import Product


def import_history(
    *, product: Product, rows: Iterable[PastApplication], actor: Actor, now: datetime
) -> ImportReport:
    """Store and assess every row; those that do not fit the product's contract are left out and named in the report.

    All rows are stored before the first is assessed, so that each sees the loans that came before it, whatever their order. Each
    part of the rows is a transaction of its own. Raises NotOffered where the product takes no applications.
    """
    client = history_client(product, now=now)
    stored: list[list[int]] = []
    refused: list[RefusedRow] = []
    event_count = 0
    for part in parts(rows):
        read, wrong = read_rows(part, product=product, now=now)
        refused += wrong
        event_count += sum(len(one.row.events) for one in read)
        stored.append(store_rows(read, product=product, client=client, actor=actor, now=now))
    outcomes: Counter[str] = Counter()
    for ids in stored:
        weighed = weigh_past(ids, now=now)
        with transaction.atomic():
            outcomes += write_past(weighed, actor=actor, now=now)
    return ImportReport(
        imported=sum(map(len, stored)),
        event_count=event_count,
        refused=tuple(refused),
        outcomes=dict(outcomes),
    )
