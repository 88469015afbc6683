"""The Celery application: a carrier of hints. PostgreSQL holds the work, so a lost message costs one sweep at most."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_prerun, worker_init, worker_process_init
from django.db import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "underwriting.config.settings")

app = Celery("underwriting")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Only workers import these; the web process sends hints by name and never loads the scoring code.
app.autodiscover_tasks(
    [
        "underwriting.work",
        "underwriting.decisions",
        "underwriting.outbox",
        "explanations",
        "review_queue",
        "scoring",
    ]
)


@worker_init.connect
@worker_process_init.connect
def require_one_thread(**_: Any) -> None:
    """Refuse to score with OpenMP threads: their number changes sums, and two processes share the cores."""
    if os.environ.get("OMP_NUM_THREADS") != "1":
        raise RuntimeError("OMP_NUM_THREADS=1 must be set before Python starts; ./run worker does it")


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Celery leaves the logging of `settings.LOGGING` alone when this signal has a receiver."""


@task_prerun.connect
def drop_dead_connections(**_: Any) -> None:
    """Workers keep their connection between tasks, so each task begins by finding out whether it still lives."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
