"""Retention by policy: what no lender has to keep any longer is erased, a bounded number at a time."""

from __future__ import annotations

from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

import structlog

from review_queue.subject_access.erasure import ErasureReason, NotErased, erase_application
from review_queue.subject_access.retention import falling_due
from underwriting.audit.actor import SYSTEM
from underwriting.models import Lender

logger = structlog.get_logger(__name__)
AT_ONCE = 500  # applications erased in one run; the rest waits for the next


def erase_what_is_due(*, now: datetime, limit: int = AT_ONCE) -> int:
    """Erase what is past its lender's retention and neither held nor open; each in its own transaction. Returns how many.

    What goes wrong with one is that one's own; what is still open is looked at again in the next run.
    """
    lenders = Lender.objects.order_by("pk")
    due = chain.from_iterable(
        falling_due(lender, by=now.astimezone(ZoneInfo(lender.time_zone)).date()) for lender in lenders
    )
    erased = 0
    for application, _ in due:
        try:
            erase_application(
                application=application, actor=SYSTEM, reason=ErasureReason.RETENTION_ENDED, now=now
            )
        except NotErased:
            continue
        except Exception:
            logger.exception("retention.failed", application=application.reference)
            continue
        erased += 1
        if erased == limit:
            break
    return erased
