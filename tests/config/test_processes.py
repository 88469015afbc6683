"""The real processes that tests can start see what the test has committed, and end with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from django.db import connection

from tests.database import owner_connection
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

    deadline = time.monotonic() + 10
    while living_in_group(real_worker.process.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert living_in_group(real_worker.process.pid) == []


def living_in_group(group: int) -> list[int]:
    """Processes of a group that still run; those that nobody has collected yet do not."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state, _, process_group, *_ = (place / "stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        if int(process_group) == group and state != "Z":
            found.append(int(place.name))
    return found


def worker_backends() -> list[int]:
    """Process numbers of the database connections that worker processes hold."""
    with owner_connection() as owner:
        rows = owner.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'underwriting-worker' "
            "AND datname = current_database() ORDER BY pid"
        ).fetchall()
    return [pid for (pid,) in rows]


def wait_for_backends(other_than: list[int]) -> list[int]:
    """Send a task until a worker holds a connection that is not one of these."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        app.send_task("underwriting.work.sweep")
        time.sleep(0.3)
        if fresh := [pid for pid in worker_backends() if pid not in other_than]:
            return fresh
    return []


def test_a_worker_keeps_its_connection_and_survives_its_loss(real_processes: RealProcesses) -> None:
    worker = real_processes.worker(concurrency=1)
    first = wait_for_backends(other_than=[])
    app.send_task("underwriting.work.sweep")
    time.sleep(0.5)
    assert set(first) <= set(worker_backends())

    with connection.cursor() as cursor:
        for pid in first:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])

    assert wait_for_backends(other_than=first)
    assert "raised unexpected" not in real_processes.log(worker)


def test_two_web_processes_answer_on_one_address(live_web: Callable[..., str]) -> None:
    address = live_web(count=2)

    assert httpx.get(f"{address}/healthz").text == "alive\n"
    ready = httpx.get(f"{address}/readyz").json()["checks"]
    assert (ready["database"], ready["broker"]) == ({"ok": True}, {"ok": True})
