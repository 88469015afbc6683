"""Another person's yes or no to a submitted version."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.enums import PolicyState, Role
from underwriting.models import Membership, PolicyApproval, PolicyVersion
from underwriting.policy.activating import put_in_force
from underwriting.policy.approvals import require_backtest, standing_of
from underwriting.policy.refused_attempts import recording_refusals
from underwriting.policy.requirement import APPROVING_ROLES
from underwriting.policy.selectors import version_in_force
from underwriting.policy.version_rows import (
    DraftChanged,
    WrongState,
    audit_version,
    locked_version,
    require_not_in_force,
    require_not_writer,
    require_on_live,
    require_person,
    require_reason,
    require_reference,
)


@recording_refusals("approve")
def approve_version(
    *,
    version: PolicyVersion,
    actor: Actor,
    now: datetime,
    seen_sha256: str | None = None,
    seen_backtest: str | None = None,
) -> PolicyVersion:
    """Approve exactly this document, with its reference sample, against exactly the version in force, on its backtest.

    The version is APPROVED once as many people as the size of its effect asks for have done so; an emergency comes into
    force with it. `seen_sha256`, `seen_backtest`: the document and the id of the backtest (empty: none) that the person looked at,
    where a screen can tell. Raises AuthorCannotApprove,
    SameBrowser, NotAllowed, Clashing, BacktestMissing, ReferenceMissing, DraftChanged, WrongState.
    """
    with transaction.atomic():
        locked = locked_version(version, PolicyState.SUBMITTED, PolicyState.APPROVED)
        approver_id = require_person(actor, locked.policy, *APPROVING_ROLES)
        require_not_writer(locked, approver_id, actor)
        require_not_in_force(locked, now)
        if seen_sha256 is not None and seen_sha256 != locked.document_sha256:
            raise DraftChanged("This is not the document that you looked at. Look again before you approve.")
        live = version_in_force(locked.policy, now)
        require_on_live(locked, live)
        backtest = require_backtest(locked, live)
        if seen_backtest is not None and seen_backtest != str(backtest.pk if backtest else ""):
            raise DraftChanged("This is not the backtest that you looked at. Look again before you approve.")
        sample = require_reference(locked)
        standing = standing_of(locked, live)
        if any(approval.approver_id == approver_id for approval in standing.current):
            raise WrongState("You approved this version already.")
        if standing.is_complete:
            raise WrongState(f"Version {locked.number} has all the approvals it needs.")
        roles = _roles_held(approver_id, locked)
        PolicyApproval.objects.create(
            version=locked,
            approver_id=approver_id,
            roles=roles,
            document_sha256=locked.document_sha256,
            live_sha256=live.document_sha256 if live is not None else "",
            backtest=backtest,
            browser=actor.browser,
            approved_at=now,
        )
        before = PolicyState(locked.state)
        is_complete = standing_of(locked, live).is_complete
        locked.state = PolicyState.APPROVED if is_complete else PolicyState.SUBMITTED
        locked.approver_id, locked.approved_at = (approver_id, now) if is_complete else (None, None)
        if not is_complete and locked.active_from is not None:
            lost = {"active_from": locked.active_from.isoformat()}
            locked.active_from = None
            audit_version(
                "policy.unscheduled", locked, actor, now, before=lost, reason="Approvals are missing."
            )
        locked.save(update_fields=["state", "approver", "approved_at", "active_from"])
        audit_version(
            "policy.approved",
            locked,
            actor,
            now,
            after={
                "reference_sample": sample.sha256,
                "backtest": backtest.pk if backtest else None,
                "roles": roles,
                "is_complete": is_complete,
            },
            state=before,
        )
        if is_complete and locked.is_emergency:
            put_in_force(locked, actor=actor, now=now, moment=now)
        return locked


def _roles_held(person_id: int, version: PolicyVersion) -> list[str]:
    held = Membership.objects.filter(
        user_id=person_id, lender_id=version.policy.lender_id, role__in=APPROVING_ROLES
    )
    return sorted(held.values_list("role", flat=True))


@recording_refusals("turn down")
def turn_down_version(*, version: PolicyVersion, reason: str, actor: Actor, now: datetime) -> PolicyVersion:
    """Refuse a version that waits, or one approved and not yet in force; it stays on record as retired. Raises NotAllowed, WrongState."""
    with transaction.atomic():
        locked = locked_version(version, PolicyState.SUBMITTED, PolicyState.APPROVED)
        require_person(actor, locked.policy, Role.RISK_APPROVER, Role.COMPLIANCE)
        require_reason(reason)
        require_not_in_force(locked, now)
        before = PolicyState(locked.state)
        locked.state, locked.retired_at, locked.active_from = PolicyState.RETIRED, now, None
        locked.save(update_fields=["state", "retired_at", "active_from"])
        audit_version("policy.turned_down", locked, actor, now, reason=reason, state=before)
        return locked
