"""The rules that say something else of a moved person are found from their conditions: no rule too few, and none too many."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.soundness.moving import MovingRules
from tests.properties.policy_cases import applicant_facts, demo_policy, fact_values, value_fact
from tests.properties.test_policy import TREES, compiled_rule
from underwriting.facts.values import FactValue
from underwriting.policy.compile import CompiledPolicy, CompiledRule
from underwriting.policy.conditions import Verdict


def policy_of(trees: list[Any]) -> CompiledPolicy:
    rules = []
    for number, tree in enumerate(trees, 1):
        rule = compiled_rule(tree)
        rules.append(replace(rule, rule=rule.rule.model_copy(update={"id": f"R-{number:02}"})))
    return replace(demo_policy("harbour"), rules=tuple(rules))


def ids(rules: tuple[CompiledRule, ...]) -> list[str]:
    return [rule.rule.id for rule in rules]


@settings(max_examples=300, deadline=None)
@given(trees=st.lists(TREES, min_size=1, max_size=6), facts=applicant_facts(), data=st.data())
def test_they_are_the_rules_whose_verdicts_differ(
    trees: list[Any], facts: dict[str, FactValue], data: st.DataObject
) -> None:
    policy = policy_of(trees)
    moving = MovingRules(policy)
    named = sorted({name for rule in policy.rules for name in rule.fact_names} & set(facts))
    for _ in range(3):
        moved = data.draw(st.lists(st.sampled_from(named), max_size=3, unique=True)) if named else []
        other = {**facts, **{name: data.draw(fact_values(name)) for name in moved}}

        found = moving.between(facts, other).rules

        assert ids(found) == ids(
            tuple(rule for rule in policy.rules if rule.verdict(facts) != rule.verdict(other))
        )
        facts = other


def test_a_rule_that_cannot_be_read_of_one_of_them_is_one() -> None:
    tree = {"fact": "monthly_income", "operator": "<", "value": 100_000, "if_absent": "passes", "if_never": "passes"}  # fmt: skip
    policy = policy_of([tree])
    sound, unsound = {"monthly_income": value_fact(150_000)}, {"monthly_income": value_fact("150000")}

    assert policy.rules[0].verdict(sound) is Verdict.NOT_MET
    assert ids(MovingRules(policy).between(sound, unsound).rules) == ["R-01"]
    assert MovingRules(policy).between(sound, sound).rules == ()
