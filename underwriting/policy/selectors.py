"""Reading policies: the gates for request code, and which version is in force at a moment."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from underwriting.enums import PolicyState
from underwriting.models import Lender, Policy, PolicyVersion
from underwriting.people.access import NotYours
from underwriting.policy.version_rows import WrongState

LIVE_STATES = (PolicyState.APPROVED, PolicyState.ACTIVE, PolicyState.RETIRED)
VERSION_PARTS = (
    "policy__lender",
    "policy__product",
    "author",
    "approver",
    "based_on",
    "undoes",
    "reference_sample",
    "model_version",
)


def active_policy_version(product_id: int, at: datetime) -> PolicyVersion | None:
    """The version in force for a product at a moment: the one activated last that is not retired by then; None when there is none."""
    versions = PolicyVersion.objects.filter(policy__product_id=product_id)
    return _in_force(versions, at).select_related("policy").first()


def version_in_force(policy: Policy, at: datetime) -> PolicyVersion | None:
    """The version of a policy in force at a moment, with everything a screen shows of it."""
    return _in_force(PolicyVersion.objects.filter(policy=policy), at).select_related(*VERSION_PARTS).first()


def version_before(version: PolicyVersion) -> PolicyVersion | None:
    """The version that was in force before this one came; None where there was none."""
    if version.active_from is None:
        return None
    earlier = PolicyVersion.objects.filter(
        policy_id=version.policy_id, state__in=LIVE_STATES, active_from__lt=version.active_from
    )
    return earlier.exclude(pk=version.pk).order_by("-active_from", "-number").first()


def versions_in_force(lender_id: int, at: datetime) -> list[PolicyVersion]:
    """Of each policy of a lender the version in force at a moment, in the order of the policies. One statement."""
    versions = PolicyVersion.objects.filter(policy__lender_id=lender_id).select_related("policy")
    return list(_in_force(versions, at).order_by("policy", "-active_from", "-number").distinct("policy"))


def _in_force(versions: QuerySet[PolicyVersion], at: datetime) -> QuerySet[PolicyVersion]:
    # An approved version with a moment in the past is a scheduled one whose moment has come: it counts without any job running.
    started = versions.filter(state__in=LIVE_STATES, active_from__lte=at)
    return started.filter(Q(retired_at=None) | Q(retired_at__gt=at)).order_by("-active_from", "-number")


def state_at(version: PolicyVersion, *, in_force: PolicyVersion | None) -> PolicyState:
    """What a version is at the moment `in_force` was read for: stored states lag behind a scheduled moment until the next change."""
    state = PolicyState(version.state)
    if in_force is not None and version.pk == in_force.pk:
        return PolicyState.ACTIVE
    if state is PolicyState.APPROVED and in_force is not None and _came_before(version, in_force):
        return PolicyState.RETIRED
    return PolicyState.RETIRED if state is PolicyState.ACTIVE else state


def _came_before(version: PolicyVersion, in_force: PolicyVersion) -> bool:
    """Whether a version's own moment came and went before that of the one in force."""
    began, came = version.active_from, in_force.active_from
    return began is not None and came is not None and (began, version.number) < (came, in_force.number)


def access_policy(lender: Lender, slug: str) -> Policy:
    """A policy of the lender. Raises NotYours, also for somebody else's."""
    policy = Policy.objects.select_related("lender", "product").filter(lender=lender, slug=slug).first()
    if policy is None:
        raise NotYours
    return policy


def access_version(lender: Lender, slug: str, number: int) -> PolicyVersion:
    """A version of a policy of the lender. Raises NotYours, also for somebody else's."""
    version = (
        PolicyVersion.objects.select_related(*VERSION_PARTS)
        .filter(policy__lender=lender, policy__slug=slug, number=number)
        .first()
    )
    if version is None:
        raise NotYours
    return version


def access_draft(lender: Lender, slug: str, number: int) -> PolicyVersion:
    """A draft of the lender, without its document until that is asked for. Raises NotYours; WrongState where it is frozen."""
    version = (
        PolicyVersion.objects.select_related("policy__lender", "policy__product", "author")
        .filter(policy__lender=lender, policy__slug=slug, number=number)
        .defer("document")
        .first()
    )
    if version is None:
        raise NotYours
    if version.state != PolicyState.DRAFT:
        raise WrongState("This version was submitted and is frozen. Start a new draft to change it.")
    return version


def versions_of(policy: Policy) -> list[PolicyVersion]:
    """The newest 200 versions, newest first, without their documents until those are asked for."""
    return list(
        PolicyVersion.objects.filter(policy=policy)
        .select_related("author", "approver")
        .defer("document")
        .order_by("-number")[:200]
    )
