"""Streams applications through the REST API as a partner would, waits until each is assessed, and counts what became of them."""

from __future__ import annotations

import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

import httpx
from django.utils import timezone

from underwriting.enums import ApplicationStatus, Outcome, WorkKind
from underwriting.models import Application, Assessment, Decision, WorkItem

SUBMITTERS = 4
ATTEMPTS_MAX = 8
SECONDS_WITHOUT_PROGRESS_MAX = 90


@dataclass(frozen=True, slots=True)
class Submission:
    """One request body and whose API key sends it. `later` is what it misses and the partner sends afterwards, by JSON pointer."""

    lender_code: str
    body: dict[str, Any]
    later: Mapping[str, Any] = field(default_factory=dict)


class SubmissionRefused(Exception):
    """The API answered with something that a retry does not mend; the message holds status and problem details."""


class Progress:
    """A bar on stderr, redrawn at most ten times a second; plain lines when stderr is no terminal."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.submitted = 0
        self.drawn_at = 0.0
        self.lock = threading.Lock()

    def submit_one(self) -> None:
        with self.lock:
            self.submitted += 1
            self.draw("submitting", self.submitted)

    def draw(self, what: str, done: int, *, last: bool = False) -> None:
        now = time.monotonic()
        interval = 0.1 if sys.stderr.isatty() else 5.0
        if now - self.drawn_at < interval and not last:
            return
        self.drawn_at = now
        filled = 30 * done // max(1, self.total)
        start, end = (
            ("\r", "") if sys.stderr.isatty() and not last else ("\r" if sys.stderr.isatty() else "", "\n")
        )
        sys.stderr.write(f"{start}{what:>10} [{'#' * filled}{'.' * (30 - filled)}] {done}/{self.total}{end}")
        sys.stderr.flush()


class Partner:
    """Posts with one idempotency key a wish, so that a retry after a lost answer never does it twice."""

    def __init__(self, *, base_url: str, keys: Mapping[str, str]) -> None:
        self.keys = keys
        self.client = httpx.Client(base_url=f"{base_url}/api/v1/", timeout=20.0)

    def application(self, lender_code: str, public_id: str) -> dict[str, Any]:
        """An application as its partner sees it. Raises SubmissionRefused."""
        response = self.client.get(f"applications/{public_id}", headers=self._authorization(lender_code))
        if response.status_code != 200:
            raise SubmissionRefused(f"{response.status_code} {response.text[:600]}")
        found: dict[str, Any] = response.json()
        return found

    def post(self, lender_code: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What the API answered. Raises SubmissionRefused."""
        headers = {**self._authorization(lender_code), "Idempotency-Key": str(uuid.uuid4())}
        answer = "no answer"
        for attempt in range(ATTEMPTS_MAX):
            try:
                response = self.client.post(path, json=body, headers=headers)
            except httpx.TransportError as error:
                answer = repr(error)
                time.sleep(0.2 * 2**attempt)
                continue
            if response.is_success:
                taken: dict[str, Any] = response.json()
                return taken
            answer = f"{response.status_code} {response.text[:600]}"
            if response.status_code not in (409, 429, 503):
                raise SubmissionRefused(answer)
            time.sleep(float(response.headers.get("Retry-After", "1")))
        raise SubmissionRefused(f"gave up after {ATTEMPTS_MAX} attempts: {answer}")

    def _authorization(self, lender_code: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[lender_code]}"}


def submit_all(
    submissions: Iterator[Submission], *, total: int, base_url: str, keys: dict[str, str]
) -> list[str]:
    """Public ids of all applications, in the order of the submissions."""
    progress = Progress(total)
    partner = Partner(base_url=base_url, keys=keys)

    def submit(submission: Submission) -> str:
        taken = partner.post(submission.lender_code, "applications", submission.body)
        progress.submit_one()
        return str(taken["id"])

    with ThreadPoolExecutor(SUBMITTERS) as pool, partner.client:
        public_ids = list(pool.map(submit, submissions))
    progress.draw("submitted", progress.submitted, last=True)
    return public_ids


class StillWaiting(Exception):
    """Nothing was assessed for a while; the message says how many are left."""


def wait_until_assessed(public_ids: list[str]) -> None:
    """Returns when no assessment of these applications is open. Raises StillWaiting after 90 s without progress."""
    _wait(public_ids, kinds=[WorkKind.ASSESS], doing="assessed")


def wait_until_told(public_ids: list[str]) -> None:
    """Returns when every letter about these applications is sent or on the print list. Raises StillWaiting."""
    _wait(public_ids, kinds=[WorkKind.RENDER_NOTICE, WorkKind.NOTICE_DUE, WorkKind.DELIVER], doing="told")


def _wait(public_ids: list[str], *, kinds: list[WorkKind], doing: str) -> None:
    """Items that wait for their time (an e-mail that is tried again later) are not waited for."""
    progress = Progress(len(public_ids))
    left_before, since = len(public_ids) + 1, time.monotonic()
    while True:
        open_items = WorkItem.objects.filter(
            application__public_id__in=public_ids, kind__in=kinds, not_before__lte=timezone.now()
        )
        left = open_items.filter(state__in=["READY", "LEASED"]).count()
        if left == 0:
            progress.draw(doing, progress.total, last=True)
            return
        if left < left_before:
            left_before, since = left, time.monotonic()
        elif time.monotonic() - since > SECONDS_WITHOUT_PROGRESS_MAX:
            raise StillWaiting(f"{left} applications are still waiting to be {doing}")
        progress.draw(doing, max(0, progress.total - left))
        time.sleep(0.25)


def totals(public_ids: list[str]) -> dict[str, Any]:
    """What became of these applications: `submitted` are those that are complete, each decided or with a person.

    Latencies are from completion to assessment, in ms.
    """
    incomplete = Application.objects.filter(
        public_id__in=public_ids, status=ApplicationStatus.INCOMPLETE
    ).count()
    outcomes = Counter(
        Decision.objects.filter(application__public_id__in=public_ids, number=1).values_list(
            "outcome", flat=True
        )
    )
    assessments = Assessment.objects.filter(application__public_id__in=public_ids, number=1).select_related(
        "application"
    )
    referred = technical = 0
    latencies = []
    for assessment in assessments.only(
        "outcome", "technical", "created_at", "application__completed_at"
    ).iterator(chunk_size=2000):
        referred += assessment.outcome == Outcome.REFER
        technical += bool(assessment.technical)
        completed_at = assessment.application.completed_at or assessment.created_at
        latencies.append((assessment.created_at - completed_at).total_seconds() * 1000)
    cuts = (
        quantiles(latencies, n=100, method="inclusive")
        if len(latencies) > 1
        else [latencies[0] if latencies else 0.0] * 99
    )
    return {
        "submitted": len(set(public_ids)) - incomplete,
        "decided": sum(outcomes.values()),
        "referred": referred,
        "approved": outcomes[Outcome.APPROVE],
        "counteroffered": outcomes[Outcome.COUNTEROFFER],
        "declined": outcomes[Outcome.DECLINE],
        "incomplete": incomplete,
        "technical": technical,
        "p50_ms": round(cuts[49]),
        "p95_ms": round(cuts[94]),
    }
