"""The only door to an assessment. Everything here runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from underwriting.audit.actor import Actor
from underwriting.audit.record import NewEntry, record_entries
from underwriting.config.bulk_insert import bulk_insert
from underwriting.decisions.record import for_request
from underwriting.enums import ApplicationStatus, DecisionStage, Outcome
from underwriting.models import Application, Assessment


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAssessment:
    """An assessment about to be written. JSON columns as Assessment documents them; `versions` in words, for the trail."""

    application_id: int
    claim_token: UUID
    outcome: Outcome
    stage: DecisionStage | None
    facts: Mapping[str, Any]
    scores: Sequence[Mapping[str, Any]]
    score: int | None
    probability_of_default: float | None
    used_fallback: bool
    findings: Sequence[Mapping[str, Any]]
    offer: Mapping[str, Any] | None
    contributions: Mapping[str, Any] | None
    reasons: Sequence[Mapping[str, Any]]
    technical: Sequence[Mapping[str, Any]]
    what_would_change: Sequence[Mapping[str, Any]]
    model_version_id: int | None
    policy_version_id: int | None
    reference_sample_id: int | None
    reason_catalogue_id: int | None
    hashes: Mapping[str, Any]
    held_because: str = ""
    versions: Mapping[str, Any] = field(default_factory=dict)


def start_assessment(application_ids: Sequence[int]) -> None:
    """Mark applications as being assessed; those decided, referred or ended meanwhile are left as they are."""
    Application.objects.filter(pk__in=application_ids, status=ApplicationStatus.SUBMITTED).update(
        status=ApplicationStatus.IN_ASSESSMENT
    )


def record_assessments(
    new: Sequence[NewAssessment], *, applications: Mapping[int, Application], actor: Actor, now: datetime
) -> list[Assessment]:
    """Write assessments with the next number of each application and one audit entry each, in the order given.

    `applications` are those locked by `lock_applications`: the lock is what makes the number the next one.
    """
    last = dict(
        Assessment.objects.filter(application_id__in=[x.application_id for x in new])
        .values_list("application_id")
        .annotate(Max("number"))
    )
    rows = [
        _assessment_row(x, applications[x.application_id], last.get(x.application_id, 0) + 1, now)
        for x in new
    ]
    bulk_insert(rows)
    record_entries(
        [
            NewEntry(
                actor=for_request(actor, applications[row.application_id]),
                action="assessment.recorded",
                object_type="assessment",
                object_id=str(row.pk),
                object_label=f"{applications[row.application_id].reference} assessment {row.number}",
                lender_id=row.lender_id,
                application_id=row.application_id,
                after={
                    "outcome": row.outcome,
                    "stage": row.stage,
                    "score": row.score,
                    "used_fallback": row.used_fallback,
                    "technical": [fault["kind"] for fault in row.technical],
                },
                reason="; ".join(fault["detail"] for fault in row.technical),
                now=now,
                versions=x.versions,
            )
            for x, row in zip(new, rows, strict=True)
        ]
    )
    return rows


def _assessment_row(new: NewAssessment, application: Application, number: int, now: datetime) -> Assessment:
    return Assessment(
        application_id=application.pk,
        lender_id=application.lender_id,
        number=number,
        claim_token=new.claim_token,
        outcome=new.outcome,
        stage=new.stage or "",
        facts=dict(new.facts),
        scores=[dict(score) for score in new.scores],
        score=new.score,
        probability_of_default=new.probability_of_default,
        used_fallback=new.used_fallback,
        findings=[dict(finding) for finding in new.findings],
        offer=None if new.offer is None else dict(new.offer),
        contributions=None if new.contributions is None else dict(new.contributions),
        reasons=[dict(reason) for reason in new.reasons],
        held_because=new.held_because,
        technical=[dict(fault) for fault in new.technical],
        what_would_change=[dict(line) for line in new.what_would_change],
        model_version_id=new.model_version_id,
        policy_version_id=new.policy_version_id,
        reference_sample_id=new.reference_sample_id,
        reason_catalogue_id=new.reason_catalogue_id,
        hashes=dict(new.hashes),
        created_at=now,
    )
