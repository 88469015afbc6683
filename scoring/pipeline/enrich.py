"""Evidence: each party's report from the cache, from the application itself or from the bureau. Outside any transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from scoring.pipeline.types import Bench, Enriched, Request
from underwriting.bureau.collect import ReportRequest, collect_reports
from underwriting.people.identity import open_identity


def enrich(requests: Sequence[Request], *, bench: Bench | None, now: datetime) -> list[Enriched]:
    """Collect the reports of all parties of the batch at the same time, each under its own deadline.

    A report that is late, refused or not this person's is a fault of its application and never an exception.
    """
    if bench is None:
        return []
    results = collect_reports([wish for r in requests for wish in _wishes(r)], lender=bench.lender, now=now)
    enriched = []
    for request in requests:
        answers = {party.pk: results[party.pk] for party in request.parties}
        enriched.append(
            Enriched(
                request=request,
                reports={key: answer.report for key, answer in answers.items()},
                faults=tuple(answer.fault for answer in answers.values() if answer.fault is not None),
            )
        )
    return enriched


def _wishes(request: Request) -> list[ReportRequest]:
    inline = request.application.stated.get("inline_report", {})
    return [
        ReportRequest(
            lender_id=party.lender_id,
            application_id=request.application.pk,
            party_id=party.pk,
            party_public_id=party.public_id,
            person_index=bytes(party.person_index),
            identity=open_identity(party),
            consent_id=party.consent_id,
            inline=inline.get(str(party.ordinal)),
        )
        for party in request.parties
    ]
