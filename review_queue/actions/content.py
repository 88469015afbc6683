"""What a person's choice comes to: stage, offer and reasons of the decision, or what is missing from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from explanations.merge import merge_for_person
from explanations.officer_reasons import reasons_from_officer
from explanations.reasons import PrincipalReasons
from review_queue.evidence import (
    case_file,
    needs_making_up_for,
    reason_codes_of,
    score_reasons_of,
    stage_of_decline,
)
from review_queue.models import ReviewCase
from review_queue.overrides import override_side
from review_queue.pairs import OtherTermsDesk, TermsRefused, WorkedOut
from review_queue.terms import approval_terms, other_terms
from underwriting.decisions.offers import OfferStands, require_kept, standing_offer
from underwriting.enums import (
    DecisionStage,
    Outcome,
)
from underwriting.policy.types import Offer

MITIGATING_FACTORS = {
    "verified_income": "Income verified by documents",
    "long_relationship": "Long and clean record with us",
    "explained_event": "A single event with a documented cause",
    "compensating_savings": "Savings or assets that cover the loan",
    "bureau_error": "The credit report is wrong on this point",
    "small_exposure": "Small amount for this income",
    "other": "Another factor, given in the sentence",
}


class DecisionIncomplete(ValueError):
    """Something that the decision needs is missing or wrong. `field` is the form's name of it, the message says what to do."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the person chose. `reasons` are codes in order (DECLINE, COUNTEROFFER).

    `price_tier` is needed only where no score chooses it; `mitigating_factor` and `sentence` where the policy spoke against an
    approval; `override_reason` and `sentence` where the system says otherwise. `amount_minor` and `term_months` are the other
    terms of a COUNTEROFFER; without them they are those that the assessment found. `conditions` are papers (codes of
    underwriting.documents.wanted) that have to be seen before the offer can be taken. `policy_exception` is the number of the
    exception under which it is decided in spite of a rule, where the person names one.
    """

    outcome: Outcome
    assessment_id: int
    reasons: Sequence[str] = ()
    price_tier: str = ""
    mitigating_factor: str = ""
    sentence: str = ""
    override_reason: str = ""
    amount_minor: int | None = None
    term_months: int | None = None
    conditions: Sequence[str] = ()
    policy_exception: int | None = None


@dataclass(frozen=True, slots=True)
class Content:
    stage: DecisionStage | None = None
    offer: Offer | None = None
    reasons: PrincipalReasons = field(default_factory=lambda: PrincipalReasons(()))
    worked_out: WorkedOut | None = None


def _approval(case: ReviewCase, choice: Choice, now: datetime) -> Content:
    terms = approval_terms(case)
    if not terms.offers:
        raise DecisionIncomplete("price_tier", terms.cannot_because)
    if len(terms.offers) > 1 and choice.price_tier not in terms.offers:
        raise DecisionIncomplete("price_tier", "Choose the price tier: there is no score to choose it by.")
    offer = terms.offers[choice.price_tier] if len(terms.offers) > 1 else next(iter(terms.offers.values()))
    is_override = override_side(system=Outcome(case.assessment.outcome), person=Outcome.APPROVE) is not None
    if needs_making_up_for(case.assessment) and not is_override:  # the override's own reason says more
        if choice.mitigating_factor not in MITIGATING_FACTORS:
            raise DecisionIncomplete(
                "mitigating_factor", "Choose what makes up for what the policy has against it."
            )
        if not choice.sentence.strip():
            raise DecisionIncomplete("sentence", "Say in one sentence what makes up for it.")
    _require_offer_kept(case, choice, offer, now=now)
    return Content(offer=offer)


def _counteroffer(case: ReviewCase, choice: Choice, now: datetime) -> Content:
    """Other terms, as found or of the person's own choice, with their reasons why not those asked for."""
    terms = other_terms(case, now=now)
    chosen = (choice.amount_minor, choice.term_months)
    as_found = terms and (terms.offer.amount_minor, terms.offer.term_months)
    if chosen not in ((None, None), as_found):
        return _chosen_terms(case, choice, now)
    if terms is None:
        raise DecisionIncomplete("amount", "The assessment found no other terms. Enter an amount and a term.")
    _require_offer_kept(case, choice, terms.offer, now=now)
    stage, merged = decline_reasons(case, choice.reasons)
    return Content(stage=stage, offer=terms.offer, reasons=merged)


def _chosen_terms(case: ReviewCase, choice: Choice, now: datetime) -> Content:
    try:
        worked_out = OtherTermsDesk(case).work_out(choice.amount_minor, choice.term_months)
    except TermsRefused as refused:
        raise DecisionIncomplete(refused.field, str(refused)) from refused
    _require_offer_kept(case, choice, worked_out.offer, now=now)
    stage, merged = decline_reasons(case, choice.reasons)
    return Content(stage=stage, offer=worked_out.offer, reasons=merged, worked_out=worked_out)


def _decline(case: ReviewCase, choice: Choice, now: datetime) -> Content:
    _require_offer_kept(case, choice, None, now=now)
    stage, merged = decline_reasons(case, choice.reasons)
    return Content(stage=stage, reasons=merged)


def _require_offer_kept(case: ReviewCase, choice: Choice, offer: Offer | None, *, now: datetime) -> None:
    standing = standing_offer(case.application, now=now)
    if standing is None:
        return
    terms = offer.to_json() if offer else None
    try:
        require_kept(
            standing,
            case.application,
            outcome=choice.outcome,
            offer=terms,
            has_conditions=bool(choice.conditions),
        )
    except OfferStands as stands:
        raise DecisionIncomplete("outcome", str(stands)) from stands


def _no_outcome(case: ReviewCase, choice: Choice, now: datetime) -> Content:
    del case, choice, now
    raise DecisionIncomplete("outcome", "Choose to approve or to decline.")


CONTENT_OF = {
    Outcome.APPROVE: _approval,
    Outcome.COUNTEROFFER: _counteroffer,
    Outcome.DECLINE: _decline,
    Outcome.REFER: _no_outcome,
}


def decline_reasons(case: ReviewCase, codes: Sequence[str]) -> tuple[DecisionStage, PrincipalReasons]:
    """What a decline for these reasons would tell, and the part of the process that says no.

    Raises explanations.officer_reasons.ReasonNotTrue where a reason does not hold of the case.
    """
    stage = stage_of_decline(case.assessment)
    catalogue = reason_codes_of(case.assessment)
    person = reasons_from_officer(codes, stage=stage, case=case_file(case), codes=catalogue)
    score = score_reasons_of(case.assessment)
    return stage, merge_for_person(stage=stage, person=person, score=score, max_reasons=catalogue.max_reasons)
