"""Assessing stored past applications: the pipeline's own stages as of each one's day, with nobody told.

The champion and the policies in force today are used, also for days on which they did not exist: what is wanted is what they make
of the past. No bureau is asked and nothing is explained: no letter will ever need the reasons.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from scoring.pipeline.assemble import assemble
from scoring.pipeline.bench import set_up
from scoring.pipeline.decide import decide
from scoring.pipeline.record import frozen
from scoring.pipeline.score import score
from scoring.pipeline.types import NOT_EXPLAINED, Bench, Decided, Enriched, Explained, Request
from underwriting.audit.actor import Actor
from underwriting.bureau.inline import reported_along
from underwriting.bureau.protocol import PullFault
from underwriting.bureau.settle import fault_of
from underwriting.decisions.assessments import NewAssessment, record_assessments
from underwriting.decisions.record import lock_applications
from underwriting.enums import ApplicationStatus, Lane, Origin, Outcome, WorkKind
from underwriting.models import Application, Assessment, CreditReport, Lender, Party
from underwriting.policy.types import TechnicalFault
from underwriting.work.claim import ClaimedItem

PATIENT_MS = 60_000  # no applicant waits; a late model would be a fault of the machine's load
# What became of it where the lender did not say: what the engine would have done. A referral had a person's answer that nobody
# told us, and is over.
STATUS_OF_ENGINE = {
    Outcome.APPROVE: ApplicationStatus.APPROVED,
    Outcome.COUNTEROFFER: ApplicationStatus.COUNTEROFFERED,
    Outcome.DECLINE: ApplicationStatus.DECLINED,
    Outcome.REFER: ApplicationStatus.EXPIRED,
}
# The newest application of the same primary person for the same product in the 24 hours before, by then.
_FLAG_DUPLICATES = """
UPDATE underwriting_application a SET possible_duplicate_of_id = (
       SELECT b.id
         FROM underwriting_party mine
         JOIN underwriting_party other ON other.lender_id = mine.lender_id AND other.person_index = mine.person_index
                                      AND other.role = 'PRIMARY'
         JOIN underwriting_application b ON b.id = other.application_id
        WHERE mine.application_id = a.id AND mine.role = 'PRIMARY' AND b.product_id = a.product_id
          AND b.received_at > a.as_of - interval '24 hours' AND (b.received_at, b.id) < (a.as_of, a.id)
        ORDER BY b.received_at DESC, b.id DESC LIMIT 1)
 WHERE a.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Weighed:
    """Applications with the assessments that are about to be written, in the same order."""

    applications: Sequence[Application]
    new: Sequence[NewAssessment]


def weigh_past(application_ids: Sequence[int], *, now: datetime, item: ClaimedItem | None = None) -> Weighed:
    """What the engine makes of imported applications as of their days. All are of one lender; writes only duplicates' flags.

    Outside the transaction of the write: it takes seconds, and no lock is held meanwhile.
    """
    flag_duplicates(application_ids)
    rows = Application.objects.select_related("lender", "product").filter(
        pk__in=application_ids, origin=Origin.IMPORTED, erased_at=None
    )
    applications = list(rows.order_by("pk"))
    requests = _requests(applications, item or _no_item(applications))
    bench = set_up(requests, now=now)
    if bench is None:
        return Weighed((), ())
    assembled = assemble(_enriched(requests, bench.lender), now=now)
    decided = decide(score(assembled, bench=bench, deadline_ms=PATIENT_MS), bench=bench)
    return Weighed(applications, [_frozen(one, bench) for one in decided])


def write_past(weighed: Weighed, *, actor: Actor, now: datetime) -> Counter[str]:
    """Write the assessments of those that have none yet; returns how many got each outcome. In the caller's transaction."""
    locked = lock_applications([row.pk for row in weighed.applications])
    done = set(
        Assessment.objects.filter(application_id__in=list(locked)).values_list("application_id", flat=True)
    )
    new = [one for one in weighed.new if one.application_id not in done]
    if new:
        record_assessments(new, applications=locked, actor=actor, now=now)
        _take_status([locked[one.application_id] for one in new], new)
    return Counter(one.outcome.value for one in new)


def flag_duplicates(application_ids: Sequence[int]) -> None:
    """Mark what was a possible duplicate by its own day; one statement."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FLAG_DUPLICATES, [list(application_ids)])


def _requests(applications: Sequence[Application], item: ClaimedItem | None) -> list[Request]:
    parties: dict[int, list[Party]] = defaultdict(list)
    keys = [row.pk for row in applications]
    for party in Party.objects.filter(application_id__in=keys).order_by("application_id", "ordinal"):
        parties[party.application_id].append(party)
    return [
        Request(item=item, application=row, parties=tuple(parties[row.pk]))
        for row in applications
        if item is not None
    ]


def _enriched(requests: Sequence[Request], lender: Lender) -> list[Enriched]:
    """The reports that came along; they are kept in the application's statements, and nowhere a second time."""
    missing = fault_of(PullFault.EMPTY_FILE, lender)
    enriched = []
    for request in requests:
        along: dict[str, Any] = request.application.stated.get("inline_report", {})
        reports = {
            party.pk: _report(party, along.get(str(party.ordinal)), request) for party in request.parties
        }
        faults: tuple[TechnicalFault, ...] = tuple(missing for report in reports.values() if report is None)
        enriched.append(Enriched(request=request, reports=reports, faults=faults))
    return enriched


def _report(party: Party, along: dict[str, Any] | None, request: Request) -> CreditReport | None:
    answer = reported_along(along)
    if answer is None:
        return None
    as_of = request.application.received_at
    return CreditReport(
        lender_id=party.lender_id,
        application_id=party.application_id,
        party=party,
        bureau=str(request.application.lender.bureau.get("name", ""))[:80],
        body=dict(answer.body),
        bureau_score=answer.bureau_score,
        reported_at=as_of,
        received_at=as_of,
    )


def _frozen(decided: Decided, bench: Bench) -> NewAssessment:
    """As `frozen`, and saying that nothing was explained, so that a replay asks for no explanation."""
    explained = Explained(decided=decided, explanation=NOT_EXPLAINED, what_would_change=())
    new = frozen(explained, bench)
    inputs = {**new.hashes["inputs"], "is_explained": False}
    return replace(new, hashes={**new.hashes, "inputs": inputs})


def _take_status(applications: Sequence[Application], new: Sequence[NewAssessment]) -> None:
    taken: dict[ApplicationStatus, list[int]] = defaultdict(list)
    for application, one in zip(applications, new, strict=True):
        if application.status == ApplicationStatus.IN_ASSESSMENT:
            taken[STATUS_OF_ENGINE[one.outcome]].append(application.pk)
    for status, keys in taken.items():
        Application.objects.filter(pk__in=keys).update(status=status)


def _no_item(applications: Sequence[Application]) -> ClaimedItem | None:
    """An import from a command is nobody's work item; the stages only carry it along."""
    if not applications:
        return None
    return ClaimedItem(
        id=0,
        kind=WorkKind.IMPORT_HISTORY,
        lender_id=applications[0].lender_id,
        application_id=None,
        subject_id=None,
        payload={},
        lane=Lane.BATCH,
        claim_token=uuid.uuid4(),
        attempt_count=1,
    )
