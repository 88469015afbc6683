"""Taking a file of past applications: all of it is stored at once, or nothing, and put to work in parts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from scoring.history.file import read_file
from scoring.history.parts import parts
from scoring.history.past_application import RefusedRow
from scoring.history.reading import ReadRow, read_rows
from scoring.history.store import history_client, store_rows
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.enums import Lane, WorkKind
from underwriting.models import HistoryImport, Lender, Product
from underwriting.work.put import NewItem, put_many

NAME_CHARACTERS_MAX = 200


class HistoryRefused(Exception):
    """Rows of the file cannot be taken, and so none was. Holds every fault, by line."""

    def __init__(self, faults: Sequence[RefusedRow]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = tuple(faults)


class TakenBefore(Exception):
    """This very file was imported for this product before."""


def put_history(*, product: Product, name: str, content: bytes, actor: Actor, now: datetime) -> HistoryImport:
    """Store every application of a file and put their assessment to work.

    Raises FileUnreadable, HistoryRefused, TakenBefore, and NotOffered where the product takes no applications.
    """
    rows, unread = read_file(name, content)
    read, refused = read_rows(rows, product=product, now=now)
    if unread or refused:
        raise HistoryRefused(sorted([*unread, *refused], key=lambda fault: fault.line))
    try:
        with transaction.atomic():
            return _store(
                read,
                product=product,
                name=name,
                sha256=hashlib.sha256(content).hexdigest(),
                actor=actor,
                now=now,
            )
    except IntegrityError as error:
        if "history_file_once" in str(error):
            raise TakenBefore(name) from error
        raise


def _store(
    read: Sequence[ReadRow], *, product: Product, name: str, sha256: str, actor: Actor, now: datetime
) -> HistoryImport:
    started = HistoryImport.objects.create(
        lender_id=product.lender_id,
        product=product,
        name=name[:NAME_CHARACTERS_MAX],
        sha256=sha256,
        row_count=len(read),
        event_count=sum(len(one.row.events) for one in read),
        requested_by=actor.name,
        requested_at=now,
    )
    client = history_client(product, now=now)
    stored = [
        store_rows(
            part, product=product, client=client, actor=actor, now=now, request_id=f"history-{started.pk}"
        )
        for part in parts(read)
    ]
    put_many(
        [
            NewItem(
                kind=WorkKind.IMPORT_HISTORY,
                lender_id=product.lender_id,
                subject_id=started.pk,
                payload={"applications": ids},
                lane=Lane.BATCH,
            )
            for ids in stored
        ],
        now=now,
    )
    record_entry(
        actor=actor,
        action="history.import_started",
        object_type="history_import",
        object_id=str(started.pk),
        object_label=started.name,
        lender_id=product.lender_id,
        after={
            "product": product.code,
            "rows": started.row_count,
            "events": started.event_count,
            "sha256": sha256,
        },
        now=now,
    )
    return started


def imports_of(lender: Lender, *, limit: int = 20) -> list[HistoryImport]:
    """The lender's newest imports."""
    return list(HistoryImport.objects.filter(lender=lender).select_related("product").order_by("-pk")[:limit])
