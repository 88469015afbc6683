"""The worker's side of the queue for scoring's kinds of work. A message is only a hint: the rows say what there is to do."""

from __future__ import annotations

import os
import socket
from typing import Any

from celery import shared_task
from celery.signals import worker_process_init
from django.utils import timezone

from scoring.pipeline.heartbeat import start_heartbeat
from scoring.pipeline.work import work_until_empty
from underwriting.effect.ask import ask_where_stale
from underwriting.work.nudge import nudge

# Then the process answers Celery, so that decisions to be released and the sweep have their turn, and asks for another one.
MAX_BATCHES = 20
MAX_SECONDS = 2.0
TASK = "scoring.work"


def worker_name() -> str:
    """This process, as claims and heartbeats name it."""
    return f"{socket.gethostname()}:{os.getpid()}"


@shared_task(name=TASK, ignore_result=True)
def work() -> None:
    """Claim and work batches until nothing waits; fifty hints for one application are one decision and 49 empty claims."""
    tally = work_until_empty(worker=worker_name(), max_batches=MAX_BATCHES, max_seconds=MAX_SECONDS)
    if not tally.is_empty:
        nudge(TASK)


@shared_task(name="scoring.refresh_effects", ignore_result=True)
def refresh_effects() -> None:
    """Have the version in force of each policy weighed again where past applications or results came since; asks, weighs nothing."""
    ask_where_stale(timezone.now())


@worker_process_init.connect
def begin_heartbeat(**_: Any) -> None:
    """After the fork: models are loaded in the child that scores with them."""
    start_heartbeat(worker_name())
