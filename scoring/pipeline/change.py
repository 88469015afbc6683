"""What would change the outcome: other terms that this policy approves, and the distance to the cut-off. Pure, no model call."""

from __future__ import annotations

from typing import Any

from underwriting.enums import DecisionStage, Outcome
from underwriting.policy.compile import CompiledPolicy
from underwriting.policy.evaluate import view_pair, view_requested
from underwriting.policy.types import FindingKind, PolicyCase, PolicyResult, Terms
from underwriting.policy.words import money_in_words

MAX_LINES = 3


def what_would_change(
    policy: CompiledPolicy, case: PolicyCase, result: PolicyResult
) -> tuple[dict[str, Any], ...]:
    """Up to three lines, read off the scores of the offer grid: a smaller amount, another term, the missing points.

    Nothing is said where other terms would not help: after an approval, a knock-out rule or a technical fault. Each line of
    kind TERMS was evaluated with the whole policy at those terms and approves there; KIND SCORE names the whole points
    between the score and the approval cut-off.
    """
    if result.outcome is Outcome.APPROVE or result.stage is DecisionStage.KNOCKOUT or not case.scores:
        return ()
    if any(finding.kind is FindingKind.TECHNICAL for finding in result.findings):
        return ()
    lines = [_terms_line(policy, terms) for terms in _approving_terms(policy, case, result)]
    missing = result.approve_cut_off - case.scores[0].score
    if missing > 0:
        points = "1 more point reaches" if missing == 1 else f"{missing} more points reach"
        lines.append(
            {
                "kind": "SCORE",
                "points": missing,
                "sentence": f"{points} the approval cut-off of {result.approve_cut_off}.",
            }
        )
    return tuple(lines[:MAX_LINES])


def _approving_terms(policy: CompiledPolicy, case: PolicyCase, result: PolicyResult) -> list[Terms]:
    """The largest approved amount at the term asked for, then the largest at another term; not what is offered already."""
    asked = case.requested
    if asked.amount_minor is None:
        return []
    offered = None if result.offer is None else (result.offer.amount_minor, result.offer.term_months)
    requested = view_requested(policy, case, has_fault=False)
    found: dict[bool, Terms] = {}
    for index in sorted(range(1, len(case.scores)), key=lambda i: -(case.scores[i].terms.amount_minor or 0)):
        pair = case.scores[index]
        same_term = pair.terms.term_months == asked.term_months
        if (
            same_term in found
            or (pair.terms.amount_minor or 0) > asked.amount_minor
            or pair.score < result.approve_cut_off
        ):
            continue
        if (pair.terms.amount_minor, pair.terms.term_months) == offered:
            continue
        if view_pair(policy, case, index, requested).outcome is Outcome.APPROVE:
            found[same_term] = pair.terms
    return [found[same_term] for same_term in (True, False) if same_term in found]


def _terms_line(policy: CompiledPolicy, terms: Terms) -> dict[str, Any]:
    amount = money_in_words(terms.amount_minor or 0, policy.document.currency)
    return {
        "kind": "TERMS",
        "amount_minor": terms.amount_minor,
        "term_months": terms.term_months,
        "sentence": f"{amount} over {terms.term_months} months would be approved.",
    }
