"""A complaint's person before the live engine: facts by the pipeline's arithmetic, weighed by the policy as it is written. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from underwriting.enums import ProductKind
from underwriting.facts.values import Facts
from underwriting.policy.compile import CompiledPolicy, compile_as_written
from underwriting.policy.evaluate import evaluate
from underwriting.policy.schema import Complaint, ShownBy
from underwriting.policy.soundness.persons import USUAL_RATE_BPS, live_facts
from underwriting.policy.types import PairScore, PolicyCase, PolicyResult, Terms


@dataclass(frozen=True, slots=True)
class Shown:
    """What the live engine says of the person, and of the person to compare with."""

    person: PolicyResult
    other: PolicyResult | None


def show(
    document: Mapping[str, Any], complaint: Complaint, *, reference_rate_bps: int = USUAL_RATE_BPS
) -> Shown | None:
    """None where the complaint has no person, or one whom only the model can score. Raises PolicyRefused for an unreadable document."""
    if complaint.person is None or complaint.person.score is None:
        return None
    policy = compile_as_written(document)
    other = complaint.other
    return Shown(
        evaluate(policy, case_of(policy, complaint.person, reference_rate_bps)),
        None if other is None else evaluate(policy, case_of(policy, other, reference_rate_bps)),
    )


def case_of(policy: CompiledPolicy, person: ShownBy, reference_rate_bps: int) -> PolicyCase:
    """The person's case at the terms asked for, with the score that is assumed."""
    is_line = policy.document.product_kind is not ProductKind.INSTALMENT
    facts = live_facts(person, is_line=is_line, reference_rate_bps=reference_rate_bps)
    terms = asked_terms(facts)
    score = person.score or 0
    pair = PairScore(terms, margin=0.0, points=float(score), score=score, probability_of_default=0.0)
    return PolicyCase(facts=facts, requested=terms, scores=(pair,), facts_at=(facts,))


def asked_terms(facts: Facts) -> Terms:
    """The terms asked for; none of a line."""
    amount, term = facts["requested_amount"].value, facts["requested_term_months"].value
    return Terms(
        int(amount) if isinstance(amount, (int, float)) else None,
        int(term) if isinstance(term, (int, float)) else None,
    )
