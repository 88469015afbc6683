"""The explanation of a decision: what each feature did to the score, and the principal reasons, once they are disclosed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from pydantic import Field
from rest_framework.request import Request

from explanations.on_request import OnRequest, Progress, ask_for_explanation, is_explained_on_request
from underwriting.api.authentication import principal_of
from underwriting.api.base import ApiView, json_response
from underwriting.api.documentation import HEADER, problems
from underwriting.api.problems import Problem
from underwriting.api.schemas import (
    Answer,
    ReasonAnswer,
    ReasonsStatus,
    disclosed_reasons,
    reasons_status,
    standing_decisions,
)
from underwriting.enums import Outcome, Scope
from underwriting.models import Application, Assessment, Decision
from underwriting.people.access import access_application

RETRY_AFTER_SECONDS: Final = 1


class Computed(StrEnum):
    """`with_assessment`: part of the assessment; `on_request`: later, by the same model over the same frozen facts."""

    WITH_ASSESSMENT = "with_assessment"
    ON_REQUEST = "on_request"


class ContributionAnswer(Answer):
    """One feature's share of the score. Shares and base add up to the score's exact points."""

    feature: str
    fact: str
    points: float = Field(description="Negative: it lowered the score.")
    log_odds: float = Field(description="Of default; positive: it raised the risk.")


class ExplanationAnswer(Answer):
    """Why the assessment behind the standing decision came out as it did."""

    application: UUID
    decision_number: int
    outcome: Outcome
    score: int | None = Field(description="Points; higher is safer.")
    base_points: float | None = Field(description="The score of the people just approved, on average.")
    contributions: list[ContributionAnswer]
    reasons: list[ReasonAnswer]
    model_version: str | None
    policy_version: str | None
    computed: Computed = Field(description="An approval is explained when it is first asked for.")
    computed_at: datetime


class InPreparation(Answer):
    """A worker has been asked; the same request gets the explanation once it is there."""

    status: Literal["in_preparation"]


class ExplanationView(ApiView):
    """`/applications/{id}/explanation`."""

    scopes: ClassVar = {"GET": Scope.EXPLANATIONS_READ}

    @extend_schema(
        operation_id="get_explanation",
        summary="Read why the decision that stands was made",
        parameters=[
            OpenApiParameter(
                "Retry-After",
                {"type": "integer", "minimum": 1},
                HEADER,
                response=[202],
                description="Seconds to wait before asking again.",
            )
        ],
        responses={
            200: OpenApiResponse(ExplanationAnswer, description="The explanation."),
            202: OpenApiResponse(
                InPreparation, description="An approval, which is being explained because you asked."
            ),
            **problems(401, 403, 404, 429, 503),
        },
    )
    def get(self, request: Request, public_id: UUID) -> HttpResponse:
        """404 with `no_explanation_yet` until there is a decision whose reasons are disclosed.

        An approval is explained on request: the first time the answer is 202, and `Retry-After` says when to ask again.
        """
        principal = principal_of(request)
        application = access_application(principal.client, public_id)
        decision = standing_decisions([application]).get(application.pk)
        if decision is None or reasons_status(decision) is ReasonsStatus.IN_REVIEW:
            raise Problem("no_explanation_yet", "There is no decision with disclosed reasons.")
        assessment = Assessment.objects.select_related("model_version", "policy_version__policy").get(
            pk=decision.assessment_id
        )
        if decision.outcome != Outcome.APPROVE or not is_explained_on_request(assessment):
            return json_response(_described(application, decision, assessment))
        asked = ask_for_explanation(assessment=assessment, actor=principal.actor(request), now=timezone.now())
        if asked.progress is Progress.FAILED:
            raise Problem("explanation_unavailable", "The explanation could not be computed.")
        if asked.progress is Progress.IN_PREPARATION:
            response = json_response(InPreparation(status="in_preparation"), status=202)
            response["Retry-After"] = str(RETRY_AFTER_SECONDS)
            return response
        return json_response(_described(application, decision, assessment, asked))


def _described(
    application: Application, decision: Decision, assessment: Assessment, asked: OnRequest | None = None
) -> ExplanationAnswer:
    """What the assessment holds, or what was computed because somebody asked."""
    stored = assessment.contributions if asked is None else asked.contributions
    contributions: Mapping[str, Any] = stored or {}
    computed_at = None if asked is None else asked.computed_at
    return ExplanationAnswer(
        application=application.public_id,
        decision_number=decision.number,
        outcome=Outcome(decision.outcome),
        score=assessment.score,
        base_points=contributions.get("base_points"),
        contributions=[
            ContributionAnswer(
                feature=share["name"],
                fact=share["fact"],
                points=share["points"],
                log_odds=share["log_odds"],
            )
            for share in contributions.get("features", [])
        ],
        reasons=disclosed_reasons(decision),
        model_version=str(assessment.model_version) if assessment.model_version else None,
        policy_version=str(assessment.policy_version) if assessment.policy_version else None,
        computed=Computed.WITH_ASSESSMENT if computed_at is None else Computed.ON_REQUEST,
        computed_at=computed_at or assessment.created_at,
    )
