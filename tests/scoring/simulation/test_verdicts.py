"""A rule answered for many rows at once says of each what the live engine says of it alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.simulation.columns import NEVER, NOT_ASKED, NOT_NAMED, UNKNOWN, VALUE
from scoring.simulation.verdicts import TECHNICAL, Column, Says, as_fact, rule_answers
from tests.properties.policy_cases import value_fact
from tests.properties.test_policy import TREES, compiled_rule
from underwriting.facts.catalogue import Unit, catalogue
from underwriting.facts.values import FactValue
from underwriting.policy.compile import CompiledRule
from underwriting.policy.findings import rule_says
from underwriting.policy.schema import Condition

ROWS = 40
BEYOND = 10**13  # no fact has such a value: it cannot be read


def values_near(conditions: list[Condition]) -> list[Any]:
    """Thresholds and their neighbours, and a value that cannot be read."""
    fact = catalogue()[conditions[0].fact]
    if fact.unit is Unit.CATEGORY:
        return [*fact.values, "no such value"]
    limits = [condition.value for condition in conditions if isinstance(condition.value, (int, float))]
    step = 0.001 if fact.unit is Unit.RATIO else 1
    return [near for limit in limits for near in (limit - step, limit, limit + step)] + [BEYOND]


@st.composite
def columns(draw: st.DrawFn, rule: CompiledRule) -> dict[str, Column]:
    found = {}
    for name in rule.fact_names:
        values = values_near([condition for condition in rule.conditions if condition.fact == name])
        chosen = draw(st.lists(st.sampled_from(values), min_size=ROWS, max_size=ROWS))
        status = draw(
            st.lists(st.sampled_from([VALUE] * 6 + [NEVER, UNKNOWN, NOT_ASKED, NOT_NAMED]), min_size=ROWS, max_size=ROWS)
        )  # fmt: skip
        is_text = catalogue()[name].unit is Unit.CATEGORY
        found[name] = Column.of(
            np.array(chosen, dtype=None if is_text else np.float64), np.array(status, dtype=np.int8)
        )
    return found


def one_by_one(rule: CompiledRule, columns: dict[str, Column]) -> list[int]:
    found = []
    for row in range(ROWS):
        facts: dict[str, FactValue] = {}
        for name, column in columns.items():
            if (fact := column.fact(row)) is not None:
                facts[name] = fact
        said = rule_says(rule, facts, currency="USD", has_fault=False)
        found.append(TECHNICAL if said.is_technical else said.finding.outcome.severity)
    return found


def together(rule: CompiledRule, columns: dict[str, Column]) -> Says:
    return rule_answers(rule, columns.__getitem__, currency="USD")


@settings(max_examples=300, deadline=None)
@given(tree=TREES, data=st.data())
def test_all_rows_at_once_are_answered_as_each_alone(tree: dict[str, Any], data: st.DataObject) -> None:
    rule = compiled_rule(tree)
    facts = data.draw(columns(rule))

    assert together(rule, facts).tolist() == one_by_one(rule, facts)
    rows = np.array(data.draw(st.permutations(range(ROWS))))
    elsewhere = {name: column.at(rows) for name, column in facts.items()}
    assert together(rule, elsewhere).tolist() == together(rule, facts)[rows].tolist()


def test_a_column_holds_what_it_was_made_of() -> None:
    column = Column.of(
        np.array([5.0, 0.0, 3.0, 5.0]), np.array([VALUE, NEVER, VALUE, NOT_NAMED], dtype=np.int8)
    )

    told = [column.fact(row) for row in range(4)]

    assert told == [as_fact(5, VALUE), as_fact(None, NEVER), as_fact(3, VALUE), None]
    assert (told[0] or value_fact(0)).value == 5
