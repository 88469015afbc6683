"""Other terms of a scored application: what a policy says at a pair, and the largest amount for each term that passes. Pure.

No model runs here. A pair of the offer grid has its own score; between two amounts of the grid the larger one's score holds, which
is safe because the model is monotone in amount: a smaller loan is never riskier than the score says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from underwriting.enums import Outcome
from underwriting.facts.values import Facts
from underwriting.policy.compile import CompiledPolicy
from underwriting.policy.evaluate import PairView, view_pair, view_requested
from underwriting.policy.schema import Counteroffer
from underwriting.policy.types import Offer, PairScore, PolicyCase, Terms


@dataclass(frozen=True, slots=True)
class SolvedTerm:
    """One term's answer. `passes`: the offer of the largest amount that the policy approves there; None where none passes."""

    term_months: int
    passes: Offer | None


def largest_for_each_term(policy: CompiledPolicy, case: PolicyCase) -> tuple[SolvedTerm, ...]:
    """For each term with a score, the largest amount up to the one asked for that the policy approves at that pair's own score.

    Terms from the shortest. Only what the policy lets a counteroffer be: where it allows none, nothing but the terms asked for
    can pass.
    """
    asked = view_requested(policy, case, has_fault=False)
    scored = range(min(len(case.scores), len(case.facts_at)))
    terms = sorted({score.terms.term_months for score in case.scores if score.terms.term_months is not None})
    return tuple(
        SolvedTerm(term, _largest(policy, case, asked, _from_the_largest(case.scores, scored, term)))
        for term in terms
    )


def _from_the_largest(scores: Sequence[PairScore], scored: range, term: int) -> list[int]:
    of_term = [index for index in scored if scores[index].terms.term_months == term]
    return sorted(of_term, key=lambda index: scores[index].terms.amount_minor or 0, reverse=True)


def _largest(policy: CompiledPolicy, case: PolicyCase, asked: PairView, indexes: list[int]) -> Offer | None:
    for index in indexes:
        terms = case.scores[index].terms
        if index and outside_bounds(policy.document.counteroffer, terms, asked=case.requested):
            continue
        view = view_pair(policy, case, index, asked)
        if view.outcome is Outcome.APPROVE and view.offer is not None and not view.is_technical:
            return view.offer
    return None


def outside_bounds(bounds: Counteroffer, terms: Terms, *, asked: Terms) -> str:
    """How other terms leave what the policy lets a counteroffer be, as a sentence; empty where they do not."""
    if not bounds.allowed:
        return "The policy makes no counteroffers."
    amount, most = terms.amount_minor or 0, asked.amount_minor or 0
    if amount > most:
        return "It is more than was asked for."
    share = Decimal(str(bounds.minimum_share_of_requested)) * most
    if amount < max(Decimal(bounds.minimum_amount_minor), share):
        return "It is less than the smallest amount that the policy lets a counteroffer be."
    if bounds.terms_months and terms.term_months not in bounds.terms_months:
        return "The policy makes no counteroffer over this term."
    return ""


def holding_score(scores: Sequence[PairScore], terms: Terms) -> PairScore | None:
    """The score that holds at these terms: of the amounts scored over that term, the smallest not below; None where there is none."""
    if terms.amount_minor is None:
        return None
    able = [
        score
        for score in scores
        if score.terms.term_months == terms.term_months
        and score.terms.amount_minor is not None
        and score.terms.amount_minor >= terms.amount_minor
    ]
    return min(able, key=lambda score: score.terms.amount_minor or 0, default=None)


def view_terms(policy: CompiledPolicy, case: PolicyCase, terms: Terms, facts: Facts) -> PairView | None:
    """What the policy says at these terms, with the facts as they are there; None where no score holds."""
    score = holding_score(case.scores, terms)
    if score is None:
        return None
    there = replace(
        case, scores=(case.scores[0], replace(score, terms=terms)), facts_at=(case.facts_at[0], facts)
    )
    return view_pair(policy, there, 1, view_requested(policy, case, has_fault=False))
