"""Trying an approved version on new applications before it comes into force: in shadow, or on a share of the applicants.

Which arm an applicant falls into hangs on the hash of the person (underwriting.models.Party.person_index) and a salt that is
drawn when the trial begins: the same person is always in the same arm, however often they apply while it runs.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count

from underwriting.audit.actor import Actor
from underwriting.enums import Outcome, PolicyState, Role, RolloutEnd, RolloutMode
from underwriting.models import Policy, PolicyRollout, PolicyVersion, ShadowResult
from underwriting.policy.activating import end_rollout, require_standing
from underwriting.policy.refused_attempts import recording_refusals
from underwriting.policy.selectors import version_in_force
from underwriting.policy.version_rows import (
    LifecycleRefused,
    WrongState,
    audit_version,
    locked_version,
    require_person,
    require_reference,
)

MAX_DAYS = 90
MAX_SHARE_PERCENT = 50
PARTS = 10_000


def in_share(person_index: bytes, *, salt: str, share_percent: int) -> bool:
    """Whether a person belongs to the share; the same answer for the same person as long as salt and share are the same."""
    digest = hashlib.sha256(salt.encode() + bytes(person_index)).digest()
    return int.from_bytes(digest[:8], "big") % PARTS < share_percent * PARTS // 100


def running_rollouts(product_ids: Iterable[int], at: datetime) -> list[PolicyRollout]:
    """Trials that run at a moment. Whether the version they are measured against is still in force is the caller's to see."""
    rows = PolicyRollout.objects.filter(
        policy__product_id__in=list(product_ids), ended_at=None, started_at__lte=at, until__gt=at
    )
    return list(rows.select_related("policy", "version__policy", "against"))


def open_rollout(policy: Policy) -> PolicyRollout | None:
    """The trial of a policy that nobody promoted or stopped yet; its days may be over."""
    rows = PolicyRollout.objects.filter(policy=policy, ended_at=None)
    return rows.select_related("version", "against", "started_by").first()


@recording_refusals("try")
def start_rollout(
    *,
    version: PolicyVersion,
    mode: RolloutMode,
    days: int,
    actor: Actor,
    now: datetime,
    share_percent: int | None = None,
) -> PolicyRollout:
    """Begin to try an approved version: in shadow, or deciding `share_percent` (1 to 50) of the applicants, for 1 to 90 days.

    Raises ApprovalStale, ReferenceMissing, NotAllowed, WrongState, LifecycleRefused for other days or another share.
    """
    with transaction.atomic():
        locked = locked_version(version, PolicyState.APPROVED)
        person_id = require_person(actor, locked.policy, Role.RISK_APPROVER)
        if not 1 <= days <= MAX_DAYS:
            raise LifecycleRefused(f"Choose 1 to {MAX_DAYS} days.")
        if (mode is RolloutMode.SHARE) != (share_percent is not None) or not (
            1 <= (1 if share_percent is None else share_percent) <= MAX_SHARE_PERCENT
        ):
            raise LifecycleRefused(f"Choose a share of 1 to {MAX_SHARE_PERCENT} %.")
        live = version_in_force(locked.policy, now)
        if live is None or locked.active_from is not None:
            raise WrongState(
                "A version is tried against the one in force, and before it has a moment of its own."
            )
        require_reference(locked)
        require_standing(locked, live)
        _make_room(locked.policy, live, actor, now)
        rollout = PolicyRollout.objects.create(
            policy=locked.policy,
            version=locked,
            against=live,
            mode=mode,
            share_percent=share_percent,
            salt=secrets.token_hex(8),
            started_at=now,
            until=now + timedelta(days=days),
            started_by_id=person_id,
        )
        after = {"mode": mode.value, "share_percent": share_percent, "against": live.number, "days": days}
        audit_version("policy.rollout_started", locked, actor, now, after=after)
        return rollout


def _make_room(policy: Policy, live: PolicyVersion, actor: Actor, now: datetime) -> None:
    """One trial at a time; one whose days are over, or whose ground is gone, makes room."""
    other = open_rollout(policy)
    if other is None:
        return
    if other.until > now and other.against_id == live.pk:
        raise WrongState(f"v{other.version.number} is being tried already. Promote or stop it first.")
    end_rollout(other, RolloutEnd.STOPPED, actor, now)


@recording_refusals("stop trying")
def stop_rollout(*, version: PolicyVersion, actor: Actor, now: datetime) -> PolicyRollout:
    """End the trial of a version; it stays approved. Raises NotAllowed, WrongState."""
    with transaction.atomic():
        locked = locked_version(version, *PolicyState)
        require_person(actor, locked.policy, Role.RISK_APPROVER)
        rollout = (
            PolicyRollout.objects.filter(version=locked, ended_at=None)
            .select_related("version__policy")
            .first()
        )
        if rollout is None:
            raise WrongState("This version is not being tried.")
        end_rollout(rollout, RolloutEnd.STOPPED, actor, now)
        return rollout


def disagreement(rollout: PolicyRollout) -> list[tuple[Outcome, list[int]]]:
    """What the version in force said by what the version in shadow said: one row an outcome, columns in the same order.

    Each application is counted once, as it was assessed last.
    """
    each = ShadowResult.objects.filter(rollout=rollout).order_by("assessment__application", "-pk")
    latest = each.distinct("assessment__application")
    counted = ShadowResult.objects.filter(pk__in=latest.values("pk")).values_list(
        "live_outcome", "shadow_outcome"
    )
    counts = {(live, shadow): n for live, shadow, n in counted.annotate(n=Count("id"))}
    return [(live, [counts.get((live.value, shadow.value), 0) for shadow in Outcome]) for live in Outcome]
