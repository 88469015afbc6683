"""Open offers that another policy version would no longer approve: they stand until their date, and that is seen before it activates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from underwriting.decisions.offers import NOT_OVER
from underwriting.enums import Outcome
from underwriting.facts.arithmetic import at_terms
from underwriting.facts.values import facts_from_json
from underwriting.models import PolicyVersion, StandingOffer
from underwriting.policy.compile import CompiledPolicy, compile_policy
from underwriting.policy.evaluate import evaluate
from underwriting.policy.types import PairScore, PolicyCase, Terms

LOOKED_AT_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class OffersAtStake:
    """`lost`: offers of `looked_at` that the version would not approve, the first to end first; `open_count` are all there are."""

    open_count: int
    looked_at: int
    lost: tuple[StandingOffer, ...]


def offers_at_stake(version: PolicyVersion) -> OffersAtStake:
    """Weigh the open offers of a product, those that end last left out beyond LOOKED_AT_LIMIT, against a policy version.

    An offer that a person made against or beside the policy is theirs and is not weighed. Raises PolicyRefused where the
    document cannot be read.
    """
    compiled = compile_policy(version.document)
    offers = StandingOffer.objects.filter(
        lender_id=version.policy.lender_id,
        application__product_id=version.policy.product_id,
        state__in=NOT_OVER,
        decision__decided_by__isnull=True,
    )
    rows = list(
        offers.select_related("decision__assessment", "application__product").order_by("valid_until", "pk")[
            :LOOKED_AT_LIMIT
        ]
    )
    lost = tuple(row for row in rows if not _still_approves(compiled, row))
    return OffersAtStake(offers.count() if len(rows) == LOOKED_AT_LIMIT else len(rows), len(rows), lost)


def _still_approves(compiled: CompiledPolicy, offer: StandingOffer) -> bool:
    """The frozen facts and score at the offered terms, under the other policy. Without a score nothing can be said against it."""
    found = [score for score in offer.decision.assessment.scores if _is_of(score, offer)]
    if not found:
        return True
    score = _pair(found[0])
    facts = at_terms(
        facts_from_json(offer.decision.assessment.facts), terms=score.terms, product=offer.application.product
    )
    case = PolicyCase(
        facts=facts,
        requested=score.terms,
        scores=(score,),
        facts_at=(facts,),
        channel=offer.application.channel,
    )
    return evaluate(compiled, case).outcome is Outcome.APPROVE


def _is_of(score: Mapping[str, Any], offer: StandingOffer) -> bool:
    """A line is scored without terms: its limit is set by the price grid."""
    terms = (score["amount_minor"], score["term_months"])
    return terms in ((offer.amount_minor, offer.term_months), (None, None))


def _pair(score: Mapping[str, Any]) -> PairScore:
    return PairScore(
        terms=Terms(score["amount_minor"], score["term_months"]),
        margin=score["margin"],
        points=score["points"],
        score=score["score"],
        probability_of_default=score["probability_of_default"],
    )
