"""The explanation of a decision: what each feature did to the score, and the principal reasons, once they are disclosed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from pydantic import Field
from rest_framework.request import Request

from underwriting.api.authentication import principal_of
from underwriting.api.base import ApiView, json_response
from underwriting.api.documentation import problems
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


class ExplanationView(ApiView):
    """`/applications/{id}/explanation`."""

    scopes: ClassVar = {"GET": Scope.EXPLANATIONS_READ}

    @extend_schema(
        operation_id="get_explanation",
        summary="Read why the decision that stands was made",
        responses={
            200: OpenApiResponse(ExplanationAnswer, description="The explanation."),
            **problems(401, 403, 404, 429, 503),
        },
    )
    def get(self, request: Request, public_id: UUID) -> HttpResponse:
        """404 with `no_explanation_yet` until there is a decision whose reasons are disclosed."""
        application = access_application(principal_of(request).client, public_id)
        decision = standing_decisions([application]).get(application.pk)
        if decision is None or reasons_status(decision) is ReasonsStatus.IN_REVIEW:
            raise Problem("no_explanation_yet", "There is no decision with disclosed reasons.")
        assessment = Assessment.objects.select_related("model_version", "policy_version__policy").get(
            pk=decision.assessment_id
        )
        return json_response(_described(application, decision, assessment))


def _described(application: Application, decision: Decision, assessment: Assessment) -> ExplanationAnswer:
    contributions: Mapping[str, Any] = assessment.contributions or {}
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
    )
