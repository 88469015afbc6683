"""A case weighed against a policy. Pure, total, deterministic: the same case and policy always give the same result.

The outcome at the requested terms is the worst of its findings. A decline through score or cap, never through a knock-out, becomes a
counteroffer when another pair of the offer grid approves within the policy's bounds. Before all that: where something technical went
wrong the outcome is REFER, unless a knock-out failed all of whose facts are on file.

Worse evidence never improves the findings, amount or price of any pair. A counteroffer is made out of a decline, so in the order of
worsening it stands beside the referral band, not before it: what a person decides there may still be the full amount.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from underwriting.enums import DecisionStage, Outcome
from underwriting.facts.values import Facts
from underwriting.policy.compile import CompiledPolicy, CompiledRule
from underwriting.policy.findings import (
    Priced,
    RuleSays,
    cut_off_finding,
    fallback_finding,
    grey_band_sentence,
    priced,
    rule_says,
    segment_finding,
    technical_finding,
)
from underwriting.policy.pricing import tier_for
from underwriting.policy.types import (
    FaultKind,
    Finding,
    FindingKind,
    FindingResult,
    Offer,
    PairScore,
    PolicyCase,
    PolicyResult,
    Terms,
)

_SEVERITY = {outcome: outcome.severity for outcome in Outcome}


@dataclass(frozen=True, slots=True)
class PairView:
    """Everything the policy says at one pair of terms."""

    terms: Terms
    score: PairScore | None
    rules: tuple[RuleSays, ...]
    findings: tuple[Finding, ...]
    offer: Offer | None

    @property
    def outcome(self) -> Outcome:
        """The worst of the findings."""
        return max((f.outcome for f in self.findings), key=_SEVERITY.__getitem__, default=Outcome.APPROVE)

    @property
    def is_technical(self) -> bool:
        return any(f.kind is FindingKind.TECHNICAL for f in self.findings) or any(
            r.is_technical for r in self.rules
        )


def evaluate(policy: CompiledPolicy, case: PolicyCase) -> PolicyResult:
    """Outcome, every finding at the requested terms, the offer, and why a person is needed, in words."""
    faults = [f.detail for f in case.faults if not (case.model_late and f.kind is FaultKind.MODEL_TIMEOUT)]
    requested = view_requested(policy, case, has_fault=bool(faults))
    if requested.is_technical and not faults:
        # A rule that cannot be answered is a technical fault too: knock-outs now need all their facts on file.
        requested = view_requested(policy, case, has_fault=True)
    technical = tuple(technical_finding(detail) for detail in faults)
    if technical or requested.is_technical:
        return _technical_result(policy, requested, technical)
    outcome, offer = requested.outcome, requested.offer
    stage = _stage(requested)
    if outcome is Outcome.DECLINE and stage is not DecisionStage.KNOCKOUT:
        counter = _counteroffer(policy, case, requested)
        if counter is not None:
            outcome, offer = Outcome.COUNTEROFFER, counter
    made = offer if outcome in (Outcome.APPROVE, Outcome.COUNTEROFFER) else None
    return _result(policy, requested, outcome=outcome, stage=stage, offer=made, findings=requested.findings)


def view_requested(policy: CompiledPolicy, case: PolicyCase, *, has_fault: bool) -> PairView:
    """The findings at the requested terms: by score, by the fallback rule when the model is late, or without either."""
    rules = tuple(
        rule_says(r, case.facts, currency=policy.document.currency, has_fault=has_fault) for r in policy.rules
    )
    if case.scores:
        return _view_scored(policy, case.scores[0], case.facts, rules, case.channel)
    if not case.model_late:
        missing = () if case.faults else (technical_finding("There is no score."),)
        return _view_unscored(policy, case, rules, missing)
    fallback, tier = fallback_finding(policy, case.facts, case.requested)
    price = (
        priced(policy.document, tier, case.requested, case.facts) if tier is not None else Priced(None, ())
    )
    # The fallback never declines, so neither do the caps on what it would offer: a person looks instead.
    softened = tuple(_never_declining(finding) for finding in price.findings)
    view = _view_unscored(policy, case, rules, (fallback, *softened))
    return replace(view, offer=price.offer)


def _never_declining(finding: Finding) -> Finding:
    if finding.outcome is not Outcome.DECLINE:
        return finding
    return Finding(
        finding.rule_id,
        finding.kind,
        FindingResult.REFER,
        Outcome.REFER,
        finding.sentence,
        finding.values,
        priority=finding.priority,
    )


def _view_unscored(
    policy: CompiledPolicy, case: PolicyCase, rules: tuple[RuleSays, ...], others: tuple[Finding, ...]
) -> PairView:
    segment = segment_finding(policy.document, case.facts, case.channel)
    return PairView(case.requested, None, rules, (*segment, *(r.finding for r in rules), *others), None)


def offer_at(policy: CompiledPolicy, score: PairScore, facts: Facts) -> Offer | None:
    """What the price grid would offer at a scored pair, whatever the rules say: the terms a person approves on a referral."""
    return priced(policy.document, tier_for(policy.document, score.score), score.terms, facts).offer


def _view_scored(
    policy: CompiledPolicy, score: PairScore, facts: Facts, rules: tuple[RuleSays, ...], channel: str
) -> PairView:
    price = priced(policy.document, tier_for(policy.document, score.score), score.terms, facts)
    segment = segment_finding(policy.document, facts, channel)
    findings = (
        *segment,
        *(r.finding for r in rules),
        cut_off_finding(policy.document, score),
        *price.findings,
    )
    return PairView(score.terms, score, rules, findings, price.offer)


def view_pair(policy: CompiledPolicy, case: PolicyCase, index: int, requested: PairView) -> PairView:
    """The findings at the pair `case.scores[index]`; rules whose facts do not differ from the requested terms keep their answer."""
    facts = case.facts_at[index]
    rules = tuple(
        known
        if _same_facts(compiled, facts, case.facts)
        else rule_says(compiled, facts, currency=policy.document.currency, has_fault=False)
        for compiled, known in zip(policy.rules, requested.rules, strict=True)
    )
    return _view_scored(policy, case.scores[index], facts, rules, case.channel)


def _same_facts(compiled: CompiledRule, facts: Facts, others: Facts) -> bool:
    return all(facts.get(name) == others.get(name) for name in compiled.fact_names)


def _stage(view: PairView) -> DecisionStage | None:
    """Which part said no: knock-out before score before cap; the grey band where a person decides on a score between the cut-offs."""
    declining = {f.kind for f in view.findings if f.outcome is Outcome.DECLINE}
    if FindingKind.KNOCKOUT in declining:
        return DecisionStage.KNOCKOUT
    if FindingKind.CUT_OFF in declining:
        return DecisionStage.SCORE
    if declining:
        return DecisionStage.CAP
    in_band = any(f.kind is FindingKind.CUT_OFF and f.outcome is Outcome.REFER for f in view.findings)
    return DecisionStage.GREY_BAND if in_band else None


def _counteroffer(policy: CompiledPolicy, case: PolicyCase, requested: PairView) -> Offer | None:
    """The approving pair with the largest amount; of equal amounts the term nearest to the one asked for, the shorter of two as near."""
    bounds, asked = policy.document.counteroffer, case.requested
    if not bounds.allowed or asked.amount_minor is None or asked.term_months is None:
        return None
    smallest = max(
        Decimal(bounds.minimum_amount_minor),
        Decimal(str(bounds.minimum_share_of_requested)) * asked.amount_minor,
    )
    offers = []
    for index in range(1, min(len(case.scores), len(case.facts_at))):
        terms = case.scores[index].terms
        if (
            terms.amount_minor is None
            or terms.term_months is None
            or not smallest <= terms.amount_minor <= asked.amount_minor
        ):
            continue
        if bounds.terms_months and terms.term_months not in bounds.terms_months:
            continue
        view = view_pair(policy, case, index, requested)
        if view.outcome is Outcome.APPROVE and view.offer is not None and not view.is_technical:
            offers.append(view.offer)
    asked_term = asked.term_months
    return min(
        offers,
        key=lambda o: (-o.amount_minor, abs((o.term_months or 0) - asked_term), o.term_months),
        default=None,
    )


def _technical_result(policy: CompiledPolicy, view: PairView, technical: tuple[Finding, ...]) -> PolicyResult:
    knocked_out = any(f.kind is FindingKind.KNOCKOUT and f.outcome is Outcome.DECLINE for f in view.findings)
    outcome = Outcome.DECLINE if knocked_out else Outcome.REFER
    stage = DecisionStage.KNOCKOUT if knocked_out else None
    return _result(
        policy, view, outcome=outcome, stage=stage, offer=None, findings=(*technical, *view.findings)
    )


def _result(
    policy: CompiledPolicy,
    view: PairView,
    *,
    outcome: Outcome,
    stage: DecisionStage | None,
    offer: Offer | None,
    findings: tuple[Finding, ...],
) -> PolicyResult:
    cut_offs = policy.document.cut_offs
    sentences = _referral_sentences(policy, view, findings) if outcome is Outcome.REFER else ()
    return PolicyResult(
        outcome=outcome,
        stage=stage,
        findings=findings,
        offer=offer,
        score=view.score,
        used_fallback=any(f.kind is FindingKind.FALLBACK for f in findings),
        approve_cut_off=cut_offs.approve,
        refer_cut_off=cut_offs.refer,
        referral_sentences=sentences,
    )


def _referral_sentences(
    policy: CompiledPolicy, view: PairView, findings: tuple[Finding, ...]
) -> tuple[str, ...]:
    """Technical first, then the band the score is in, then rules by priority; each once."""
    ranked: list[tuple[int, int, str]] = []
    for finding in findings:
        if finding.outcome is not Outcome.REFER or finding.kind in (FindingKind.KNOCKOUT, FindingKind.REVIEW):
            continue
        if finding.kind is FindingKind.CUT_OFF and view.score is not None:
            ranked.append((1, 0, grey_band_sentence(policy.document, view.score.score)))
        else:
            ranked.append(
                (0 if finding.kind is FindingKind.TECHNICAL else 2, finding.priority, finding.sentence)
            )
    for said in view.rules:
        if said.finding.outcome is Outcome.REFER:
            ranked.extend((0 if said.is_technical else 2, said.finding.priority, s) for s in said.sentences)
    return tuple(dict.fromkeys(sentence for _, _, sentence in sorted(ranked, key=lambda r: r[:2])))
