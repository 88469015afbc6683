"""What a decision on a case puts at stake: its amounts, its price tier, and where it leaves the system or the policy."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from review_queue.authority import Need, Stakes, second_look_needs
from review_queue.evidence import findings_of
from review_queue.models import HeldDecision, ReviewCase
from review_queue.overrides import override_side
from review_queue.pairs import WorkedOut
from review_queue.terms import approval_terms
from underwriting.enums import Outcome, OverrideSide, Role
from underwriting.policy.types import FindingResult, Offer

KEPT = "It leaves the bounds of the policy."


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Why a second approver would be needed, before anything is decided, for an approval as asked and for a decline."""

    approve: tuple[Need, ...]
    decline: tuple[Need, ...]
    approve_tier: str
    approve_side: OverrideSide | None
    decline_side: OverrideSide | None


def stakes_of(
    case: ReviewCase, *, outcome: Outcome, offer: Offer | None, worked_out: WorkedOut | None = None
) -> Stakes:
    """What this outcome puts at stake. `worked_out` is set for other terms that a person chose, not the assessment."""
    amounts = (case.application.requested_amount_minor, offer.amount_minor if offer else None)
    return Stakes(
        amount_minor=max((amount for amount in amounts if amount is not None), default=0),
        price_tier=offer.price_tier if offer else "",
        override=_side(case, outcome, worked_out),
        exceptions=_exceptions(case, outcome, worked_out),
    )


def stakes_of_held(case: ReviewCase, held: HeldDecision) -> Stakes:
    """What a first answer put at stake, out of what was kept of it; `case.assessment` is the one it rests on."""
    offer = Offer(**held.offer) if held.offer else None
    amounts = (case.application.requested_amount_minor, offer.amount_minor if offer else None)
    return Stakes(
        amount_minor=max((amount for amount in amounts if amount is not None), default=0),
        price_tier=offer.price_tier if offer else "",
        override=OverrideSide(held.override) if held.override else None,
        exceptions=(KEPT,) if Need.EXCEPTION in held.second_look else (),
    )


def foresee(case: ReviewCase, *, roles: Collection[Role]) -> Foreseen:
    """What the decision bar says before a person decides. Raises what `second_look_needs` raises."""
    offers = list(approval_terms(case).offers.values())
    version = case.assessment.policy_version
    document = version.document if version else {}
    approve = stakes_of(case, outcome=Outcome.APPROVE, offer=offers[0] if len(offers) == 1 else None)
    decline = stakes_of(case, outcome=Outcome.DECLINE, offer=None)
    return Foreseen(
        approve=second_look_needs(document, roles, approve),
        decline=second_look_needs(document, roles, decline),
        approve_tier=approve.price_tier,
        approve_side=approve.override,
        decline_side=decline.override,
    )


def _side(case: ReviewCase, outcome: Outcome, worked_out: WorkedOut | None) -> OverrideSide | None:
    system = Outcome(case.assessment.outcome)
    if outcome is not Outcome.COUNTEROFFER:
        return override_side(system=system, person=outcome)
    if worked_out is None:  # what the assessment found, or an offer that is upheld
        return None
    if system is Outcome.APPROVE:
        return OverrideSide.HIGH_SIDE
    return OverrideSide.LOW_SIDE if worked_out.outcome is Outcome.DECLINE else None


def rules_set_aside(
    case: ReviewCase, outcome: Outcome, worked_out: WorkedOut | None = None
) -> tuple[str, ...]:
    """The rules that make an approval, or other terms of a person's choice, an exception to the policy."""
    version = case.assessment.policy_version
    if (
        version is None
        or outcome is Outcome.DECLINE
        or (outcome is Outcome.COUNTEROFFER and worked_out is None)
    ):
        return ()
    found = findings_of(case.assessment)
    referring = tuple(f.rule_id for f in found if f.result is FindingResult.REFER)
    if worked_out is not None:
        referring = worked_out.referring_rules
    rules = (version.document.get("delegation") or {}).get("exception_rules", ())
    return tuple(rule for rule in referring if rule in rules)


def _exceptions(case: ReviewCase, outcome: Outcome, worked_out: WorkedOut | None) -> tuple[str, ...]:
    """How an approval, or other terms of a person's choice, leave what the policy allows, as sentences."""
    version = case.assessment.policy_version
    if (
        version is None
        or outcome is Outcome.DECLINE
        or (outcome is Outcome.COUNTEROFFER and worked_out is None)
    ):
        return ()
    score = case.assessment.score if worked_out is None else worked_out.score
    said = [f"It is made in spite of {rule}." for rule in rules_set_aside(case, outcome, worked_out)]
    lowest = min(tier["score_from"] for tier in version.document["price_grid"])
    if score is not None and score < lowest:
        said.append("The score is below every price of the policy.")
    if worked_out is not None and worked_out.exception:
        said.append(worked_out.exception)
    return tuple(said)
