"""The test bench: asking what a version says of one application, beside the version in force. Nothing is decided by it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.decisions.selectors import latest_assessment
from underwriting.enums import Role, WorkKind
from underwriting.intake.payload import ApplicationPayload
from underwriting.models import Application, Assessment, PolicyVersion, WorkItem
from underwriting.people.access import NotYours
from underwriting.policy.version_rows import LifecycleRefused, require_person
from underwriting.work.put import put

KEPT_FOR = timedelta(days=1)
SIDE_BY_SIDE = "side_by_side"  # marks the trials of the test bench among those of cases


def ask_about_application(*, version: PolicyVersion, reference: str, actor: Actor, now: datetime) -> WorkItem:
    """Have a past application of the same product weighed again. Raises LifecycleRefused where there is none to weigh, NotAllowed."""
    found = Application.objects.filter(
        lender_id=version.policy.lender_id,
        product_id=version.policy.product_id,
        reference=reference.strip().upper(),
    ).first()
    assessment = None if found is None else latest_assessment(found.pk)
    if assessment is None or not assessment.facts:
        raise LifecycleRefused("There is no assessed application of this product with that reference.")
    return _ask(version, {"assessment_id": assessment.pk}, assessment, actor, now)


def ask_about_body(
    *, version: PolicyVersion, payload: ApplicationPayload, channel: str, actor: Actor, now: datetime
) -> WorkItem:
    """Have a pasted application weighed. Only what it states is kept, without anybody's identity, and only until it is answered.

    Raises LifecycleRefused for one that intake would not assess, NotAllowed.
    """
    if payload.product.pk != version.policy.product_id:
        raise LifecycleRefused("The application is for another product than this policy.")
    if payload.missing_fields:
        raise LifecycleRefused(f"It would be incomplete: {', '.join(payload.missing_fields)} is missing.")
    return _ask(version, {"pasted": stated_part(payload, channel)}, None, actor, now)


def stated_part(payload: ApplicationPayload, channel: str) -> dict[str, Any]:
    """What an application says beside who the people are."""
    return {
        "channel": channel,
        "requested_amount_minor": payload.requested_amount_minor,
        "requested_term_months": payload.requested_term_months,
        "purpose": payload.purpose,
        "parties": [
            {
                "role": party.role.value,
                "stated": dict(party.stated),
                "report": None if party.report is None else dict(party.report),
            }
            for party in payload.parties
        ],
    }


def access_trial(version: PolicyVersion, item_id: int) -> WorkItem:
    """A trial of this version on the test bench. Raises NotYours."""
    item = WorkItem.objects.filter(
        pk=item_id, kind=WorkKind.TRIAL, lender_id=version.policy.lender_id, subject_id=version.pk
    ).first()
    if item is None or SIDE_BY_SIDE not in item.payload:
        raise NotYours
    return item


def _ask(
    version: PolicyVersion,
    payload: dict[str, Any],
    assessment: Assessment | None,
    actor: Actor,
    now: datetime,
) -> WorkItem:
    with transaction.atomic():
        require_person(actor, version.policy, Role.RISK_MANAGER, Role.RISK_APPROVER)
        WorkItem.objects.filter(
            kind=WorkKind.TRIAL,
            lender_id=version.policy.lender_id,
            payload__has_key=SIDE_BY_SIDE,
            created_at__lt=now - KEPT_FOR,
        ).delete()
        record_entry(
            actor=actor,
            action="policy.tested",
            object_type="policy_version",
            object_id=str(version.pk),
            object_label=f"{version.policy.slug} v{version.number}",
            lender_id=version.policy.lender_id,
            application_id=None if assessment is None else assessment.application_id,
            after={"document_sha256": version.document_sha256, "pasted": assessment is None},
            now=now,
            versions={"policy": version.number, "policy_sha256": version.document_sha256},
        )
        return put(
            kind=WorkKind.TRIAL,
            lender_id=version.policy.lender_id,
            subject_id=version.pk,
            payload={SIDE_BY_SIDE: True, **payload},
            now=now,
        )
