"""Work that failed every time: taken out of the queue, left to a person, and an alert raised."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from scoring.pipeline.route import announce, refer
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.assessments import NewAssessment, record_assessments
from underwriting.decisions.record import lock_applications
from underwriting.decisions.transitions import assessment_is_wanted, assessment_takes_effect
from underwriting.enums import ApplicationStatus, Outcome, WorkKind
from underwriting.models import Application, WorkItem
from underwriting.policy.backtests import fail_backtest
from underwriting.policy.findings import technical_finding
from underwriting.policy.types import FaultKind, TechnicalFault
from underwriting.work import finish as work
from underwriting.work.claim import MAX_ATTEMPTS, ClaimedItem

SENTENCE = f"The assessment failed {MAX_ATTEMPTS} times for a technical reason; nothing is known against the applicant."


def quarantine(item: ClaimedItem, *, now: datetime) -> None:
    """Quarantine a spent item. An application that still waits gets an assessment without a score, and one open case.

    Does nothing when the claim no longer holds. Nothing of the failed stages runs here: no evidence, no model, no policy.
    """
    error = WorkItem.objects.values_list("last_error", flat=True).get(pk=item.id)
    with transaction.atomic():
        if not work.quarantine(item=item, error=error, now=now):
            return
        if item.kind is WorkKind.ASSESS and item.application_id is not None:
            _leave_to_a_person(item, item.application_id, now=now)
        if item.kind is WorkKind.BACKTEST and item.subject_id is not None:
            fail_backtest(item.subject_id, error=error, now=now)


def _leave_to_a_person(item: ClaimedItem, application_id: int, *, now: datetime) -> None:
    locked = lock_applications([application_id])
    application = locked[application_id]
    status = ApplicationStatus(application.status)
    if not assessment_is_wanted(status):
        return
    assessment = record_assessments(
        [_without_score(item, application)], applications=locked, actor=SYSTEM, now=now
    )[0]
    if assessment_takes_effect(status):
        refer([(application, assessment, (SENTENCE,), True)], now=now)
        announce([application])


def _without_score(item: ClaimedItem, application: Application) -> NewAssessment:
    fault = TechnicalFault(FaultKind.QUARANTINED, SENTENCE)
    return NewAssessment(
        application_id=application.pk,
        claim_token=item.claim_token,
        outcome=Outcome.REFER,
        stage=None,
        facts={},
        scores=[],
        score=None,
        probability_of_default=None,
        used_fallback=False,
        findings=[technical_finding(SENTENCE).to_json()],
        offer=None,
        contributions=None,
        reasons=[],
        technical=[fault.to_json()],
        what_would_change=[],
        model_version_id=None,
        policy_version_id=None,
        reference_sample_id=None,
        reason_catalogue_id=None,
        hashes={},
    )
