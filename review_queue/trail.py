"""What happened to a case, in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from review_queue.models import ReviewCase
from underwriting.audit.actor import Actor
from underwriting.audit.record import NewEntry


def case_entry(
    case: ReviewCase,
    action: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> NewEntry:
    """One entry about a case, to be written in the transaction of the change."""
    return NewEntry(
        actor=actor, action=action, object_type="case", object_id=str(case.number), object_label=str(case), lender_id=case.lender_id,
        application_id=case.application_id, before=before, after=after, reason=reason, now=now,
    )  # fmt: skip
