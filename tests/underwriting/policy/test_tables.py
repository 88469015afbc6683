"""Rules as a decision table: what has a row, what a cell says, and that writing one changes nothing else."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from explanations.reason_codes.catalogue import current_catalogue, policy_codes
from tests.properties.policy_cases import demo_document, value_fact
from underwriting.policy.check import check_policy
from underwriting.policy.compile import canonical_sha256, compile_policy
from underwriting.policy.conditions import Verdict
from underwriting.policy.schema import MAX_GROUP_MEMBERS, MAX_RULES, PolicyRefused, RuleKind, parse_document
from underwriting.policy.tables import Column, TableRefused, as_table, column_of, with_cell

PAST_DUE = Column("past_due_amount", ">", "passes", "passes")
INCOME = Column("monthly_income", "<", "refers", "refers")


@pytest.fixture
def document() -> Any:
    return copy.deepcopy(demo_document("harbour"))


def test_a_rule_whose_conditions_all_hold_has_a_row_and_another_is_named(document: Any) -> None:
    table = as_table(document, RuleKind.KNOCKOUT)
    reviews = as_table(document, RuleKind.REVIEW)

    assert [row.rule_id for row in table.rows] == ["K-01", "K-02", "K-03", "K-04"]
    overdue = dict(zip(table.columns, table.rows[2].cells, strict=True))
    assert {c: cell.words for c, cell in overdue.items() if cell} == {PAST_DUE: "$500"}
    assert reviews.others == ("R-04",)
    assert "R-04" not in [row.rule_id for row in reviews.rows]


def test_columns_tell_apart_what_an_absent_fact_means_and_what_one_rule_asks_twice(document: Any) -> None:
    leaf = document["rules"][2]["when"]
    document["rules"][2]["when"] = {"all": [leaf, {**leaf, "value": 9}, {**leaf, "if_absent": "refers"}]}

    columns = [c for c in as_table(document, RuleKind.KNOCKOUT).columns if c.fact == "past_due_amount"]

    assert [(c.if_absent, c.nth) for c in columns] == [("passes", 1), ("passes", 2), ("refers", 1)]
    assert columns[2].heading.endswith("over")
    assert columns[2].absence == "not on file: a person looks; never happened: the rule passes"
    assert [column_of(c.key) for c in columns] == columns


def test_a_cell_written_changes_one_value_and_nothing_else(document: Any) -> None:
    changed = with_cell(document, "K-03", PAST_DUE.key, 75_000)

    assert changed["rules"][2]["when"] == {**document["rules"][2]["when"], "value": 75_000}
    changed["rules"][2]["when"]["value"] = 50_000
    assert canonical_sha256(changed) == canonical_sha256(document)


def test_a_cell_written_where_there_was_none_is_a_condition_more_and_emptied_one_less(document: Any) -> None:
    more = with_cell(document, "K-03", INCOME, 90_000)
    less = with_cell(more, "K-03", PAST_DUE, None)

    assert more["rules"][2]["when"] == {"all": [document["rules"][2]["when"], INCOME.condition(90_000)]}
    assert less["rules"][2]["when"] == {"all": [INCOME.condition(90_000)]}
    assert document == demo_document("harbour")


@pytest.mark.parametrize(
    ("rule_id", "column", "value"),
    [
        ("K-99", PAST_DUE.key, 1),
        ("R-04", PAST_DUE.key, 1),
        ("K-03", PAST_DUE.key, None),
        ("K-03", "past_due_amount", 1),
        ("K-03", "past_due_amount ~ passes passes 1", 1),
        ("K-03", "past_due_amount > perhaps passes 1", 1),
        ("K-03", "past_due_amount > passes passes 0", 1),
        ("K-03", "", 1),
    ],
)
def test_a_cell_that_cannot_be_written_is_refused(
    document: Any, rule_id: str, column: str, value: Any
) -> None:
    with pytest.raises(TableRefused):
        with_cell(document, rule_id, column, value)


# The largest policy -------------------------------------------------------------------------------------------------------

LONG = "enquiry_count_6m_without_auto_and_mortgage"


def largest() -> Any:
    document = copy.deepcopy(demo_document("harbour"))
    column = Column(LONG, ">=", "passes", "passes")
    rule = document["rules"][-1]
    document["rules"] = [
        {**rule, "id": f"R-{n + 10}", "when": {"all": [column.condition(n % 190 + i % 9) for i in range(MAX_GROUP_MEMBERS)]}}
        for n in range(MAX_RULES)
    ]  # fmt: skip
    return document


def test_two_hundred_rules_of_thirty_conditions_are_a_policy() -> None:
    document = largest()

    assert [
        c for c in check_policy(document, reason_codes=policy_codes(current_catalogue())) if c.blocks
    ] == []
    compiled = compile_policy(document)
    assert compiled.rules[0].verdict({LONG: value_fact(8)}) is Verdict.MET
    assert compiled.rules[0].verdict({LONG: value_fact(7)}) is Verdict.NOT_MET
    assert len(as_table(document, RuleKind.REVIEW).columns) == MAX_GROUP_MEMBERS


@pytest.mark.parametrize("what", ["rule", "condition"])
def test_one_more_than_that_is_refused(what: str) -> None:
    document = largest()
    many = document["rules"] if what == "rule" else document["rules"][0]["when"]["all"]
    many.append(copy.deepcopy(many[0]))

    with pytest.raises(PolicyRefused):
        parse_document(document)
