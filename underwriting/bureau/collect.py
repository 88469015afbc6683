"""Collecting credit reports: from this application, from the cache, or by a pull that happens at most once.

Before a bureau is asked, the intent is stored under our own reference. Whoever finds such an intent without an outcome asks
by reference what became of it; what the bureau cannot say stays unknown and goes to a person. One lender's report is never
another's evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from concurrent.futures import TimeoutError as FuturesTimeout
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.db.models import Q

from underwriting.bureau.http import HttpBureau
from underwriting.bureau.inline import InlineBureau, says_something
from underwriting.bureau.protocol import NOTHING_WAS_SENT, BureauAdapter, PullAnswer, PullFault, PullRequest
from underwriting.bureau.settle import fault_of, inline_report, settle
from underwriting.bureau.wishes import ReportRequest, ReportResult
from underwriting.enums import PullState
from underwriting.models import BureauPull, CreditReport, Lender

__all__ = ["ReportRequest", "ReportResult", "collect_reports"]

CACHE_LIFETIME = timedelta(hours=24)
PULLS_AT_ONCE = 64
DEADLINE_MS = 1_500
DEADLINE_MAX_MS = 10_000
# Longer than any deadline: for an answer that trickles in so slowly that no single wait for it is too long.
PATIENCE_SECONDS = 12


@dataclass(frozen=True, slots=True)
class _Job:
    """A question to be asked: a new pull, or what became of an old one."""

    wish: ReportRequest
    pull: BureauPull
    is_new: bool


def collect_reports(
    requests: Sequence[ReportRequest], *, lender: Lender, now: datetime
) -> dict[int, ReportResult]:
    """Return a result for each request, by party key.

    Order: the report this application already has, the one sent with it (unless it says nothing), one under 24 hours old of
    the same person and consent at this lender, a pull. Pulls run at the same time, each under the lender's deadline. Nothing
    is raised for what a bureau does wrong.

    Raises:
        RuntimeError: a pull is needed inside a transaction; its intent would be lost if this process died.
    """
    on_file = _Filed(requests, lender=lender, now=now)
    results: dict[int, ReportResult] = {}
    wanted: list[ReportRequest] = []
    sent_along: list[CreditReport] = []
    for wish in requests:
        report = on_file.own(wish)
        if report is None and wish.inline is not None and says_something(wish.inline):
            report = inline_report(wish, inline=InlineBureau(), lender=lender, now=now)
            sent_along.append(report)
        report = report or on_file.cached(wish)
        if report is None:
            wanted.append(wish)
        else:
            results[wish.party_id] = ReportResult(report, None, report.application_id != wish.application_id)
    CreditReport.objects.bulk_create(sent_along)
    return results | _pull_all(wanted, lender=lender, now=now)


class _Filed:
    """The reports on file that these requests may use: their own, and those of the cache. One query."""

    def __init__(self, requests: Sequence[ReportRequest], *, lender: Lender, now: datetime) -> None:
        rows = CreditReport.objects.filter(
            Q(application_id__in={wish.application_id for wish in requests})
            | Q(
                person_index__in={wish.person_index for wish in requests},
                received_at__gt=now - CACHE_LIFETIME,
            ),
            lender=lender,
        ).order_by("received_at", "pk")
        self._since = now - CACHE_LIFETIME
        self._own = {(row.application_id, row.party_id): row for row in rows}
        self._cache = {
            (bytes(row.person_index), row.consent_id): row for row in rows if row.received_at > self._since
        }

    def own(self, wish: ReportRequest) -> CreditReport | None:
        return self._own.get((wish.application_id, wish.party_id))

    def cached(self, wish: ReportRequest) -> CreditReport | None:
        return self._cache.get((wish.person_index, wish.consent_id))


def adapter_of(lender: Lender) -> BureauAdapter:
    """The lender's bureau, as its settings name it; without an address of its own it is the installation's."""
    if lender.bureau.get("adapter") != "HTTP":
        return InlineBureau()
    deadline_ms = min(int(lender.bureau.get("deadline_ms") or DEADLINE_MS), DEADLINE_MAX_MS)
    return HttpBureau(base_url=lender.bureau.get("base_url") or settings.BUREAU_URL, deadline_ms=deadline_ms)


def _pull_all(wishes: Sequence[ReportRequest], *, lender: Lender, now: datetime) -> dict[int, ReportResult]:
    if not wishes:
        return {}
    bureau = adapter_of(lender)
    if isinstance(bureau, InlineBureau):
        none = fault_of(PullFault.EMPTY_FILE, lender)
        return {wish.party_id: ReportResult(None, none, False) for wish in wishes}
    if connection.in_atomic_block:
        raise RuntimeError("a bureau is asked outside any transaction")
    jobs, results = _plan(wishes, lender=lender, now=now)
    for job, answer in _ask_all(jobs, bureau):
        report, fault = settle(job.pull, job.wish, answer, lender=lender, now=now)
        results[job.wish.party_id] = ReportResult(report, fault, False)
    return results


def _plan(
    wishes: Sequence[ReportRequest], *, lender: Lender, now: datetime
) -> tuple[list[_Job], dict[int, ReportResult]]:
    """Store an intent for each party that has none; decide for the others what their earlier pull allows."""
    bureau_name = str(lender.bureau.get("name", ""))[:80]
    intents = [_intent(wish, bureau_name, now) for wish in wishes]
    # Two workers may get here when one of them has slept past its lease: the constraint lets one intent through.
    BureauPull.objects.bulk_create(intents, ignore_conflicts=True)
    rows = BureauPull.objects.filter(party_id__in=[wish.party_id for wish in wishes], bureau=bureau_name)
    stored = {(row.application_id, row.party_id): row for row in rows}
    ours = {intent.reference for intent in intents}
    jobs: list[_Job] = []
    results: dict[int, ReportResult] = {}
    for wish in wishes:
        pull = stored[wish.application_id, wish.party_id]
        if pull.reference in ours or _may_be_sent_again(pull, now):
            jobs.append(_Job(wish, pull, is_new=True))
        elif pull.state == PullState.REFUSED:
            results[wish.party_id] = ReportResult(None, fault_of(PullFault(pull.fault), lender), False)
        else:
            jobs.append(_Job(wish, pull, is_new=False))
    return jobs, results


def _intent(wish: ReportRequest, bureau_name: str, now: datetime) -> BureauPull:
    return BureauPull(
        reference=uuid4(),
        lender_id=wish.lender_id,
        application_id=wish.application_id,
        party_id=wish.party_id,
        bureau=bureau_name,
        consent_id=wish.consent_id,
        state=PullState.INTENDED,
        intended_at=now,
    )


def _may_be_sent_again(pull: BureauPull, now: datetime) -> bool:
    """A pull of which nothing was sent is taken over by whoever changes its state first."""
    if pull.state != PullState.REFUSED or pull.fault not in NOTHING_WAS_SENT:
        return False
    waiting = BureauPull.objects.filter(pk=pull.pk, state=PullState.REFUSED, fault=pull.fault)
    return waiting.update(state=PullState.INTENDED, fault="", intended_at=now) == 1


def _ask_all(jobs: Sequence[_Job], bureau: BureauAdapter) -> Iterator[tuple[_Job, PullAnswer]]:
    """Ask at the same time and hand out answers as they come. The threads never touch the database."""
    if not jobs:
        return
    pool = ThreadPoolExecutor(min(len(jobs), PULLS_AT_ONCE), thread_name_prefix="bureau")
    waiting = {pool.submit(_ask, bureau, job): job for job in jobs}
    try:
        for future in as_completed(list(waiting), timeout=PATIENCE_SECONDS):
            yield waiting.pop(future), future.result()
    except FuturesTimeout:
        for job in waiting.values():
            yield job, PullAnswer(None, PullFault.TIMEOUT)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _ask(bureau: BureauAdapter, job: _Job) -> PullAnswer:
    request = PullRequest(
        reference=job.pull.reference, identity=job.wish.identity, consent_id=job.wish.consent_id
    )
    return bureau.pull(request) if job.is_new else bureau.ask_by_reference(request)
