"""Reasons that a person may choose, each tested against what is on file in the case. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from explanations.principal_reasons import can_be_true, is_adverse, own_figure, reason_from
from explanations.reason_codes.codes import ENGLISH, Adverse, Catalogue, ReasonCode, UsedBy
from explanations.reason_codes.wording import number, value_in_words
from explanations.reasons import PrincipalReasons, Reason, ReferenceSummary, told_in
from underwriting.enums import DecisionStage
from underwriting.facts.catalogue import FactDefinition, Unit, catalogue
from underwriting.facts.values import Facts
from underwriting.policy.types import Finding, FindingResult


@dataclass(frozen=True, slots=True)
class ReasonTest:
    """Whether a reason is true of the case, and a sentence an officer can check against the facts."""

    holds: bool
    because: str


@dataclass(frozen=True, slots=True)
class SelectableReason:
    """A code on the officer's list: how the officer reads it, what the applicant would read, and whether it is true here."""

    code: str
    group: str
    officer_text: str
    applicant_text: str
    fact: str
    test: ReasonTest


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What a reason is tested against: the frozen facts, the findings, and the people who just qualify.

    `language` is the applicant's; what an officer reads is English.
    """

    facts: Facts
    findings: Sequence[Finding]
    reference: ReferenceSummary
    currency: str
    language: str = ENGLISH


class ReasonNotTrue(ValueError):
    """A chosen reason does not hold of the case, or may not be chosen at all; the message says which and why."""


def reason_holds(code: ReasonCode, case: CaseFile) -> ReasonTest:
    """Test a reason: a failed or referring rule objects to its fact, or the value lies on the adverse side of the usual one.

    Reference medians are of model inputs (money in whole currency units) under the fact's name; where the model does not
    read the fact, only a rule can make the reason true.
    """
    tests = [_test(code, fact_name, case) for fact_name in code.facts]
    return next((test for test in tests if test.holds), tests[0])


def selectable_reasons(case: CaseFile, codes: Catalogue) -> list[SelectableReason]:
    """Every code a person may choose, those that hold first, then by group and code."""
    found = []
    for code in codes.codes.values():
        if code.is_for(UsedBy.OFFICER):
            test = reason_holds(code, case)
            found.append(
                SelectableReason(
                    code=code.code,
                    group=code.group,
                    officer_text=code.officer,
                    applicant_text=_sentence(code, case),
                    fact=code.facts[0],
                    test=test,
                )
            )
    return sorted(found, key=lambda reason: (not reason.test.holds, reason.group, reason.code))


def reasons_from_officer(
    chosen: Sequence[str], *, stage: DecisionStage, case: CaseFile, codes: Catalogue
) -> PrincipalReasons:
    """The reasons a person chose, in their order.

    Raises ReasonNotTrue where none or more than four were chosen, one twice, one that a person may not choose, or one that
    does not hold of the case.
    """
    if not 1 <= len(chosen) <= codes.max_reasons or len(set(chosen)) != len(chosen):
        raise ReasonNotTrue(f"Choose one to {codes.max_reasons} different reasons.")
    english, *told = [
        PrincipalReasons(
            tuple(
                _chosen_reason(name, rank=rank, stage=stage, case=case, codes=codes.in_language(language))
                for rank, name in enumerate(chosen, start=1)
            )
        )
        for language in dict.fromkeys((ENGLISH, case.language))
    ]
    return told_in(case.language, english=english, words=told[0]) if told else english


def _chosen_reason(name: str, *, rank: int, stage: DecisionStage, case: CaseFile, codes: Catalogue) -> Reason:
    code = codes.codes.get(name)
    if code is None or not code.is_for(UsedBy.OFFICER):
        raise ReasonNotTrue(f"{name} is not a reason that can be chosen.")
    test = reason_holds(code, case)
    if not test.holds:
        raise ReasonNotTrue(f"{code.factor}: {test.because}")
    fact_name = next((fact for fact in code.facts if _test(code, fact, case).holds), code.facts[0])
    return reason_from(
        code,
        group=code.group,
        rank=rank,
        text=_sentence(code, case),
        detail=own_figure(
            code, fact_name=fact_name, facts=case.facts, currency=case.currency, language=codes.language
        ),
        is_neutral=False,
        fact_name=fact_name,
        facts=case.facts,
        typical=case.reference.medians.get(fact_name),
        share_log_odds=None,
        share_points=None,
        stage=stage,
        language=codes.language,
    )


def _sentence(code: ReasonCode, case: CaseFile) -> str:
    """The comparing sentence where the comparison holds, else the rule's."""
    compared = any(_beyond_usual(code, fact_name, case) for fact_name in code.facts)
    return code.text if compared else code.rule_text


def _test(code: ReasonCode, fact_name: str, case: CaseFile) -> ReasonTest:
    definition = catalogue()[fact_name]
    fact = case.facts.get(fact_name)
    if fact is None or fact.value is None:
        return ReasonTest(False, f"{definition.label} is not on file.")
    on_file = value_in_words(fact.value, definition, case.currency)
    for finding in case.findings:
        if (
            finding.result in (FindingResult.FAIL, FindingResult.REFER)
            and _objects_to(finding, code, fact_name)
            and can_be_true(code, fact.value)
        ):
            return ReasonTest(
                True, f"{definition.label} is {on_file}; the rule was not met: {finding.sentence}"
            )
    if code.adverse is Adverse.CATEGORY:
        return ReasonTest(fact.value in code.adverse_values, f"{definition.label} is {on_file}.")
    if code.adverse in (Adverse.PRESENT, Adverse.ABSENT):
        return ReasonTest(_beyond_usual(code, fact_name, case), f"{definition.label} is {on_file}.")
    typical = case.reference.medians.get(fact_name)
    if typical is None:
        return ReasonTest(
            False, f"{definition.label} is {on_file}; no rule objects to it and the score does not read it."
        )
    usual = _typical_in_words(typical, definition, case.currency)
    holds = _beyond_usual(code, fact_name, case)
    compared = (
        "which is "
        + ("worse" if holds else "no worse")
        + f" than the {usual} usual for people who just qualify."
    )
    return ReasonTest(holds, f"{definition.label} is {on_file}, {compared}")


def _objects_to(finding: Finding, code: ReasonCode, fact_name: str) -> bool:
    """Whether the rule spoke about this fact on this side: it names the code, or reads this one-sided fact alone."""
    if finding.reason_code is not None:
        return finding.reason_code == code.code and fact_name in finding.values
    return set(finding.values) == {fact_name} and catalogue()[fact_name].risk_sign != 0


def _beyond_usual(code: ReasonCode, fact_name: str, case: CaseFile) -> bool:
    fact = case.facts.get(fact_name)
    if fact is None or fact.value is None or isinstance(fact.value, str):
        return False
    is_money = catalogue()[fact_name].unit is Unit.MONEY
    return is_adverse(
        code, fact.value / 100 if is_money else float(fact.value), case.reference.medians.get(fact_name)
    )


def _typical_in_words(typical: float, definition: FactDefinition, currency: str) -> str:
    if definition.unit is Unit.MONEY:
        return value_in_words(round(typical * 100), definition, currency)
    if definition.unit is Unit.SEVERITY:
        return value_in_words(round(typical), definition, currency)
    return (
        value_in_words(typical, definition, currency)
        if definition.unit is not Unit.COUNT
        else number(typical)
    )
