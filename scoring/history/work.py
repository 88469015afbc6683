"""IMPORT_HISTORY: the parts of a stored history, assessed one claim at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from scoring.history.assess import weigh_past, write_past
from underwriting.audit.actor import SYSTEM
from underwriting.effect.ask import ask_where_stale_of
from underwriting.models import HistoryImport
from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import finish, hold_for_write, note_phase


def assess_parts(items: Sequence[ClaimedItem], *, clock: Callable[[], datetime]) -> None:
    """Assess the applications that each item names and count them in its import (the item's subject)."""
    for item in items:
        note_phase(items=[item], phase="assess")
        weighed = weigh_past(item.payload["applications"], now=clock(), item=item)
        note_phase(items=[item], phase="write")
        with transaction.atomic():
            if item.id in hold_for_write([item]):
                write_past(weighed, actor=SYSTEM, now=clock())
                _count(item, now=clock())
                finish(items=[item])


def _count(item: ClaimedItem, *, now: datetime) -> None:
    if item.subject_id is None:
        raise ValueError("the work item names no import")
    counted = HistoryImport.objects.filter(pk=item.subject_id)
    counted.update(assessed_count=F("assessed_count") + len(item.payload["applications"]))
    if counted.filter(assessed_count__gte=F("row_count")).update(finished_at=now):
        ask_where_stale_of(item.lender_id, now)
