"""What the applicant could change: suggestions tried through the model that scored and the policy that decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import structlog

from explanations.recourse import Suggestion, suggestion_line, suggestions
from scoring.pipeline.decide import decide
from scoring.pipeline.score import score
from scoring.pipeline.types import Assembled, Bench, Explained
from underwriting.enums import DecisionStage, Outcome
from underwriting.facts.arithmetic import at_terms
from underwriting.policy.types import Terms

logger = structlog.get_logger(__name__)

DEADLINE_MS = 5_000  # nobody waits for advice as for a decision
TOLD_STAGES = (DecisionStage.SCORE, DecisionStage.CAP)


def advise(explained: Sequence[Explained], *, bench: Bench | None) -> list[Explained]:
    """Add to what would change each outcome the least change in the applicant's own hands that makes it an approval.

    Suggestions of the whole batch go to the model in one call. Only what was approved when tried is said; when trying
    fails, nothing is said.
    """
    if bench is None:
        return []
    tried = [(index, one) for index, each in enumerate(explained) for one in _suggestions(each)]
    if not tried:
        return list(explained)
    try:
        assembled = [_assembled(explained[index], one) for index, one in tried]
        decided = decide(score(assembled, bench=bench, deadline_ms=DEADLINE_MS), bench=bench)
    except Exception:
        logger.exception("advice_failed")
        return list(explained)
    advised = list(explained)
    for (index, one), outcome in reversed(list(zip(tried, decided, strict=True))):
        if outcome.result.outcome is Outcome.APPROVE and not outcome.result.used_fallback:
            advised[index] = _with_line(explained[index], one)
    return advised


def _suggestions(one: Explained) -> list[Suggestion]:
    """For declines by score or cap alone; none where the files of two people make one fact."""
    decided = one.decided
    facts = decided.scored.assembled.facts
    if decided.result.outcome is not Outcome.DECLINE or decided.result.stage not in TOLD_STAGES:
        return []
    if len({fact.party_id for fact in facts.values() if fact.party_id is not None}) > 1:
        return []
    return list(suggestions(facts))


def _assembled(one: Explained, suggestion: Suggestion) -> Assembled:
    """The applicant's facts with the suggested ones, and what follows from them, at the terms that would be asked for."""
    assembled = one.decided.scored.assembled
    amount, months = (
        suggestion.facts["requested_amount"].value,
        suggestion.facts["requested_term_months"].value,
    )
    terms = Terms(
        amount_minor=None if amount is None else int(amount),
        term_months=None if months is None else int(months),
    )
    facts = at_terms(suggestion.facts, terms=terms, product=assembled.request.application.product)
    return replace(assembled, facts=facts, terms=(terms,), facts_at=(facts,))


def _with_line(one: Explained, suggestion: Suggestion) -> Explained:
    application = one.request.application
    line = suggestion_line(suggestion, currency=application.currency, language=application.language)
    return replace(one, what_would_change=(*one.what_would_change, line))
