"""Putting work into the queue of record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from underwriting.enums import Lane, WorkKind, WorkState
from underwriting.models import WorkItem
from underwriting.work.nudge import TASK_OF_KIND, nudge


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """Work about to be stored. Without `not_before` it may be claimed at once."""

    kind: WorkKind
    lender_id: int
    application_id: int | None = None
    subject_id: int | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    lane: Lane = Lane.INTERACTIVE
    not_before: datetime | None = None


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
    """Store one work item; `put_many` says how, and what it raises."""
    item = NewItem(
        kind=kind,
        lender_id=lender_id,
        application_id=application_id,
        subject_id=subject_id,
        payload=payload or {},
        lane=lane,
        not_before=not_before,
    )
    return put_many([item], now=now)[0]


def put_many(new: Sequence[NewItem], *, now: datetime) -> list[WorkItem]:
    """Store work items inside the caller's transaction, in this order; a worker is nudged once that commits.

    One hint for each task, however many items: whoever hears it works until nothing is left.

    Raises:
        django.db.IntegrityError: a second open ASSESS of one application.
    """
    items = WorkItem.objects.bulk_create(
        WorkItem(
            kind=one.kind,
            lender_id=one.lender_id,
            application_id=one.application_id,
            subject_id=one.subject_id,
            payload=dict(one.payload),
            lane=one.lane,
            state=WorkState.READY,
            not_before=one.not_before or now,
            created_at=now,
        )
        for one in new
    )
    # in the order of the items, each task once
    for task in dict.fromkeys(TASK_OF_KIND[one.kind] for one in new if (one.not_before or now) <= now):
        transaction.on_commit(partial(nudge, task), robust=True)
    return items
