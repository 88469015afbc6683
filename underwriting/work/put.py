"""Putting work into the queue of record."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from underwriting.enums import Lane, WorkKind, WorkState
from underwriting.models import WorkItem
from underwriting.work.nudge import TASK_OF_KIND, nudge


def put(
    *,
    kind: WorkKind,
    lender_id: int,
    now: datetime,
    application_id: int | None = None,
    subject_id: int | None = None,
    payload: dict[str, Any] | None = None,
    lane: Lane = Lane.INTERACTIVE,
    not_before: datetime | None = None,
) -> WorkItem:
    """Store a work item inside the caller's transaction; a worker is nudged once that commits.

    Raises:
        django.db.IntegrityError: a second open ASSESS of one application.
    """
    item = WorkItem.objects.create(
        kind=kind,
        lender_id=lender_id,
        application_id=application_id,
        subject_id=subject_id,
        payload=payload or {},
        lane=lane,
        state=WorkState.READY,
        not_before=not_before or now,
        created_at=now,
    )
    if not_before is None or not_before <= now:
        transaction.on_commit(lambda: nudge(TASK_OF_KIND[kind]), robust=True)
    return item
