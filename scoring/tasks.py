"""The worker's side of the queue for scoring's kinds of work. A message is only a hint: the rows say what there is to do."""

from __future__ import annotations

import os
import socket
from typing import Any

from celery import shared_task
from celery.signals import worker_process_init

from scoring.pipeline.heartbeat import start_heartbeat
from scoring.pipeline.work import work_until_empty

MAX_BATCHES = 50  # then the child answers Celery, and the sweep's next hint goes on


def worker_name() -> str:
    """This process, as claims and heartbeats name it."""
    return f"{socket.gethostname()}:{os.getpid()}"


@shared_task(name="scoring.work", ignore_result=True)
def work() -> None:
    """Claim and work batches until nothing waits; fifty hints for one application are one decision and 49 empty claims."""
    work_until_empty(worker=worker_name(), max_batches=MAX_BATCHES)


@worker_process_init.connect
def begin_heartbeat(**_: Any) -> None:
    """After the fork: models are loaded in the child that scores with them."""
    start_heartbeat(worker_name())
