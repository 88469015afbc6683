"""The real processes that tests can start see what the test has committed, and end with it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import httpx
import pytest

from tests.processes import RealProcesses
from underwriting.config.celery import app
from underwriting.config.launch.supervisor import Child

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.broker]


def test_a_worker_takes_hints_from_the_tests_broker(real_processes: RealProcesses) -> None:
    worker = real_processes.worker(concurrency=1, UW_LOG_LEVEL="INFO")

    app.send_task("no.such.task")

    deadline = time.monotonic() + 10
    while "no.such.task" not in real_processes.log(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "Received unregistered task of type 'no.such.task'" in real_processes.log(worker)


def test_a_killed_worker_is_gone_with_its_children(real_worker: Child, real_processes: RealProcesses) -> None:
    real_processes.kill(real_worker)

    with pytest.raises(ProcessLookupError):
        os.killpg(real_worker.process.pid, 0)


def test_two_web_processes_answer_on_one_address(live_web: Callable[..., str]) -> None:
    address = live_web(count=2)

    assert httpx.get(f"{address}/healthz").text == "alive\n"
    ready = httpx.get(f"{address}/readyz").json()["checks"]
    assert (ready["database"], ready["broker"]) == ({"ok": True}, {"ok": True})
