"""Decisions: each application's facts and scores against the policy in force for its product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from scoring.pipeline.types import Bench, Decided, Scored
from underwriting.enums import Outcome
from underwriting.policy.evaluate import evaluate
from underwriting.policy.findings import technical_finding
from underwriting.policy.types import PolicyCase, PolicyResult, TechnicalFault


def decide(scored: Sequence[Scored], *, bench: Bench | None) -> list[Decided]:
    """Evaluate the policy on every case; an application without a usable policy refers."""
    if bench is None:
        return []
    return [_decide_one(one, bench) for one in scored]


def decide_again(decided: Decided, fault: TechnicalFault) -> Decided:
    """The same case with one more technical fault: it refers, unless a knock-out failed all of whose facts are on file."""
    if decided.policy is None or decided.case is None:
        return replace(decided, faults=(*decided.faults, fault))
    case = replace(decided.case, faults=(*decided.case.faults, fault))
    return replace(
        decided, case=case, result=evaluate(decided.policy.compiled, case), faults=(*decided.faults, fault)
    )


def _decide_one(scored: Scored, bench: Bench) -> Decided:
    application = scored.assembled.request.application
    policy = bench.policy_of(scored.assembled.request)
    if policy is None:
        fault = bench.policy_faults[application.product_id]
        faults = (*scored.faults, fault)
        return Decided(
            scored=scored, policy=None, case=None, result=_without_policy(scored, faults), faults=faults
        )
    case = policy_case(scored, channel=application.channel)
    return Decided(
        scored=scored, policy=policy, case=case, result=evaluate(policy.compiled, case), faults=scored.faults
    )


def policy_case(scored: Scored, *, channel: str) -> PolicyCase:
    """Everything the policy may look at."""
    assembled = scored.assembled
    return PolicyCase(
        facts=assembled.facts,
        requested=assembled.terms[0],
        scores=scored.scores,
        facts_at=assembled.facts_at[: len(scored.scores)],
        faults=scored.faults,
        model_late=scored.model_late,
        channel=channel,
    )


def _without_policy(scored: Scored, faults: tuple[TechnicalFault, ...]) -> PolicyResult:
    """No policy, no cut-offs and no rules: a person decides."""
    return PolicyResult(
        outcome=Outcome.REFER,
        stage=None,
        findings=tuple(technical_finding(fault.detail) for fault in faults),
        offer=None,
        score=scored.scores[0] if scored.scores else None,
        used_fallback=False,
        approve_cut_off=0,
        refer_cut_off=0,
        referral_sentences=tuple(fault.detail for fault in faults),
    )
