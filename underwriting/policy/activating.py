"""Putting an approved version in force, now or from a moment.

A moment comes by itself: which version is in force is read by time (underwriting.policy.selectors), and no job has to wake.
`now` is the database's clock (underwriting.moment.database_now), so that a host whose clock is wrong dates nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.effect.ask import ask_for_effect
from underwriting.enums import PolicyState, Role, RolloutEnd, WorkKind
from underwriting.models import PolicyRollout, PolicyVersion
from underwriting.policy.approvals import standing_of
from underwriting.policy.refused_attempts import recording_refusals
from underwriting.policy.selectors import version_in_force
from underwriting.policy.version_rows import (
    ApprovalStale,
    LifecycleRefused,
    WrongState,
    audit_version,
    locked_version,
    require_person,
    require_reference,
    retire_others,
)
from underwriting.work.put import put

MAX_AHEAD = timedelta(days=90)  # an activation further ahead would outlive the evidence it was approved on
REVIEW_WITHIN = timedelta(hours=24)


@recording_refusals("activate")
def activate_version(
    *, version: PolicyVersion, actor: Actor, now: datetime, active_from: datetime | None = None
) -> PolicyVersion:
    """Put an approved version in force now, or from a moment at most 90 days ahead.

    Raises ReferenceMissing unless its sample is for exactly its approve cut-off on today's champion, ApprovalStale unless its
    approvals are for this document against the version in force, NotAllowed, WrongState.
    """
    with transaction.atomic():
        locked = locked_version(version, PolicyState.APPROVED)
        require_person(actor, locked.policy, Role.RISK_APPROVER)
        moment = active_from or now
        if moment < now or moment > now + MAX_AHEAD:
            raise LifecycleRefused(f"Choose a moment between now and {MAX_AHEAD.days} days ahead.")
        if locked.active_from is not None and locked.active_from <= now:
            raise WrongState("This version is in force already.")
        other = _scheduled(locked, now)
        if moment > now and other is not None:
            raise WrongState(f"v{other.number} is scheduled already. Take that back first.")
        return put_in_force(locked, actor=actor, now=now, moment=moment)


def put_in_force(version: PolicyVersion, *, actor: Actor, now: datetime, moment: datetime) -> PolicyVersion:
    """The change itself, inside the caller's transaction and under the policy's lock. Raises ReferenceMissing, ApprovalStale, WrongState."""
    newer = PolicyVersion.objects.filter(
        policy_id=version.policy_id, state=PolicyState.ACTIVE, active_from__gt=now
    )
    if newer.exists():
        raise WrongState("Another version came into force in between. Look again.")
    sample = require_reference(version)
    current = version_in_force(version.policy, now)
    require_standing(version, current)
    version.model_version, version.active_from = sample.model_version, moment
    if moment == now:
        retire_others(version, now)
        _unschedule_others(version, actor, now)
        _end_rollouts(version, actor, now)
        version.state = PolicyState.ACTIVE
    version.save(update_fields=["state", "active_from", "model_version"])
    if moment == now:
        ask_for_effect(version, now)
    if version.is_emergency:
        put(
            kind=WorkKind.REVIEW_DUE,
            lender_id=version.policy.lender_id,
            subject_id=version.pk,
            now=now,
            not_before=moment + REVIEW_WITHIN,
        )
    audit_version(
        "policy.activated" if moment == now else "policy.scheduled",
        version,
        actor,
        now,
        before={"version": current.number if current else None},
        after={
            "version": version.number,
            "active_from": moment.isoformat(),
            "reference_sample": sample.sha256,
        },
    )
    return version


def require_standing(version: PolicyVersion, live: PolicyVersion | None) -> None:
    """Raises ApprovalStale unless the approvals that count today are as many as the change needs."""
    standing = standing_of(version, live)
    if standing.is_complete:
        return
    why = standing.stale[-1].why if standing.stale else standing.missing
    raise ApprovalStale(f"The approval is out of date. {why}")


@recording_refusals("unschedule")
def unschedule_version(*, version: PolicyVersion, actor: Actor, now: datetime) -> PolicyVersion:
    """Take back the moment of a version that is to come into force; it stays approved. Raises NotAllowed, WrongState."""
    with transaction.atomic():
        locked = locked_version(version, PolicyState.APPROVED)
        require_person(actor, locked.policy, Role.RISK_APPROVER)
        if locked.active_from is None or locked.active_from <= now:
            raise WrongState("This version is not scheduled.")
        _unschedule(locked, actor, now)
        return locked


def _scheduled(version: PolicyVersion, now: datetime) -> PolicyVersion | None:
    others = PolicyVersion.objects.select_related("policy").exclude(pk=version.pk)
    return others.filter(policy_id=version.policy_id, state=PolicyState.APPROVED, active_from__gt=now).first()


def _unschedule_others(version: PolicyVersion, actor: Actor, now: datetime) -> None:
    """Whatever was to come later was approved against the version that ends now."""
    other = _scheduled(version, now)
    if other is not None:
        _unschedule(other, actor, now)


def _unschedule(version: PolicyVersion, actor: Actor, now: datetime) -> None:
    before = version.active_from
    version.active_from = None
    version.save(update_fields=["active_from"])
    moment = before.isoformat() if before else None
    audit_version("policy.unscheduled", version, actor, now, before={"active_from": moment})


def _end_rollouts(version: PolicyVersion, actor: Actor, now: datetime) -> None:
    """A trial ends when its own version comes into force, or any other."""
    running = PolicyRollout.objects.filter(policy_id=version.policy_id, ended_at=None)
    for rollout in running.select_related("version__policy"):
        is_own = rollout.version_id == version.pk
        end_rollout(rollout, RolloutEnd.PROMOTED if is_own else RolloutEnd.STOPPED, actor, now)


def end_rollout(rollout: PolicyRollout, how: RolloutEnd, actor: Actor, now: datetime) -> None:
    """End a trial, inside the caller's transaction and under the policy's lock; that it was promoted, its activation says."""
    rollout.ended_at, rollout.ended_as = now, how
    rollout.save(update_fields=["ended_at", "ended_as"])
    if how is RolloutEnd.STOPPED:
        audit_version("policy.rollout_stopped", rollout.version, actor, now, before={"mode": rollout.mode})
