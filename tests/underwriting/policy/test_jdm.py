"""A policy as a GoRules JDM: what the engine of the format finds, what is read, what is refused node by node."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
import zen

from tests.properties.policy_cases import case_from, demo_document, demo_policy, random_facts, value_fact
from underwriting.policy.evaluate import evaluate
from underwriting.policy.formats.from_jdm import from_jdm
from underwriting.policy.formats.text import MAX_FILE_BYTES
from underwriting.policy.formats.to_jdm import jdm_text
from underwriting.policy.schema import PolicyRefused
from underwriting.policy.types import FindingKind, FindingResult, Terms

LENDERS = ("harbour", "northgate", "quarry")


def reasons(read: Callable[[], Any]) -> list[tuple[str, str]]:
    with pytest.raises(PolicyRefused) as caught:
        read()
    return [(c.place, c.message) for c in caught.value.complaints]


@pytest.fixture
def document() -> Any:
    return copy.deepcopy(demo_document("harbour"))


# JDM ------------------------------------------------------------------------------------------------------------------------


def graph_of(document: Any) -> Any:
    return json.loads(jdm_text(document))


def table(graph: Any, name: str) -> Any:
    return next(node["content"] for node in graph["nodes"] if node["id"] == name)


@pytest.mark.parametrize("seed", range(25))
def test_the_engine_of_the_format_finds_the_rules_that_ours_finds(seed: int) -> None:
    on_file = {name: fact for name, fact in random_facts(seed).items() if fact.value is not None}
    case = case_from({"monthly_income": value_fact(300_000), **on_file}, 650, Terms(500_000, 36))
    sent = {name: fact.value for name, fact in case.facts.items()}
    findings = [f for f in evaluate(demo_policy("harbour"), case).findings if set(f.values) <= set(sent)]
    held = {(FindingKind.KNOCKOUT, FindingResult.FAIL), (FindingKind.REVIEW, FindingResult.REFER)}

    answer = (
        zen.ZenEngine().create_decision(jdm_text(demo_document("harbour"))).evaluate({**sent, "score": 700})
    )

    found = {row["rule_id"] for row in answer["result"]["rules"]} & {f.rule_id for f in findings}
    assert found == {f.rule_id for f in findings if (f.kind, f.result) in held}
    assert answer["result"]["price_grid"]["name"] == "B"


def test_an_edited_cell_of_ours_is_read(document: Any) -> None:
    graph = graph_of(document)
    rules, prices = table(graph, "rules"), table(graph, "price_grid")
    ids = {column["name"]: column["id"] for part in ("inputs", "outputs") for column in rules[part]}
    rows = {row[ids["rule_id"]]: row for row in rules["rules"]}
    rows["'K-03'"][ids["past_due_amount > passes passes 1"]] = ">= 75000"
    rows["'K-03'"][ids["reason"]] = '"Nobody\'s overdue."'
    rows["'R-04'"][ids["whole condition"]] = rows["'R-04'"][ids["whole condition"]].replace("> 0.8", "> 0.85")
    prices["rules"][0]["o1"] = "699"

    read = from_jdm(json.dumps(graph))

    leaf = document["rules"][2]["when"]
    assert read["rules"][2]["when"] == {**leaf, "operator": ">=", "value": 75_000}
    assert read["rules"][2]["reason"] == "Nobody's overdue."
    assert read["rules"][7]["when"]["all"][0]["value"] == 0.85
    assert read["price_grid"][0]["annual_rate_bps"] == 699


def test_a_foreign_model_is_refused_node_by_node() -> None:
    columns = [
        {"id": "a", "name": "Shoes", "field": "shoe_size"},
        {"id": "b", "name": "Cards", "field": "revolving_utilisation_ratio"},
    ]
    content = {"hitPolicy": "ruleOrder", "inputs": columns, "outputs": [], "rules": []}
    nodes = [
        {"id": "1", "type": "inputNode", "name": "Request"},
        {"id": "2", "type": "functionNode", "name": "Affordability", "content": "export const handler = () => ({})"},
        {"id": "3", "type": "expressionNode", "name": "Ratios"},
        {"id": "4", "type": "switchNode", "name": "Channel"},
        {"id": "5", "type": "decisionNode", "name": "Other"},
        {"id": "6", "type": "customNode", "name": "Mail"},
        {"id": "7", "type": "decisionTableNode", "name": "Fees", "content": content},
        {"id": "8", "type": "magicNode"},
    ]  # fmt: skip

    found = reasons(lambda: from_jdm(json.dumps({"nodes": nodes, "edges": []})))

    said = {place: [m for p, m in found if p == place] for place, _ in found}
    assert list(said) == [
        f"node “{n}”" for n in ("Request", "Affordability", "Ratios", "Channel", "Other", "Mail", "Fees", "8")
    ] + ["graph"]
    assert said["node “Affordability”"][0].startswith("Code is not accepted")
    assert said["node “Ratios”"][0].startswith("Expressions that compute new values")
    assert said["node “Fees”"] == [
        "It is none of the tables of a policy: Rules, Price grid, Authority, Settings.", "shoe_size is not in the facts catalogue.",
        "The hit policy ruleOrder is not known here.",
    ]  # fmt: skip
    assert any("Rules is missing" in message for message in said["graph"])


BAD_CELLS: list[tuple[str, str, str, str]] = [
    ("rules", "past_due_amount > passes passes 1", "> d('now')", "only plain values"),
    ("rules", "past_due_amount > passes passes 1", "> 5 or true", "only plain values"),
    ("rules", "past_due_amount > passes passes 1", "[1..5]", "only plain values"),
    ("rules", "past_due_amount > passes passes 1", "> ", "a value is expected"),
    ("rules", "owner", "'a' 'b'", "one value is expected"),
    ("rules", "whole condition", "bankruptcy_count >= 1", "were added or taken out"),
    ("price_grid", "score_from", "< 5", "operator < is not accepted"),
    ("settings", "value", "[1, [2]]", "a value is expected"),
    ("settings", "value", "[1", "not closed"),
]


@pytest.mark.parametrize(("name", "column", "text", "message"), BAD_CELLS)
def test_a_cell_that_is_more_than_a_value_is_refused(
    document: Any, name: str, column: str, text: str, message: str
) -> None:
    graph = graph_of(document)
    content = table(graph, name)
    (column_id,) = [c["id"] for part in ("inputs", "outputs") for c in content[part] if c["name"] == column]
    content["rules"][2][column_id] = text

    ((place, found),) = reasons(lambda: from_jdm(json.dumps(graph)))

    assert place.endswith(f"row 3, column {column}")
    assert message in found


def hit_policy(graph: Any) -> None:
    table(graph, "rules")["hitPolicy"] = "first"


def passing_on(graph: Any) -> None:
    table(graph, "rules")["passThrough"] = True


def other_fact(graph: Any) -> None:
    table(graph, "rules")["inputs"][0]["field"] = "bureau_score"


def line_gone(graph: Any) -> None:
    del graph["edges"][0]


def function_more(graph: Any) -> None:
    graph["nodes"].append({"id": "f", "type": "functionNode", "name": "Extra"})


def table_gone(graph: Any) -> None:
    graph["nodes"] = [node for node in graph["nodes"] if node["id"] != "settings"]


def no_text(graph: Any) -> None:
    table(graph, "settings")["rules"][0]["o0"] = 5


def group_changed(graph: Any) -> None:
    content = table(graph, "rules")
    whole = content["inputs"][-1]["id"]
    content["rules"][7][whole] = content["rules"][7][whole].replace(" or ", " and ")


def tree_gone(graph: Any) -> None:
    content = table(graph, "rules")
    content["rules"][7][content["inputs"][-1]["id"]] = ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (hit_policy, "The hit policy of Rules is collect"),
        (passing_on, "loops, reads inside a field or passes"),
        (other_fact, "is named for bankruptcy_count"),
        (line_gone, "Every table of a policy is asked"),
        (function_more, "Code is not accepted"),
        (table_gone, "The node Settings is missing"),
        (no_text, "something that is not text"),
        (group_changed, "not its groups"),
        (tree_gone, "The whole condition of R-04 is missing."),
    ],
)
def test_a_model_of_ours_that_would_decide_otherwise_is_refused(
    document: Any, change: Callable[[Any], None], message: str
) -> None:
    graph = graph_of(document)
    change(graph)

    assert any(message in text for _, text in reasons(lambda: from_jdm(json.dumps(graph))))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000, "This is not JSON"),
        ('{"nodes": [], "nodes": [], "edges": []}', "there twice"),
        ("[]", "no decision model"),
        (json.dumps({"nodes": [{}] * 51, "edges": []}), "at most 50 nodes"),
        ("x" * (MAX_FILE_BYTES + 1), "at most 2,000,000 bytes"),
    ],
)
def test_what_is_no_model_is_refused(text: str, message: str) -> None:
    ((_, found),) = reasons(lambda: from_jdm(text))

    assert message in found


def test_a_policy_the_engine_would_refuse_is_not_exported(document: Any) -> None:
    document["rules"][0]["when"]["fact"] = "shoe_size"

    assert reasons(lambda: jdm_text(document)) == [("/rules/0/when", "shoe_size is not a known fact.")]
