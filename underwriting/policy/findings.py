"""One finding for each rule, cut-off and cap at one pair of terms. Pure; `evaluate` weighs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from underwriting.enums import Outcome
from underwriting.facts.values import Facts
from underwriting.policy.compile import CompiledPolicy, CompiledRule, RuleNotAnswered
from underwriting.policy.conditions import UnreadableFact, Verdict, is_on_file, seen_values
from underwriting.policy.pricing import (
    MissingFact,
    affordable_payment,
    fit_line,
    loan_offer,
    monthly_income_minor,
)
from underwriting.policy.schema import PolicyDocument, PriceTier, RuleKind
from underwriting.policy.segments import in_segment
from underwriting.policy.types import Finding, FindingKind, FindingResult, Offer, PairScore, Terms
from underwriting.policy.words import (
    bound_in_words,
    every_digit,
    label,
    met_in_words,
    missing_in_words,
    share_in_words,
)

CUT_OFF_ID = "CUT-OFF"
CAP_ID = "AFFORDABILITY"
LIMIT_ID = "LIMIT"
FALLBACK_ID = "FALLBACK"
SEGMENT_ID = "SEGMENT"
TECHNICAL_ID = "TECHNICAL"


@dataclass(frozen=True, slots=True)
class Priced:
    """What pricing and the caps say at one pair: an offer where there is one, and their findings."""

    offer: Offer | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class RuleSays:
    """A rule's finding, and the sentences a person reads when it refers."""

    finding: Finding
    sentences: tuple[str, ...]
    is_technical: bool


def technical_finding(detail: str) -> Finding:
    """Something technical went wrong: a person looks."""
    return Finding(
        TECHNICAL_ID, FindingKind.TECHNICAL, FindingResult.REFER, Outcome.REFER, detail, {}, priority=1
    )


def rule_says(compiled: CompiledRule, facts: Facts, *, currency: str, has_fault: bool) -> RuleSays:
    """The finding of one knock-out or review rule.

    While something technical is wrong (`has_fault`), a knock-out declines only if all its facts are on file; otherwise it refers.
    """
    rule = compiled.rule
    kind = FindingKind.KNOCKOUT if rule.kind is RuleKind.KNOCKOUT else FindingKind.REVIEW
    values = seen_values(rule.when, facts)
    words = compiled.words
    try:
        verdict = compiled.verdict(facts)
        met = compiled.conditions_met(facts) if verdict is not Verdict.NOT_MET else []
    except RuleNotAnswered as error:
        finding = Finding(
            rule.id, kind, FindingResult.REFER, Outcome.REFER, words, values, rule.reason_code, rule.priority
        )
        return RuleSays(finding, (str(error),), is_technical=True)
    on_file = all(is_on_file(facts.get(name)) for name in compiled.fact_names)
    if verdict is Verdict.NOT_MET:
        any_value = any(is_on_file(facts.get(name)) for name in compiled.fact_names)
        result, outcome = (FindingResult.PASS if any_value else FindingResult.NOT_CHECKED), Outcome.APPROVE
    elif verdict is Verdict.MET and kind is FindingKind.KNOCKOUT and (on_file or not has_fault):
        result, outcome = FindingResult.FAIL, Outcome.DECLINE
    else:
        result, outcome = FindingResult.REFER, Outcome.REFER
    sentences = tuple(
        met_in_words(condition, values[condition.fact], currency)
        if facts.get(condition.fact) is not None and facts[condition.fact].value is not None
        else missing_in_words(condition, rule)
        for condition, _ in met
    )
    finding = Finding(rule.id, kind, result, outcome, words, values, rule.reason_code, rule.priority)
    return RuleSays(finding, sentences, is_technical=False)


def segment_finding(document: PolicyDocument, facts: Facts, channel: str) -> tuple[Finding, ...]:
    """Said at intake before scoring; found again here only when the policy changed in between, and then a person looks."""
    purpose = facts.get("purpose")
    stated = str(purpose.value) if purpose is not None and purpose.value is not None else ""
    if in_segment(document, channel=channel, purpose=stated):
        return ()
    sentence = "This product is not offered for this channel or purpose under the policy now in force."
    values = {"channel": channel, "purpose": stated}
    return (
        Finding(
            SEGMENT_ID, FindingKind.SEGMENT, FindingResult.REFER, Outcome.REFER, sentence, values, priority=5
        ),
    )


def cut_off_finding(document: PolicyDocument, score: PairScore) -> Finding:
    """At or above the approval cut-off passes, below the referral cut-off declines, between them a person looks."""
    approve, refer = document.cut_offs.approve, document.cut_offs.refer
    if score.score >= approve:
        result, outcome = FindingResult.PASS, Outcome.APPROVE
    elif score.score >= refer:
        result, outcome = FindingResult.REFER, Outcome.REFER
    else:
        result, outcome = FindingResult.FAIL, Outcome.DECLINE
    band = f"Review {refer} to {approve - 1}. " if refer < approve else ""
    sentence = f"Approve at {approve} and above. {band}Decline below {refer}."
    return Finding(CUT_OFF_ID, FindingKind.CUT_OFF, result, outcome, sentence, {"score": score.score})


def grey_band_sentence(document: PolicyDocument, score: int) -> str:
    """`Score 628 is in the review band (580 to 639).`"""
    return (
        f"Score {score} is in the review band ({document.cut_offs.refer} to {document.cut_offs.approve - 1})."
    )


def priced(document: PolicyDocument, tier: PriceTier | None, terms: Terms, facts: Facts) -> Priced:
    """Offer and cap findings at one tier. No tier: below every price, nothing to check."""
    if tier is None:
        sentence = "No price at this score, so there is no payment to compare with income."
        return Priced(
            None,
            (
                Finding(
                    CAP_ID,
                    FindingKind.AFFORDABILITY,
                    FindingResult.NOT_CHECKED,
                    Outcome.APPROVE,
                    sentence,
                    {},
                ),
            ),
        )
    try:
        if document.line is not None:
            return _priced_line(document, tier, facts)
        return _priced_loan(document, tier, terms, facts)
    except MissingFact as missing:
        sentence = (
            f"{label(missing.name)} is not on file, so the payment or the limit cannot be held against it."
        )
    except UnreadableFact as error:
        return Priced(None, (technical_finding(f"The payment cannot be compared with income: {error}."),))
    finding = Finding(
        CAP_ID, FindingKind.AFFORDABILITY, FindingResult.REFER, Outcome.REFER, sentence, {}, priority=50
    )
    return Priced(None, (finding,))


def _priced_loan(document: PolicyDocument, tier: PriceTier, terms: Terms, facts: Facts) -> Priced:
    offer = loan_offer(tier, terms)
    if offer is None or offer.instalment_minor is None:
        return Priced(None, (technical_finding("The amount or the term asked for is not on file."),))
    caps = document.affordability
    if caps is None:
        return Priced(offer, ())
    room = affordable_payment(caps, facts)
    fits = room is None or offer.instalment_minor <= room.most_minor
    words = []
    if caps.instalment_to_income_max is not None:
        words.append(
            f"The instalment takes at most {share_in_words(caps.instalment_to_income_max)} of monthly income."
        )
    if caps.debt_service_max is not None:
        words.append(
            f"All debt payments with this loan take at most {share_in_words(caps.debt_service_max)} of monthly income."
        )
    values: dict[str, Any] = {
        "instalment_minor": offer.instalment_minor,
        "monthly_income": monthly_income_minor(facts),
    }
    if room is not None:
        values |= {"largest_payment_minor": max(0, int(room.most_minor)), "bound": room.bound.value}
    finding = Finding(
        CAP_ID,
        FindingKind.AFFORDABILITY,
        FindingResult.PASS if fits else FindingResult.FAIL,
        Outcome.APPROVE if fits else Outcome.DECLINE,
        " ".join(words),
        values,
        caps.reason_code,
        priority=50,
    )
    return Priced(offer, (finding,))


def _priced_line(document: PolicyDocument, tier: PriceTier, facts: Facts) -> Priced:
    if document.line is None:
        raise ValueError("a line is priced from its line section")
    fit = fit_line(document, tier, facts)
    smallest = bound_in_words(document.line.minimum_minor, document.currency)
    finding = Finding(
        LIMIT_ID,
        FindingKind.AFFORDABILITY,
        FindingResult.FAIL if fit.is_under_minimum else FindingResult.PASS,
        Outcome.DECLINE if fit.is_under_minimum else Outcome.APPROVE,
        f"The limit is at least {smallest}.",
        {"limit_minor": fit.limit_minor, "tier": tier.name, "bound": fit.bound.value},
        document.line.reason_code,
        priority=50,
    )
    offer = (
        None if fit.is_under_minimum else Offer(fit.limit_minor, None, tier.annual_rate_bps, None, tier.name)
    )
    return Priced(offer, (finding,))


def fallback_finding(policy: CompiledPolicy, facts: Facts, terms: Terms) -> tuple[Finding, PriceTier | None]:
    """The fallback rule's answer when the model is late: approves inside its bounds, else refers. Never declines."""
    rule = policy.document.fallback
    if rule is None:
        return _fallback(False, "The model was late and the policy has no fallback rule.", {}), None
    score, ratio = facts.get("bureau_score"), facts.get("loan_to_income_ratio")
    values = {
        name: None if f is None else f.value
        for name, f in (("bureau_score", score), ("loan_to_income_ratio", ratio))
    }
    sentence = (
        f"The model was late: without it, approve at a bureau score of {rule.bureau_score_min} or more, up to "
        f"{bound_in_words(rule.amount_max_minor, policy.document.currency)} and {every_digit(rule.loan_to_income_max)} times yearly income."
    )
    numbers = [v for v in values.values() if isinstance(v, (int, float)) and not isinstance(v, bool)]
    if len(numbers) < 2 or terms.amount_minor is None:
        return _fallback(False, sentence, values), None
    inside = (
        numbers[0] >= rule.bureau_score_min
        and numbers[1] <= rule.loan_to_income_max
        and terms.amount_minor <= rule.amount_max_minor
    )
    tier = next(t for t in policy.document.price_grid if t.name == rule.price_tier)
    return _fallback(inside, sentence, values), tier


def _fallback(inside: bool, sentence: str, values: Mapping[str, Any]) -> Finding:
    result, outcome = (
        (FindingResult.PASS, Outcome.APPROVE) if inside else (FindingResult.REFER, Outcome.REFER)
    )
    return Finding(FALLBACK_ID, FindingKind.FALLBACK, result, outcome, sentence, values, priority=20)
