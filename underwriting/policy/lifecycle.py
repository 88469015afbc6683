"""The life of a policy version: draft, submitted, approved by somebody else, active from a moment, retired.

Each function is one transaction with one audit entry. The policy row is locked first, so two changes of one policy never overlap.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.effect.ask import ask_for_effect
from underwriting.enums import PolicyState, Role
from underwriting.models import Policy, PolicyVersion
from underwriting.policy.check import KnownReasonCode
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.selectors import version_in_force
from underwriting.policy.version_rows import (
    AuthorCannotApprove,
    DraftChanged,
    LifecycleRefused,
    NotAllowed,
    WrongState,
    ask_for_reference,
    audit_version,
    insert_version,
    lock_policy,
    locked_version,
    require_person,
    require_reason,
    require_reference,
    require_sound,
    retire_others,
)

MAX_AHEAD = timedelta(days=90)  # an activation further ahead would outlive the evidence it was approved on


def create_draft(
    *,
    policy: Policy,
    actor: Actor,
    now: datetime,
    document: Mapping[str, Any] | None = None,
    based_on: PolicyVersion | None = None,
) -> PolicyVersion:
    """A new draft of the actor, from an earlier version (by default the one in force) or from a document. Raises NotAllowed."""
    with transaction.atomic():
        lock_policy(policy.pk)
        author_id = require_person(actor, policy, Role.RISK_MANAGER)
        source = based_on if based_on is not None or document is not None else version_in_force(policy, now)
        if source is not None and source.policy_id != policy.pk:
            raise NotAllowed("A draft starts from a version of the same policy.")
        if document is None and source is None:
            raise WrongState("There is no version in force to start from.")
        content = dict(document if document is not None else source.document if source else {})
        version = insert_version(policy=policy, document=content, source=source, author_id=author_id, now=now)
        audit_version(
            "policy.draft_created", version, actor, now, after={"based_on": source.number if source else None}
        )
        return version


def save_draft(
    *, version: PolicyVersion, document: Mapping[str, Any], expected_sha256: str, actor: Actor, now: datetime
) -> PolicyVersion:
    """Replace the document of one's own draft; it may still have complaints. Raises WrongState, NotAllowed, DraftChanged."""
    with transaction.atomic():
        locked = locked_version(version, PolicyState.DRAFT)
        if require_person(actor, locked.policy, Role.RISK_MANAGER) != locked.author_id:
            raise NotAllowed("Only its author changes a draft. Start your own draft from it instead.")
        if locked.document_sha256 != expected_sha256:
            raise DraftChanged(
                "The draft was saved from another window in between. Look at it again before you save."
            )
        before = locked.document_sha256
        locked.document, locked.document_sha256 = dict(document), canonical_sha256(document)
        locked.save(update_fields=["document", "document_sha256"])
        ask_for_effect(locked, now)
        audit_version(
            "policy.draft_saved",
            locked,
            actor,
            now,
            before={"sha256": before},
            after={"sha256": locked.document_sha256},
        )
        return locked


def submit_version(
    *,
    version: PolicyVersion,
    reason: str,
    reason_codes: Mapping[str, KnownReasonCode],
    actor: Actor,
    now: datetime,
) -> PolicyVersion:
    """Freeze one's own draft and ask for approval; its reference sample is drawn meanwhile.

    Raises PolicyRefused with every complaint, WrongState, NotAllowed.
    """
    with transaction.atomic():
        locked = locked_version(version, PolicyState.DRAFT)
        if require_person(actor, locked.policy, Role.RISK_MANAGER) != locked.author_id:
            raise NotAllowed("Only its author submits a draft.")
        require_reason(reason)
        require_sound(locked.document, reason_codes)
        return _submit(locked, reason, actor, now)


def roll_back(
    *,
    version: PolicyVersion,
    reason: str,
    reason_codes: Mapping[str, KnownReasonCode],
    actor: Actor,
    now: datetime,
) -> PolicyVersion:
    """A new version with an earlier version's document, submitted at once: it goes through the same approval.

    Raises PolicyRefused when today's checks refuse the old document, WrongState for one that was never in force, NotAllowed.
    """
    with transaction.atomic():
        policy = lock_policy(version.policy_id)
        author_id = require_person(actor, policy, Role.RISK_MANAGER)
        earlier = PolicyVersion.objects.get(pk=version.pk)
        in_force = version_in_force(policy, now)
        if (
            earlier.active_from is None
            or earlier.active_from > now
            or (in_force is not None and in_force.pk == earlier.pk)
        ):
            raise WrongState("Roll back goes to a version that was in force before and is not now.")
        require_reason(reason)
        require_sound(earlier.document, reason_codes)
        new = insert_version(
            policy=policy, document=earlier.document, source=earlier, author_id=author_id, now=now
        )
        return _submit(new, reason, actor, now)


def approve_version(*, version: PolicyVersion, actor: Actor, now: datetime) -> PolicyVersion:
    """Approve a submitted version together with its reference sample. Raises AuthorCannotApprove, NotAllowed, WrongState, ReferenceMissing."""
    with transaction.atomic():
        locked = locked_version(version, PolicyState.SUBMITTED)
        approver_id = require_person(actor, locked.policy, Role.RISK_APPROVER)
        if approver_id == locked.author_id:
            raise AuthorCannotApprove("You wrote this version, so somebody else approves it.")
        sample = require_reference(locked)
        locked.state, locked.approver_id, locked.approved_at = PolicyState.APPROVED, approver_id, now
        locked.save(update_fields=["state", "approver", "approved_at"])
        audit_version(
            "policy.approved",
            locked,
            actor,
            now,
            after={"reference_sample": sample.sha256},
            state=PolicyState.SUBMITTED,
        )
        return locked


def turn_down_version(*, version: PolicyVersion, reason: str, actor: Actor, now: datetime) -> PolicyVersion:
    """Refuse a version that waits, or one approved and not yet in force; it stays on record as retired. Raises NotAllowed, WrongState."""
    with transaction.atomic():
        locked = locked_version(version, PolicyState.SUBMITTED, PolicyState.APPROVED)
        require_person(actor, locked.policy, Role.RISK_APPROVER)
        require_reason(reason)
        if locked.active_from is not None and locked.active_from <= now:
            raise WrongState("This version is in force already. Roll back instead.")
        before = PolicyState(locked.state)
        locked.state, locked.retired_at, locked.active_from = PolicyState.RETIRED, now, None
        locked.save(update_fields=["state", "retired_at", "active_from"])
        audit_version("policy.turned_down", locked, actor, now, reason=reason, state=before)
        return locked


def request_reference(*, version: PolicyVersion, actor: Actor, now: datetime) -> PolicyVersion:
    """Have the reference sample drawn again, for the champion of today; an approval given with the old sample is void.

    Raises WrongState, NotAllowed.
    """
    with transaction.atomic():
        locked = locked_version(version, PolicyState.SUBMITTED, PolicyState.APPROVED)
        require_person(actor, locked.policy, Role.RISK_MANAGER, Role.RISK_APPROVER)
        if locked.active_from is not None and locked.active_from <= now:
            raise WrongState("This version is in force already.")
        before = PolicyState(locked.state)
        locked.state, locked.approver, locked.approved_at, locked.active_from = (
            PolicyState.SUBMITTED,
            None,
            None,
            None,
        )
        locked.reference_sample = locked.model_version = None
        locked.save(
            update_fields=[
                "state",
                "approver",
                "approved_at",
                "active_from",
                "reference_sample",
                "model_version",
            ]
        )
        ask_for_reference(locked, now)
        audit_version("policy.reference_requested", locked, actor, now, state=before)
        return locked


def activate_version(
    *, version: PolicyVersion, actor: Actor, now: datetime, active_from: datetime | None = None
) -> PolicyVersion:
    """Put an approved version in force now, or from a moment at most 90 days ahead.

    Raises ReferenceMissing unless its sample is for exactly its approve cut-off on today's champion, NotAllowed, WrongState.
    """
    with transaction.atomic():
        locked = locked_version(version, PolicyState.APPROVED)
        require_person(actor, locked.policy, Role.RISK_APPROVER)
        moment = active_from or now
        if moment < now or moment > now + MAX_AHEAD:
            raise LifecycleRefused(f"Choose a moment between now and {MAX_AHEAD.days} days ahead.")
        sample = require_reference(locked)
        current = version_in_force(locked.policy, now)
        locked.model_version = sample.model_version
        locked.active_from = moment
        if moment == now:
            retire_others(locked, now)
            locked.state = PolicyState.ACTIVE
        locked.save(update_fields=["state", "active_from", "model_version"])
        if moment == now:
            ask_for_effect(locked, now)
        audit_version(
            "policy.activated" if moment == now else "policy.scheduled",
            locked,
            actor,
            now,
            before={"version": current.number if current else None},
            after={
                "version": locked.number,
                "active_from": moment.isoformat(),
                "reference_sample": sample.sha256,
            },
        )
        return locked


def _submit(version: PolicyVersion, reason: str, actor: Actor, now: datetime) -> PolicyVersion:
    version.state, version.reason, version.submitted_at = PolicyState.SUBMITTED, reason.strip(), now
    version.save(update_fields=["state", "reason", "submitted_at"])
    ask_for_reference(version, now)
    audit_version(
        "policy.submitted",
        version,
        actor,
        now,
        reason=version.reason,
        after={"sha256": version.document_sha256},
        state=PolicyState.DRAFT,
    )
    return version
