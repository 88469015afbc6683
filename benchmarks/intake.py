"""From the partner's request to the decision, over HTTP, through every process of the product."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import httpx

from benchmarks.figures import Figure, figure, percentile
from scoring.demo.stream import Submission, SubmissionRefused, submit_all, wait_until_assessed

ROUNDS = 3
LATENCY_REQUESTS = 30
THROUGHPUT_APPLICATIONS = 100
WAIT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: where it answers, the lenders' API keys, and people who have not applied yet."""

    base_url: str
    keys: dict[str, str]
    people: Iterator[Submission]


def latency(demo: Demo) -> list[Figure]:
    """Milliseconds from sending an application to holding its outcome or referral, one at a time, with `Prefer: wait`.

    The control is a request that decides nothing (`/healthz`).
    """
    decided: dict[int, list[float]] = {50: [], 95: []}
    nothing: dict[int, list[float]] = {50: [], 95: []}
    with httpx.Client(base_url=demo.base_url, timeout=WAIT_SECONDS + 10) as client:
        _decide(client, demo, next(demo.people))  # the first one loads models and opens connections
        for _ in range(ROUNDS):
            times = [_decide(client, demo, one) for one in islice(demo.people, LATENCY_REQUESTS)]
            floor = [
                _timed(client, client.build_request("GET", "/healthz"))[0] for _ in range(LATENCY_REQUESTS)
            ]
            for percent in (50, 95):
                decided[percent].append(percentile(times, percent))
                nothing[percent].append(percentile(floor, percent))
    return [
        figure(f"decision_p{percent}_ms", unit="ms", rounds=decided[percent], control=nothing[percent])
        for percent in (50, 95)
    ]


def throughput(demo: Demo) -> list[Figure]:
    """Applications a second from the first request to the last assessment, four clients at once.

    The control is the same stream counted until the last answer of intake, without waiting for assessments.
    """
    assessed, accepted = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        public_ids = submit_all(
            islice(demo.people, THROUGHPUT_APPLICATIONS),
            total=THROUGHPUT_APPLICATIONS,
            base_url=demo.base_url,
            keys=demo.keys,
        )
        accepted.append(len(public_ids) / (time.perf_counter() - started))
        wait_until_assessed(public_ids)
        assessed.append(len(public_ids) / (time.perf_counter() - started))
    return [figure("applications_per_second", unit="1/s", rounds=assessed, control=accepted)]


def _decide(client: httpx.Client, demo: Demo, submission: Submission) -> float:
    request = client.build_request(
        "POST",
        "/api/v1/applications",
        json=submission.body,
        headers={
            "Authorization": f"Bearer {demo.keys[submission.lender_code]}",
            "Idempotency-Key": str(uuid.uuid4()),
            "Prefer": f"wait={WAIT_SECONDS}",
        },
    )
    milliseconds, response = _timed(client, request)
    # 202 is a referral, or an answer that took longer than the wait: its time counts as it is.
    if response.status_code not in {httpx.codes.CREATED, httpx.codes.ACCEPTED}:
        raise SubmissionRefused(f"{response.status_code} {response.text[:600]}")
    return milliseconds


def _timed(client: httpx.Client, request: httpx.Request) -> tuple[float, httpx.Response]:
    started = time.perf_counter()
    response = client.send(request)
    return (time.perf_counter() - started) * 1000, response
