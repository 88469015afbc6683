"""Something a person at the lender should look at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog

from underwriting.models import Alert

logger = structlog.get_logger(__name__)


def raise_alert(
    *, kind: str, subject: str, lender_id: int | None, now: datetime, details: Mapping[str, Any] | None = None
) -> Alert:
    """Store an alert and log it; inside the caller's transaction.

    Args:
        kind: dotted name, most general first, for instance `work.quarantined`.
        subject: one sentence, without the identity of an applicant.
        details: JSON values without identity.
    """
    logger.warning("alert.raised", kind=kind, subject=subject, lender_id=lender_id)
    return Alert.objects.create(
        kind=kind, subject=subject[:200], lender_id=lender_id, details=dict(details or {}), created_at=now
    )
