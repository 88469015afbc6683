"""Idempotency, rate limit and waiting over real gunicorn processes on the committed data of the test."""

from __future__ import annotations

import os
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.factories import make_assessment
from tests.processes import RealProcesses
from tests.underwriting.api.calling import Caller, body, make_caller
from underwriting.enums import ApplicationStatus, Outcome
from underwriting.models import Application, Decision, IdempotencyKey, WorkItem

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]


def post(address: str, caller: Caller, content: Any, *, key: str, **headers: str) -> httpx.Response:
    return httpx.post(
        f"{address}/api/v1/applications", json=content, timeout=30,
        headers={**caller.headers(Idempotency_Key=key), **headers},
    )  # fmt: skip


def decide_soon(public_id_of: Callable[[], str], *, after_seconds: float) -> None:
    """Decide the application as a worker would: status, decision and the notification in one transaction."""
    time.sleep(after_seconds)
    with transaction.atomic(), connection.cursor() as cursor:
        application = Application.objects.select_for_update().get(public_id=public_id_of())
        assessment = make_assessment(application, outcome=Outcome.APPROVE)
        Decision.objects.create(
            application=application, lender=application.lender, number=1, assessment=assessment, outcome=Outcome.APPROVE,
            decided_at=timezone.now(),
        )  # fmt: skip
        application.status = ApplicationStatus.APPROVED
        application.save(update_fields=["status"])
        cursor.execute("SELECT pg_notify('decided', %s)", [str(application.public_id)])
    connection.close()


def newest_public_id() -> str:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = Application.objects.order_by("-pk").values_list("public_id", flat=True).first()
        if found:
            return str(found)
        time.sleep(0.01)
    raise AssertionError("no application arrived")


def test_200_parallel_posts_of_one_key_make_one_application(live_web: Callable[..., str]) -> None:
    address = live_web(count=2)
    caller = make_caller()
    key = str(uuid.uuid4())

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: post(address, caller, body(), key=key), range(200)))

    given = [answer for answer in answers if answer.status_code != 409]
    assert {answer.status_code for answer in answers} <= {202, 409}
    assert len({(answer.status_code, answer.content, answer.headers["Location"]) for answer in given}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in given) == 1
    assert all(answer.headers["Retry-After"] == "1" for answer in answers if answer.status_code == 409)
    assert (Application.objects.count(), WorkItem.objects.count(), IdempotencyKey.objects.count()) == (
        1,
        1,
        1,
    )
    once_more = post(address, caller, body(), key=key)
    assert (once_more.content, once_more.headers["Idempotent-Replayed"]) == (given[0].content, "true")
    assert post(address, caller, body(requested_amount="11000.00"), key=key).status_code == 422
    print(f"answers of 200 parallel posts: {dict(Counter(answer.status_code for answer in answers))}")


def test_a_killed_process_frees_the_key_within_15_seconds(real_processes: RealProcesses) -> None:
    address = real_processes.web(count=1)
    caller = make_caller()
    key = str(uuid.uuid4())
    first: list[BaseException | httpx.Response] = []

    def wait_for_a_decision() -> None:
        try:
            first.append(post(address, caller, body(), key=key, Prefer="wait=10"))
        except httpx.HTTPError as error:
            first.append(error)

    waiting = threading.Thread(target=wait_for_a_decision)
    waiting.start()
    public_id = newest_public_id()
    began = time.monotonic()
    for child in children_of(real_processes.started[0].process.pid):
        os.kill(child, signal.SIGKILL)
    waiting.join(15)

    answers = []
    while time.monotonic() - began < 20:
        try:
            answer = post(address, caller, body(), key=key)
        except httpx.HTTPError:  # gunicorn is starting another process
            time.sleep(0.2)
            continue
        answers.append(answer)
        if answer.status_code != 409:
            break
        time.sleep(float(answer.headers["Retry-After"]))
    took_seconds = time.monotonic() - began

    assert isinstance(first[0], httpx.HTTPError), (
        "the first request was answered: the process was not killed while waiting"
    )
    assert [answer.status_code for answer in answers[:-1]] == [409] * (len(answers) - 1)
    assert (answers[-1].status_code, answers[-1].json()["id"]) == (202, public_id)
    assert took_seconds <= 15
    again = post(address, caller, body(), key=key)
    assert (again.content, again.headers["Idempotent-Replayed"]) == (answers[-1].content, "true")
    assert Application.objects.count() == 1
    print(f"answered {took_seconds:.1f} s after the process was killed")


def children_of(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def test_a_waiting_request_gets_201_and_that_answer_is_the_stored_one(live_web: Callable[..., str]) -> None:
    address = live_web(count=1)
    caller = make_caller()
    deciding = threading.Thread(target=decide_soon, args=(newest_public_id,), kwargs={"after_seconds": 0.4})
    deciding.start()

    began = time.monotonic()
    answer = post(address, caller, body(), key="order-1", Prefer="respond-async, wait=10")
    took_seconds = time.monotonic() - began
    deciding.join()

    assert (answer.status_code, answer.json()["outcome"], answer.json()["status"]) == (
        201,
        "APPROVE",
        "APPROVED",
    )
    assert took_seconds < 5
    again = post(address, caller, body(), key="order-1", Prefer="wait=10")
    assert (again.status_code, again.content, again.headers["Idempotent-Replayed"]) == (
        201,
        answer.content,
        "true",
    )


def test_a_wait_that_ends_without_a_decision_is_202(live_web: Callable[..., str]) -> None:
    address = live_web(count=1)
    caller = make_caller()

    began = time.monotonic()
    answer = post(address, caller, body(), key="order-1", Prefer="wait=1")

    assert (answer.status_code, answer.json()["status"]) == (202, "SUBMITTED")
    assert 1 <= time.monotonic() - began < 4


def test_the_ninth_waiter_of_a_process_is_answered_at_once_and_waiters_hold_no_connection(
    live_web: Callable[..., str],
) -> None:
    address = live_web(count=1, UW_DATABASE_POOL_MAX="2")
    caller = make_caller()
    post(address, caller, body(), key="warm-up")

    def waiting(number: int) -> tuple[int, float]:
        began = time.monotonic()
        answer = post(address, caller, body(), key=f"order-{number}", Prefer="wait=6")
        return answer.status_code, time.monotonic() - began

    with ThreadPoolExecutor(8) as pool:
        eight = [pool.submit(waiting, number) for number in range(8)]
        time.sleep(2.5)
        ninth_status, ninth_seconds = waiting(9)
        assert (ninth_status, ninth_seconds < 2) == (202, True), ninth_seconds
        waits = [future.result() for future in eight]

    assert all(status == 202 and 5.5 < seconds < 10 for status, seconds in waits), waits


def test_the_rate_limit_is_exact_over_two_processes(live_web: Callable[..., str]) -> None:
    address = live_web(count=2)
    caller = make_caller(requests_per_minute=40)

    def get(_: int) -> int:
        return httpx.get(f"{address}/api/v1/products", headers=caller.headers(), timeout=30).status_code

    with ThreadPoolExecutor(30) as pool:
        statuses = Counter(pool.map(get, range(150)))

    assert statuses == {200: 40, 429: 110}
