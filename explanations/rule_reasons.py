"""Reasons where rules spoke: the codes of the rules that failed (comment 9(b)(2)-8). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from explanations.missing import is_absent
from explanations.principal_reasons import can_be_true, own_figure, reason_from
from explanations.reason_codes.codes import ENGLISH, Adverse, Catalogue, ReasonCode, UsedBy
from explanations.reason_codes.wording import fill_named, money
from explanations.reasons import CannotBeWorded, PrincipalReasons, Reason, told_in
from underwriting.enums import DecisionStage
from underwriting.facts.values import Facts
from underwriting.policy.pricing import Bound
from underwriting.policy.types import Finding, FindingKind, FindingResult


def rule_reasons(
    *, findings: Sequence[Finding], facts: Facts, codes: Catalogue, currency: str, language: str = ENGLISH
) -> PrincipalReasons:
    """The codes of those of the given rules that failed, by priority, then in document order, each once, at most four.

    The caller hands in the findings of the stage that said no: knock-outs, or the affordability cap. Held where a failed
    rule has no code that may be used, or one whose sentence is not true of what is on file. Raises UnknownLanguage where the
    catalogue has no words in `language`.
    """
    english, *told = [
        _rule_reasons(findings=findings, facts=facts, codes=codes.in_language(each), currency=currency)
        for each in dict.fromkeys((ENGLISH, language))
    ]
    return told_in(language, english=english, words=told[0]) if told else english


def _rule_reasons(
    *, findings: Sequence[Finding], facts: Facts, codes: Catalogue, currency: str
) -> PrincipalReasons:
    failed = [f for f in findings if f.result is FindingResult.FAIL]
    reasons: list[Reason] = []
    held: list[str] = []
    seen: set[str] = set()
    for finding in sorted(failed, key=lambda f: f.priority):
        name = finding.reason_code or finding.rule_id
        if name in seen or len(seen) == codes.max_reasons:
            continue
        seen.add(name)
        try:
            reason = _reason(finding, rank=len(seen), facts=facts, codes=codes, currency=currency)
        except CannotBeWorded as refusal:
            held.append(str(refusal))
        else:
            reasons.append(reason)
    return PrincipalReasons(tuple(reasons), " ".join(held))


def _reason(finding: Finding, *, rank: int, facts: Facts, codes: Catalogue, currency: str) -> Reason:
    code = codes.codes.get(finding.reason_code or "")
    if code is None or not code.is_for(UsedBy.POLICY):
        raise CannotBeWorded(f"Rule {finding.rule_id} failed and has no reason code that may be used.")
    if finding.kind is FindingKind.AFFORDABILITY:
        code = _code_of_the_bound(code, finding, codes)
        detail = _cap_in_figures(finding, codes, currency)
        fact_name = _fact_of(finding, code)
    else:
        fact_name = _fact_of(finding, code)
        _require_true(code, finding=finding, fact_name=fact_name, facts=facts)
        detail = own_figure(
            code, fact_name=fact_name, facts=facts, currency=currency, language=codes.language
        )
    return reason_from(
        code,
        group=code.group,
        rank=rank,
        text=code.rule_text,
        detail=detail,
        is_neutral=False,
        fact_name=fact_name,
        facts=facts,
        typical=None,
        share_log_odds=None,
        share_points=None,
        stage=DecisionStage.CAP if finding.kind is FindingKind.AFFORDABILITY else DecisionStage.KNOCKOUT,
        language=codes.language,
    )


def _require_true(code: ReasonCode, *, finding: Finding, fact_name: str, facts: Facts) -> None:
    """A rule of several conditions may fail by another than the one its code speaks about."""
    fact = facts.get(fact_name)
    if code.adverse is Adverse.MISSING:
        holds = is_absent(fact_name, facts)
    else:
        holds = fact is not None and fact.value is not None and can_be_true(code, fact.value)
    if not holds:
        raise CannotBeWorded(
            f"Rule {finding.rule_id} failed, but its reason code {code.code} is not true of {fact_name}."
        )


def _fact_of(finding: Finding, code: ReasonCode) -> str:
    return next((name for name in finding.values if name in code.facts), code.facts[0])


def _code_of_the_bound(code: ReasonCode, finding: Finding, codes: Catalogue) -> ReasonCode:
    """The code that speaks about what bounded the payment or the limit: debts that were not considered are no reason."""
    bound = finding.values.get("bound")
    if code.speaks_of_debts and bound == Bound.INCOME and code.income_alone:
        return codes.codes[code.income_alone]
    if bound == (Bound.DEBTS if code.speaks_of_debts else Bound.INCOME):
        return code
    raise CannotBeWorded(f"Rule {finding.rule_id} failed, but not by what its reason code {code.code} says.")


def _cap_in_figures(finding: Finding, codes: Catalogue, currency: str) -> str:
    """What the cap compared. It looks at the price offered, so the facts' ratios, at the reference rate, are not it."""
    values = finding.values
    bounded_by = "debts" if values.get("bound") == Bound.DEBTS else "income"
    if "instalment_minor" in values and "largest_payment_minor" in values:
        name, sums = "payment", {"payment": "instalment_minor", "largest": "largest_payment_minor"}
    elif "limit_minor" in values:
        name, sums = "limit", {"limit": "limit_minor"}
    else:
        return ""
    filled = {word: money(values[key], currency, codes.language) for word, key in sums.items()}
    return fill_named(codes.cap[f"{name}_by_{bounded_by}"], filled)
