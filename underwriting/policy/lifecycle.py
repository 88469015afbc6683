"""The life of a policy version: draft, submitted, approved by others, active from a moment, retired.

Each function is one transaction with one audit entry. The policy row is locked first, so two changes of one policy never
overlap. The drafting is here; submitting, approving and activating have modules of their own, and are reached from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.effect.ask import ask_for_effect, ask_if_stale
from underwriting.enums import PolicyState, Role
from underwriting.models import Policy, PolicyVersion
from underwriting.policy.activating import activate_version, unschedule_version
from underwriting.policy.approvals import void_approvals
from underwriting.policy.approving import approve_version, turn_down_version
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.leases import require_free
from underwriting.policy.rebase import Clash, rebase
from underwriting.policy.refused_attempts import recording_refusals
from underwriting.policy.selectors import version_in_force
from underwriting.policy.submitting import request_check, request_reference, roll_back, submit_version
from underwriting.policy.version_rows import (
    Clashing,
    DraftChanged,
    NotAllowed,
    WrongState,
    audit_version,
    insert_version,
    keep_revision,
    lock_policy,
    locked_version,
    require_never_decided,
    require_not_in_force,
    require_person,
)

__all__ = [
    "activate_version",
    "approve_version",
    "create_draft",
    "rebase_version",
    "request_check",
    "request_reference",
    "roll_back",
    "save_draft",
    "submit_version",
    "take_back_version",
    "turn_down_version",
    "unschedule_version",
]


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
        version = insert_version(
            policy=policy, document=content, source=source, author_id=author_id, actor=actor, now=now
        )
        ask_if_stale(version, now)
        audit_version(
            "policy.draft_created", version, actor, now, after={"based_on": source.number if source else None}
        )
        return version


def save_draft(
    *,
    version: PolicyVersion,
    document: Mapping[str, Any],
    expected_sha256: str,
    actor: Actor,
    now: datetime,
    what: Mapping[str, Any] | None = None,
) -> PolicyVersion:
    """Replace the whole document of a draft; it may still have complaints. `what` is said of it in the audit trail.

    Raises WrongState, NotAllowed, DraftChanged, SectionHeld while somebody else works on any part of it.
    """
    with transaction.atomic():
        locked = locked_version(version, PolicyState.DRAFT)
        editor_id = require_person(actor, locked.policy, Role.RISK_MANAGER)
        require_free(locked, user_id=editor_id, now=now)
        if locked.document_sha256 != expected_sha256:
            raise DraftChanged(
                "The draft was saved from another window in between. Look at it again before you save."
            )
        before = locked.document_sha256
        locked.document, locked.document_sha256 = dict(document), canonical_sha256(document)
        locked.save(update_fields=["document", "document_sha256"])
        ask_for_effect(locked, now)
        keep_revision(locked, editor_id=editor_id, actor=actor, now=now)
        audit_version(
            "policy.draft_saved",
            locked,
            actor,
            now,
            before={"sha256": before},
            after={"sha256": locked.document_sha256, **(what or {})},
        )
        return locked


@recording_refusals("take back")
def take_back_version(*, version: PolicyVersion, actor: Actor, now: datetime) -> PolicyVersion:
    """Make a version that waits a draft again, for its author to edit; approvals are void. Raises NotAllowed, WrongState."""
    with transaction.atomic():
        locked = locked_version(version, PolicyState.SUBMITTED, PolicyState.APPROVED)
        if require_person(actor, locked.policy, Role.RISK_MANAGER) != locked.author_id:
            raise NotAllowed("Only its author takes a version back.")
        return _draft_again(locked, "policy.taken_back", "Its author took it back to edit it.", actor, now)


@recording_refusals("rebase")
def rebase_version(
    *,
    version: PolicyVersion,
    choices: Mapping[str, str],
    expected_sha256: str,
    expected_live: int,
    actor: Actor,
    now: datetime,
) -> PolicyVersion:
    """Put one's own change on top of the version in force: a draft again, approvals void.

    `choices`: for each clash, by its key, `mine` or `live`; `expected_live`: number of the version that the person saw in
    force. Raises Clashing while a clash is not chosen, and changes nothing then; DraftChanged, NotAllowed, WrongState.
    """
    with transaction.atomic():
        locked = locked_version(version, PolicyState.DRAFT, PolicyState.SUBMITTED, PolicyState.APPROVED)
        if require_person(actor, locked.policy, Role.RISK_MANAGER) != locked.author_id:
            raise NotAllowed("Only its author rebases a version.")
        require_free(locked, user_id=locked.author_id, now=now)
        live = version_in_force(locked.policy, now)
        if locked.undoes_id is not None:
            raise WrongState("A rollback goes back to a document as it was. Prepare it again.")
        if live is None or locked.based_on is None or live.pk == locked.based_on_id:
            raise WrongState("The version in force is still the one that this draft was based on.")
        if locked.document_sha256 != expected_sha256 or live.number != expected_live:
            raise DraftChanged("The draft or the version in force changed in between. Look again.")
        merged = rebase(locked.based_on.document, locked.document, live.document, choices)
        if isinstance(merged, tuple):
            raise Clashing(f"Choose for {_names(merged)} first. Nothing was changed.")
        locked.document, locked.document_sha256 = merged, canonical_sha256(merged)
        locked.based_on = live
        return _draft_again(locked, "policy.rebased", f"Rebased on v{live.number}.", actor, now)


def _names(clashes: tuple[Clash, ...]) -> str:
    return ", ".join(clash.name for clash in clashes)


def _draft_again(locked: PolicyVersion, action: str, why: str, actor: Actor, now: datetime) -> PolicyVersion:
    require_not_in_force(locked, now)
    require_never_decided(locked)
    before = PolicyState(locked.state)
    locked.state, locked.approver, locked.approved_at = PolicyState.DRAFT, None, None
    locked.active_from = locked.submitted_at = None
    locked.reference_sample = locked.model_version = None
    locked.save()
    keep_revision(locked, editor_id=locked.author_id or 0, actor=actor, now=now)
    ask_for_effect(locked, now)
    void_approvals(locked, why=why, now=now)
    audit_version(action, locked, actor, now, after={"sha256": locked.document_sha256}, state=before)
    return locked
