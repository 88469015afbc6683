"""The sweep as a Celery task; beat sends it every second."""

from __future__ import annotations

from celery import shared_task

from underwriting.work.sweep import sweep


@shared_task(name="underwriting.work.sweep", ignore_result=True)
def sweep_queue() -> None:
    """Reclaim expired leases and nudge the workers; two sweeps at once do no harm."""
    sweep()
