"""Parts of an import that failed every time: their applications were never assessed, until somebody has them run again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.enums import Lane, WorkKind, WorkState
from underwriting.models import HistoryImport, Lender, WorkItem
from underwriting.people.access import NotYours
from underwriting.work.put import NewItem, put_many

PIECES = 10  # a failed part is cut into so many, so that one bad application holds few others back, and at last none


class NothingFailed(Exception):
    """No part of the import failed every time: it is at work or done."""


@dataclass(frozen=True, slots=True)
class Progress:
    """An import, whether parts of it still wait or are at work, and how many applications are in parts that failed every time."""

    started: HistoryImport
    is_at_work: bool
    failed_count: int


def progress_of(imports: Sequence[HistoryImport]) -> list[Progress]:
    """How far each import is. Only of those that are not finished anything is asked of the queue."""
    unfinished = [one.pk for one in imports if one.finished_at is None]
    failed: dict[int | None, int] = {}
    at_work: set[int | None] = set()
    if unfinished:
        items = _items().filter(subject_id__in=unfinished).exclude(state=WorkState.DONE)
        for item in items.only("subject_id", "state", "payload"):
            if item.state == WorkState.QUARANTINED:
                count = len(item.payload["applications"])
                failed[item.subject_id] = failed.get(item.subject_id, 0) + count
            else:
                at_work.add(item.subject_id)
    return [Progress(one, one.pk in at_work, failed.get(one.pk, 0)) for one in imports]


def run_again(*, lender: Lender, import_id: int, actor: Actor, now: datetime) -> int:
    """Put the failed parts of an import to work again, cut smaller; returns how many applications they hold.

    Whatever of them was assessed meanwhile stays as it is. Raises NotYours, NothingFailed.
    """
    with transaction.atomic():
        started = HistoryImport.objects.select_for_update().filter(lender=lender, pk=import_id).first()
        if started is None:
            raise NotYours
        failed = list(_items().filter(subject_id=started.pk, state=WorkState.QUARANTINED).order_by("pk"))
        if not failed:
            raise NothingFailed
        parts = [piece for item in failed for piece in _pieces(item.payload["applications"])]
        put_many(
            [
                NewItem(
                    kind=WorkKind.IMPORT_HISTORY,
                    lender_id=lender.pk,
                    subject_id=started.pk,
                    payload={"applications": part},
                    lane=Lane.BATCH,
                )
                for part in parts
            ],
            now=now,
        )
        # what went wrong stays with them; their pieces are counted in their place
        WorkItem.objects.filter(pk__in=[item.pk for item in failed]).update(state=WorkState.DONE)
        count = sum(map(len, parts))
        record_entry(
            actor=actor,
            action="history.failed_parts_run_again",
            object_type="history_import",
            object_id=str(started.pk),
            object_label=started.name,
            lender_id=lender.pk,
            after={"applications": count, "parts": len(failed)},
            now=now,
        )
        return count


def _items() -> QuerySet[WorkItem]:
    return WorkItem.objects.filter(kind=WorkKind.IMPORT_HISTORY)


def _pieces(ids: Sequence[int]) -> list[list[int]]:
    size = -(-len(ids) // PIECES)
    return [list(ids[start : start + size]) for start in range(0, len(ids), size)] if ids else []
