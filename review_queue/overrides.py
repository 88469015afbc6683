"""Decisions against the system: on which side, for which coded reason, and how often (REFERENCE D.4).

The reasons are a closed list, because an override that anybody may name as they like cannot be counted; none of them is "a good
customer". Each comes with a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from underwriting.enums import Outcome, OverrideSide
from underwriting.models import Decision

LOW_SIDE_REASONS = {
    "verified_compensating_income": "Income verified that the assessment did not count",
    "relationship": "Long and clean repayment record with us",
    "compensating_assets": "Savings or assets that cover the loan",
    "isolated_event": "A single past event with a documented cause",
    "report_in_error": "The credit report is wrong, as documents show",
    "policy_exception": "An exception to the policy that the lender allows",
}
HIGH_SIDE_REASONS = {
    "income_not_confirmed": "Stated income could not be confirmed",
    "undisclosed_debt": "Debts that the assessment did not count",
    "adverse_information": "Adverse information newer than the assessment",
    "repayment_capacity": "Payments leave too little to live on",
    "inconsistent_information": "Statements and documents contradict each other",
    "policy_exception": "An exception to the policy that the lender allows",
}
REASONS = {OverrideSide.LOW_SIDE: LOW_SIDE_REASONS, OverrideSide.HIGH_SIDE: HIGH_SIDE_REASONS}


def override_side(*, system: Outcome, person: Outcome) -> OverrideSide | None:
    """On which side a person's outcome leaves the system's at the same terms; None where the system asked for a person."""
    if system is Outcome.REFER or system is person:
        return None
    return OverrideSide.LOW_SIDE if person.severity < system.severity else OverrideSide.HIGH_SIDE


@dataclass(frozen=True, slots=True)
class OverrideRate:
    """How often people decided against the system. `low_side` is of `system_declines`, `high_side` of `system_approvals`."""

    low_side: int
    system_declines: int
    high_side: int
    system_approvals: int


def override_rate(*, lender_id: int, since: datetime, until: datetime) -> OverrideRate:
    """Overrides among the decisions of a lender in a time, with what they are a share of. One statement.

    A counteroffer of the system counts on both sides: it said no to the terms asked for, and yes to others.
    """
    rows = Decision.objects.filter(lender_id=lender_id, decided_at__gte=since, decided_at__lt=until)
    said_no = Q(assessment__outcome__in=[Outcome.DECLINE, Outcome.COUNTEROFFER])
    said_yes = Q(assessment__outcome__in=[Outcome.APPROVE, Outcome.COUNTEROFFER])
    counted = rows.aggregate(
        low=Count("pk", filter=Q(held_decision__override=OverrideSide.LOW_SIDE)),
        declines=Count("pk", filter=said_no),
        high=Count("pk", filter=Q(held_decision__override=OverrideSide.HIGH_SIDE)),
        approvals=Count("pk", filter=said_yes),
    )
    return OverrideRate(counted["low"], counted["declines"], counted["high"], counted["approvals"])
