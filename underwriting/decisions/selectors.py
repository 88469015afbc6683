"""Reading decisions and assessments."""

from __future__ import annotations

from underwriting.models import Assessment, Decision


def standing_decision(application_id: int) -> Decision | None:
    """The decision that stands: the last one; None before the first."""
    return (
        Decision.objects.filter(application_id=application_id)
        .select_related("assessment")
        .order_by("-number")
        .first()
    )


def latest_assessment(application_id: int) -> Assessment | None:
    """The newest assessment, whether or not it took effect; None before the first."""
    return (
        Assessment.objects.filter(application_id=application_id)
        .select_related("model_version", "policy_version__policy", "reason_catalogue")
        .order_by("-number")
        .first()
    )


def access_assessment(*, lender_id: int, assessment_id: int) -> Assessment:
    """An assessment of this lender. Raises Assessment.DoesNotExist for another lender's as for one that is not there."""
    return Assessment.objects.select_related(
        "application__product", "model_version", "policy_version__policy", "reason_catalogue"
    ).get(lender_id=lender_id, pk=assessment_id)
