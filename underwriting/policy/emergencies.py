"""The second look at a change that one person let into force at once (an emergency change, or a rollback in an incident)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from underwriting.alerts.raise_alert import raise_alert
from underwriting.audit.actor import Actor
from underwriting.enums import PolicyState, ReviewVerdict, Role
from underwriting.models import EmergencyReview, Lender, PolicyVersion
from underwriting.policy.activating import REVIEW_WITHIN
from underwriting.policy.refused_attempts import recording_refusals
from underwriting.policy.requirement import APPROVING_ROLES
from underwriting.policy.version_rows import (
    AuthorCannotApprove,
    WrongState,
    audit_version,
    locked_version,
    require_not_writer,
    require_person,
    require_reason,
)

OVERDUE = "policy.review_overdue"


def unreviewed(lender: Lender, now: datetime) -> list[PolicyVersion]:
    """Emergencies of a lender that came into force and that no second person looked at, the oldest first; at most 50."""
    rows = PolicyVersion.objects.filter(
        policy__lender=lender, is_emergency=True, emergency_review=None, active_from__lte=now
    )
    return list(rows.select_related("policy", "author", "approver").order_by("active_from")[:50])


def review_due_at(version: PolicyVersion) -> datetime | None:
    """When the second look is due; None for a version that needs none."""
    if not version.is_emergency or version.active_from is None:
        return None
    return version.active_from + REVIEW_WITHIN


@recording_refusals("review")
def review_emergency(
    *, version: PolicyVersion, verdict: ReviewVerdict, note: str, actor: Actor, now: datetime
) -> EmergencyReview:
    """Say afterwards whether an emergency change was right; by neither its author nor its approver.

    Raises AuthorCannotApprove, SameBrowser, NotAllowed, WrongState.
    """
    with transaction.atomic():
        locked = locked_version(version, *PolicyState)
        reviewer_id = require_person(actor, locked.policy, *APPROVING_ROLES, Role.AUDITOR)
        require_not_writer(locked, reviewer_id, actor)
        if locked.approvals.filter(approver_id=reviewer_id).exists():
            raise AuthorCannotApprove("You approved this version, so somebody else looks at it.")
        if not locked.is_emergency or locked.active_from is None or locked.active_from > now:
            raise WrongState("This is no emergency change that came into force.")
        if EmergencyReview.objects.filter(version=locked).exists():
            raise WrongState("Somebody looked at this change already.")
        require_reason(note)
        review = EmergencyReview.objects.create(
            version=locked, reviewer_id=reviewer_id, verdict=verdict, note=note.strip(), reviewed_at=now
        )
        audit_version(
            "policy.emergency_reviewed", locked, actor, now, after={"verdict": verdict.value}, reason=note
        )
        return review


def alert_if_unreviewed(version_id: int, *, now: datetime) -> bool:
    """Raise an alert for an emergency change that nobody looked at in time; inside the caller's transaction."""
    version = PolicyVersion.objects.select_related("policy").get(pk=version_id)
    if EmergencyReview.objects.filter(version=version).exists():
        return False
    raise_alert(
        kind=OVERDUE,
        subject=f"Nobody looked at the emergency change {version} within 24 hours.",
        lender_id=version.policy.lender_id,
        now=now,
        details={"policy": version.policy.slug, "version": version.number},
    )
    return True
