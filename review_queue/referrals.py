"""How much of what is assessed each referral rule sends to a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from review_queue.team import LOOKED_BACK
from underwriting.enums import Origin
from underwriting.models import Assessment, PolicyVersion
from underwriting.policy.schema import RuleKind
from underwriting.policy.selectors import versions_in_force
from underwriting.policy.types import FindingResult


@dataclass(frozen=True, slots=True)
class Referring:
    """A referral rule of a policy in force: it referred `referred` of the `assessed` of its policy in 28 days."""

    policy_slug: str
    policy_name: str
    rule_id: str
    name: str
    referred: int
    assessed: int


def referring_rules(*, lender_id: int, now: datetime) -> Sequence[Referring]:
    """Every referral rule in force, by policy, the one that refers most first. Two statements."""
    rules = [
        (version, rule)
        for version in versions_in_force(lender_id, now)
        for rule in version.document.get("rules", ())
        if rule["kind"] == RuleKind.REVIEW
    ]
    counts = {f"assessed_{version.policy_id}": _of(version) for version, _ in rules} | {
        f"referred_{place}": _of(version) & _refers(rule["id"]) for place, (version, rule) in enumerate(rules)
    }
    made = Assessment.objects.filter(
        lender_id=lender_id, created_at__gt=now - LOOKED_BACK, application__origin=Origin.RECEIVED
    )
    counted = made.aggregate(**{name: Count("pk", filter=which) for name, which in counts.items()})
    found = [
        Referring(
            policy_slug=version.policy.slug, policy_name=version.policy.name, rule_id=rule["id"], name=rule["name"],
            referred=counted[f"referred_{place}"], assessed=counted[f"assessed_{version.policy_id}"],
        )
        for place, (version, rule) in enumerate(rules)
    ]  # fmt: skip
    return sorted(found, key=lambda row: (row.policy_name, row.policy_slug, -row.referred, row.rule_id))


def _of(version: PolicyVersion) -> Q:
    return Q(policy_version__policy_id=version.policy_id)


def _refers(rule_id: str) -> Q:
    return Q(findings__contains=[{"rule_id": rule_id, "result": FindingResult.REFER.value}])
