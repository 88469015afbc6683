"""Explanations of approvals: computed when somebody asks, by a worker, once. The web process only asks and reads the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.enums import Lane, Outcome, WorkKind, WorkState
from underwriting.models import Application, Assessment, Decision, WorkItem
from underwriting.work.put import put


class Progress(StrEnum):
    """`FAILED`: every attempt did, an alert tells the lender's people why, and it is not tried again by itself."""

    NOT_ASKED = "not_asked"
    IN_PREPARATION = "in_preparation"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class OnRequest:
    """How far it is; once READY, `contributions` as an assessment stores them and the moment they were computed."""

    progress: Progress
    contributions: Mapping[str, Any] | None = None
    computed_at: datetime | None = None


def is_explained_on_request(assessment: Assessment) -> bool:
    """Whether a scored assessment without contributions became an approval. What has no score has nothing to explain."""
    return (
        assessment.contributions is None
        and bool(assessment.scores)
        and assessment.model_version_id is not None
        and assessment.reference_sample_id is not None
        and Decision.objects.filter(assessment=assessment, outcome=Outcome.APPROVE).exists()
    )


def explanation_on_request(assessment: Assessment) -> OnRequest:
    """How far the explanation of this assessment is; asks for nothing."""
    item = (
        WorkItem.objects.filter(
            kind=WorkKind.TRIAL, application_id=assessment.application_id, payload__explain=assessment.pk
        )
        .order_by("-pk")
        .first()
    )
    if item is None:
        return OnRequest(Progress.NOT_ASKED)
    if item.state == WorkState.DONE and item.result is not None:
        return OnRequest(
            Progress.READY,
            contributions=item.result["contributions"],
            computed_at=datetime.fromisoformat(item.result["computed_at"]),
        )
    if item.state in (WorkState.READY, WorkState.LEASED):
        return OnRequest(Progress.IN_PREPARATION)
    return OnRequest(Progress.FAILED)


def ask_for_explanation(
    *, assessment: Assessment, actor: Actor, now: datetime, try_again: bool = False
) -> OnRequest:
    """Put the work once and say how far it is; `try_again` puts it once more after it failed.

    Whoever asks at the same moment waits for the application's row and then finds the work there.
    """
    asked_for = {Progress.NOT_ASKED, Progress.FAILED} if try_again else {Progress.NOT_ASKED}
    found = explanation_on_request(assessment)
    if found.progress not in asked_for:
        return found
    with transaction.atomic():
        application = Application.objects.select_for_update(no_key=True).get(pk=assessment.application_id)
        found = explanation_on_request(assessment)
        if found.progress not in asked_for:
            return found
        put(
            kind=WorkKind.TRIAL,
            lender_id=assessment.lender_id,
            application_id=assessment.application_id,
            payload={"explain": assessment.pk},
            lane=Lane.INTERACTIVE,
            now=now,
        )
        record_entry(
            actor=actor,
            action="explanation.requested",
            object_type="assessment",
            object_id=str(assessment.pk),
            object_label=f"{application.reference} assessment {assessment.number}",
            lender_id=assessment.lender_id,
            application_id=assessment.application_id,
            now=now,
        )
    return OnRequest(Progress.IN_PREPARATION)
