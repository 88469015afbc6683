"""At which terms a case can be approved: the requested ones, at the price of the policy version that assessed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from review_queue.models import ReviewCase
from underwriting.decisions.offers import keeps, standing_offer
from underwriting.enums import ApplicationStatus, Outcome, ProductKind
from underwriting.facts.values import Facts, facts_from_json
from underwriting.models import Assessment
from underwriting.policy.pricing import MissingFact, fit_line, loan_offer, tier_for
from underwriting.policy.schema import PolicyDocument, PriceTier, parse_document
from underwriting.policy.types import Offer, Terms


@dataclass(frozen=True, slots=True)
class ApprovalTerms:
    """The offers a person may make, by price tier; more than one only where no score chooses the tier.

    `cannot_because` says in words why there is none.
    """

    offers: Mapping[str, Offer]
    cannot_because: str = ""


@dataclass(frozen=True, slots=True)
class OtherTerms:
    """Other terms that can be offered; `until` is the day an offer keeps that stands and would be upheld."""

    offer: Offer
    until: date | None = None


def other_terms(case: ReviewCase, *, now: datetime) -> OtherTerms | None:
    """What can be offered where the terms asked for do not hold: what the assessment found, else the counteroffer that stands.

    An offer that stands is not made worse by a newer assessment; where that found nothing, or less, it is upheld.
    """
    found, application = _found(case.assessment), case.application
    is_offered = application.status == ApplicationStatus.COUNTEROFFERED
    standing = standing_offer(application, now=now) if is_offered else None
    if standing is None:
        return OtherTerms(found) if found else None
    offered = Offer(**(standing.decision.offer or {}))
    if found is None or found == offered or not keeps(found.to_json(), standing, application):
        return OtherTerms(offered, standing.valid_until)
    return OtherTerms(found)


def _found(assessment: Assessment) -> Offer | None:
    if assessment.outcome != Outcome.COUNTEROFFER or assessment.offer is None:
        return None
    return Offer(**assessment.offer)


def approval_terms(case: ReviewCase) -> ApprovalTerms:
    """What an approval would offer. A scored case gets its own tier's price; an unscored one lets the person choose the tier."""
    version = case.assessment.policy_version
    if version is None:
        return ApprovalTerms(
            {}, "There is no policy version to price this application with. It has to be assessed again."
        )
    document = parse_document(version.document)
    score = case.assessment.score
    tiers: list[PriceTier | None] = (
        [tier_for(document, score)] if score is not None else list(document.price_grid)
    )
    if tiers == [None]:
        # the referral band may reach below the price grid: a person who approves there does so at the dearest price
        tiers = [min(document.price_grid, key=lambda tier: tier.score_from)]
    facts = facts_from_json(case.assessment.facts)
    terms = Terms(case.application.requested_amount_minor, case.application.requested_term_months)
    try:
        offers = {tier.name: _offer(document, tier, terms, facts) for tier in tiers if tier is not None}
    except MissingFact as missing:
        return ApprovalTerms({}, f"A limit cannot be set: {missing.name.replace('_', ' ')} is not on file.")
    made = {name: offer for name, offer in offers.items() if offer is not None}
    if not made:
        return ApprovalTerms({}, "The price grid gives no offer at these terms.")
    return ApprovalTerms(made)


def _offer(document: PolicyDocument, tier: PriceTier, terms: Terms, facts: Facts) -> Offer | None:
    if document.product_kind is ProductKind.INSTALMENT:
        return loan_offer(tier, terms)
    fit = fit_line(document, tier, facts)
    if fit.is_under_minimum:
        return None
    return Offer(fit.limit_minor, None, tier.annual_rate_bps, None, tier.name)
