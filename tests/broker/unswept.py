"""A worker that takes nothing back, for the control: `celery -A tests.broker.unswept`, with no sweep running beside it.

The product has no switch for this. Claims do not reclaim here; everything else is the product's.
"""

from __future__ import annotations

from typing import Any

from celery.signals import worker_process_init

from underwriting.config.celery import app

__all__ = ["app"]


@worker_process_init.connect
def leave_expired_leases_alone(**_: Any) -> None:
    """In each child, once Django is there."""
    from underwriting.work import claim

    module: Any = claim
    module.reclaim_when_due = lambda: 0
