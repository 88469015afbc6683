"""Gunicorn's settings and hooks."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

worker_class = "gthread"
graceful_timeout = 10
timeout = 60
keepalive = 15
max_requests = 0
backlog = 512
accesslog = None  # every request is one structured line from the application
errorlog = "-"
no_control_socket = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() and os.access("/dev/shm", os.W_OK) else None  # noqa: S108


def post_worker_init(worker: Any) -> None:
    """Import every route before the first request, which would otherwise wait for over a second."""
    from django.urls import get_resolver  # noqa: PLC0415 - Django is set up by now

    del worker
    list(get_resolver().reverse_dict.keys())


def child_exit(server: Any, worker: Any) -> None:
    """Take a dead process's gauges out of the metrics."""
    del server
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess  # noqa: PLC0415 - reads the variable when imported

        try:
            multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
        except OSError:
            logging.getLogger(__name__).warning("metrics of process %s could not be removed", worker.pid)
