"""Promises of a policy evaluation that hold for any applicant: total, deterministic, monotone, never declining for want of evidence."""

from __future__ import annotations

import operator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.policy_cases import (
    BASE_SCORES,
    REQUESTS,
    absent_fact,
    applicant_facts,
    case_from,
    cases,
    demo_policy,
    fact_values,
    value_fact,
)
from underwriting.enums import DecisionStage, Outcome
from underwriting.facts.catalogue import Unit, catalogue
from underwriting.facts.values import Absence, FactValue
from underwriting.policy.compile import CompiledRule, RuleNotAnswered
from underwriting.policy.conditions import Verdict, leaves
from underwriting.policy.evaluate import PairView, evaluate, view_pair, view_requested
from underwriting.policy.schema import Rule
from underwriting.policy.types import (
    FaultKind,
    FindingKind,
    FindingResult,
    PairScore,
    PolicyCase,
    PolicyResult,
    TechnicalFault,
    Terms,
)

TIMEOUT = (TechnicalFault(FaultKind.BUREAU_TIMEOUT, "The bureau did not answer in time."),)
COMPARED = [n for n, d in catalogue().items() if d.unit is not Unit.CATEGORY and n != "bureau_score"]


# ZEN = Python -----------------------------------------------------------------------------------------------------------------


def interpreted(node: Any, facts: dict[str, FactValue]) -> int:
    """The conditions as plain Python: 0 not met, 1 a person decides, 2 met."""
    if "all" in node:
        return min(interpreted(m, facts) for m in node["all"])
    if "any" in node:
        return max(interpreted(m, facts) for m in node["any"])
    fact = facts.get(node["fact"])
    if fact is None or fact.value is None:
        never = fact is not None and fact.absence is Absence.NEVER
        return {"passes": 0, "refers": 1, "fails": 2}[node["if_never"] if never else node["if_absent"]]
    seen: Any = fact.value
    limit: Any = node["value"]
    if not isinstance(seen, str):
        seen, limit = (
            Decimal(str(round(seen, 9))),
            Decimal(str(limit)) if not isinstance(limit, (list, tuple)) else limit,
        )
    compare: dict[str, Any] = {
        "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
        "in": lambda one, many: one in many, "not in": lambda one, many: one not in many,
    }  # fmt: skip
    met: bool = compare[node["operator"]](seen, limit)
    return 2 if met else 0


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    absences = st.sampled_from(["passes", "fails", "refers"])
    name = draw(st.sampled_from([*COMPARED, "purpose", "housing"]))
    definition = catalogue()[name]
    if definition.unit is Unit.CATEGORY:
        sign = draw(st.sampled_from(["==", "!=", "in", "not in"]))
        one = st.sampled_from(definition.values)
        value: Any = draw(st.lists(one, min_size=1, max_size=3) if "in" in sign else one)
    else:
        sign = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
        value = draw(fact_values(name).map(lambda f: f.value).filter(lambda v: v is not None))
        value = round(value, 9) if isinstance(value, float) else value
    return {
        "fact": name,
        "operator": sign,
        "value": value,
        "if_absent": draw(absences),
        "if_never": draw(absences),
    }


TREES = st.recursive(
    conditions(),
    lambda inner: st.builds(
        lambda w, m: {w: m}, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=5,
)


def compiled_rule(tree: dict[str, Any]) -> CompiledRule:
    rule = Rule.model_validate(
        {"id": "R-01", "kind": "REVIEW", "name": "A rule", "when": tree, "owner": "Risk", "source": "LAW"},
        strict=False,
    )
    met = tuple(leaves(rule.when))
    return CompiledRule(rule, met, tuple(dict.fromkeys(c.fact for c in met)))


@settings(max_examples=400, deadline=None)
@given(tree=TREES, facts=applicant_facts(), data=st.data())
def test_the_engine_says_what_plain_python_says(
    tree: dict[str, Any], facts: dict[str, FactValue], data: st.DataObject
) -> None:
    rule = compiled_rule(tree)
    for condition in rule.conditions:
        # Often exactly on the threshold: that is where an operator goes wrong.
        if not isinstance(condition.value, tuple) and data.draw(st.booleans()):
            facts[condition.fact] = value_fact(condition.value)

    assert rule.verdict(facts) == Verdict(interpreted(tree, facts))


@pytest.mark.parametrize("value", ["many", float("nan"), float("inf"), -1, 10**6, ""])
def test_a_value_that_is_not_legal_is_never_compared(value: Any) -> None:
    rule = compiled_rule(
        {"fact": "past_due_account_count", "operator": ">=", "value": 1, "if_absent": "passes"}
    )

    with pytest.raises(RuleNotAnswered, match="Rule R-01 could not be read: Accounts past due now"):
        rule.verdict({"past_due_account_count": value_fact(value)})


# Total and deterministic ------------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(case=cases(), line_case=cases(line=True), late=st.booleans())
def test_every_case_gets_the_same_answer_twice(case: PolicyCase, line_case: PolicyCase, late: bool) -> None:
    for name, each in (("harbour", case), ("northgate", line_case), ("quarry", line_case)):
        policy = demo_policy(name)
        for variant in (each, replace(each, scores=(), facts_at=(), model_late=late)):
            first, second = evaluate(policy, variant), evaluate(policy, variant)
            assert first == second
            assert (first.offer is not None) == (first.outcome in (Outcome.APPROVE, Outcome.COUNTEROFFER))
            assert bool(first.referral_sentences) == (first.outcome is Outcome.REFER)
            assert {r.rule.id for r in policy.rules} <= {f.rule_id for f in first.findings}


@settings(max_examples=150, deadline=None)
@given(case=cases())
def test_the_fallback_never_declines(case: PolicyCase) -> None:
    policy = demo_policy("harbour")
    facts = {**case.facts, "bureau_score": value_fact(700 + len(case.facts))}
    late = replace(case, facts=facts, scores=(), facts_at=(), model_late=True)

    result = evaluate(policy, late)

    assert result.used_fallback
    assert result.outcome is not Outcome.COUNTEROFFER
    assert result.outcome is not Outcome.DECLINE or result.stage is DecisionStage.KNOCKOUT


# Technical reasons ------------------------------------------------------------------------------------------------------------


@settings(max_examples=1000, deadline=None)
@given(
    facts=applicant_facts(),
    base=BASE_SCORES,
    requested=REQUESTS,
    taken=st.sets(st.sampled_from(sorted(catalogue()))),
    scored=st.booleans(),
)
def test_evidence_taken_away_for_a_technical_reason_never_declines(
    facts: dict[str, FactValue], base: int, requested: Terms, taken: set[str], scored: bool
) -> None:
    policy = demo_policy("harbour")
    whole = case_from(facts, base, requested)
    poorer = {n: absent_fact(Absence.UNKNOWN) if n in taken else f for n, f in facts.items()}
    broken = case_from(poorer, base, requested, TIMEOUT)
    if not scored:
        broken = replace(broken, scores=(), facts_at=())

    before, after = evaluate(policy, whole), evaluate(policy, broken)

    assert after.outcome in (Outcome.REFER, Outcome.DECLINE)
    assert after.outcome is Outcome.REFER or before.stage is DecisionStage.KNOCKOUT


@settings(max_examples=200, deadline=None)
@given(case=cases(), fault=st.sampled_from(FaultKind))
def test_a_technical_fault_declines_only_through_a_knock_out_with_all_its_facts_on_file(
    case: PolicyCase, fault: FaultKind
) -> None:
    policy = demo_policy("harbour")
    broken = replace(case, faults=(TechnicalFault(fault, "It failed."),))

    result = evaluate(policy, broken)

    failed = {
        f.rule_id
        for f in result.findings
        if f.kind is FindingKind.KNOCKOUT and f.result is FindingResult.FAIL
    }
    assert (result.outcome is Outcome.DECLINE) == bool(failed)
    for rule in policy.rules:
        if rule.rule.id in failed:
            for name in rule.fact_names:
                fact = broken.facts[name]
                assert fact.value is not None or fact.absence is Absence.NEVER


# Monotone ---------------------------------------------------------------------------------------------------------------------

ORDERED = [
    n
    for n, d in catalogue().items()
    if d.risk_sign != 0 and d.unit is not Unit.CATEGORY and n != "bureau_score"
]
TERM_FACTS = {
    "requested_amount",
    "requested_term_months",
    "loan_to_income_ratio",
    "instalment_to_income_ratio",
}


def worsened(name: str, fact: FactValue, steps: int) -> FactValue:
    """The fact a little worse for the applicant, inside its range."""
    definition = catalogue()[name]
    if not isinstance(fact.value, (int, float)):
        return fact
    step = {Unit.RATIO: 0.05, Unit.MONEY: 10_000}.get(definition.unit, 1) * steps * definition.risk_sign
    low, high = definition.low or 0, definition.high or 0
    return replace(fact, value=type(fact.value)(min(max(fact.value + step, low), high)))


def views(name: str, case: PolicyCase) -> list[PairView]:
    policy = demo_policy(name)
    requested = view_requested(policy, case, has_fault=False)
    return [requested] + [view_pair(policy, case, i, requested) for i in range(1, len(case.scores))]


@settings(max_examples=1000, deadline=None)
@given(
    facts=applicant_facts(),
    base=BASE_SCORES,
    requested=REQUESTS,
    worse=st.sets(st.sampled_from(ORDERED), min_size=0, max_size=4),
    steps=st.integers(1, 30),
    fewer_points=st.integers(0, 120),
    line=st.sampled_from(["harbour", "northgate", "quarry"]),
)
def test_worse_never_helps(
    facts: dict[str, FactValue],
    base: int,
    requested: Terms,
    worse: set[str],
    steps: int,
    fewer_points: int,
    line: str,
) -> None:
    terms = requested if line == "harbour" else Terms(None, None)
    poorer = {n: worsened(n, f, steps) if n in worse - TERM_FACTS else f for n, f in facts.items()}
    better_case = case_from(facts, base, terms)
    worse_case = case_from(poorer, base - fewer_points, terms)

    for before, after in zip(views(line, better_case), views(line, worse_case), strict=True):
        assert after.outcome.severity >= before.outcome.severity
        if after.offer is not None and before.offer is not None:
            assert after.offer.annual_rate_bps >= before.offer.annual_rate_bps
            assert after.offer.amount_minor <= before.offer.amount_minor

    assert_final_not_better(evaluate(demo_policy(line), better_case), evaluate(demo_policy(line), worse_case))


def assert_final_not_better(before: PolicyResult, after: PolicyResult) -> None:
    """APPROVE only from APPROVE; nothing out of a decline; a counteroffer is made of a decline, so it may follow a referral."""
    may_become = {
        Outcome.APPROVE: set(Outcome),
        Outcome.COUNTEROFFER: {Outcome.COUNTEROFFER, Outcome.REFER, Outcome.DECLINE},
        Outcome.REFER: {Outcome.COUNTEROFFER, Outcome.REFER, Outcome.DECLINE},
        Outcome.DECLINE: {Outcome.DECLINE},
    }
    assert after.outcome in may_become[before.outcome]
    if before.offer is not None and after.offer is not None:
        assert after.offer.amount_minor <= before.offer.amount_minor


def test_a_score_with_no_place_in_the_grid_still_gets_an_answer() -> None:
    policy = demo_policy("harbour")
    terms = Terms(1_000_000, 36)
    score = PairScore(terms, margin=30.0, points=-4000.5, score=-4001, probability_of_default=1.0)
    case = PolicyCase(
        facts={"monthly_income": value_fact(400_000)}, requested=terms, scores=(score,), facts_at=({},)
    )

    result = evaluate(policy, case)

    assert (result.outcome, result.stage) == (Outcome.DECLINE, DecisionStage.SCORE)
