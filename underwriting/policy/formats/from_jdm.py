"""A GoRules JSON decision model read back. Only the tables a policy has are read; anything else is refused node by node, with the reason.

Nothing of a model is taken when any of its nodes is refused, and nothing in it is evaluated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from underwriting.facts.catalogue import catalogue
from underwriting.policy.formats.from_sheets import document_of
from underwriting.policy.formats.sheets import COLUMNS, CONDITIONS, RULES, TREE, Sheet
from underwriting.policy.formats.text import checked, refused
from underwriting.policy.formats.to_jdm import (
    ABSENCES,
    ASKED,
    FIELD,
    HIT_POLICY,
    INPUT,
    NAMES,
    OUTPUT,
    TABLES,
    WHOLE,
    edges,
    rule_node,
    tree_of_rows,
    whole_expression,
)
from underwriting.policy.formats.zen_literals import comparison, comparisons, literal_value
from underwriting.policy.schema import Complaint, PolicyRefused
from underwriting.policy.tables import Column, TableRefused, column_of

MAX_NODES = 50
MAX_ROWS = 1_000
_REASONS = {
    "functionNode": "Code is not accepted: what a function does cannot be read as rules.",
    "expressionNode": "Expressions that compute new values are not accepted: a policy compares facts of the catalogue.",
    "switchNode": "A switch is not accepted: a policy asks all its rules of every applicant.",
    "decisionNode": "A call of another decision is not accepted: what it says is not in this file.",
    "customNode": "A node of somebody's own making is not accepted: nobody here knows what it does.",
}


def from_jdm(text: str) -> dict[str, Any]:
    """The document an exported, perhaps edited, decision model says. Raises PolicyRefused, each complaint naming its node."""
    graph = _graph(checked(text))
    nodes = [node for node in graph["nodes"] if isinstance(node, Mapping)]
    complaints = [c for node in nodes for c in _node_complaints(node)] + _whole_complaints(graph, nodes)
    if complaints:
        raise PolicyRefused(complaints)
    reading = _Reading()
    sheets = {node["id"]: reading.sheet(node) for node in nodes if node["id"] in TABLES}
    sheets[CONDITIONS] = Sheet(CONDITIONS, COLUMNS[CONDITIONS], tuple(reading.conditions))
    if reading.complaints:
        raise PolicyRefused(reading.complaints)
    return document_of(sheets)


def _graph(text: str) -> Any:
    try:
        graph = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise refused("", f"This is not JSON: {str(error)[:120] or 'it is nested too deeply'}.") from error
    if (
        not isinstance(graph, dict)
        or not isinstance(graph.get("nodes"), list)
        or not isinstance(graph.get("edges"), list)
    ):
        raise refused("", "This is no decision model: it has no nodes and edges.")
    if len(graph["nodes"]) > MAX_NODES:
        raise refused("", f"A decision model holds at most {MAX_NODES} nodes.")
    return graph


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice in one object")
    return found


def _named(node: Mapping[str, Any]) -> str:
    return f"node “{str(node.get('name') or node.get('id') or 'without a name')[:80]}”"


def _node_complaints(node: Mapping[str, Any]) -> list[Complaint]:
    kind, place = str(node.get("type")), _named(node)
    if kind in ("inputNode", "outputNode"):
        wanted = INPUT if kind == "inputNode" else OUTPUT
        return (
            []
            if node.get("id") == wanted
            else [Complaint(place, f"A policy has one {kind}, named {wanted}.")]
        )
    if kind in _REASONS:
        return [Complaint(place, _REASONS[kind])]
    if kind != "decisionTableNode":
        return [Complaint(place, f"A node of type {kind[:40]} is not known here.")]
    name, content = str(node.get("id")), node.get("content")
    if not isinstance(content, Mapping):
        return [Complaint(place, "The table has no content.")]
    found = []
    if name not in TABLES:
        found.append(f"It is none of the tables of a policy: {', '.join(NAMES.values())}.")
        found += [f"{fact} is not in the facts catalogue." for fact in _unknown_facts(content)]
    policy = content.get("hitPolicy")
    if policy not in ("first", "collect"):
        found.append(f"The hit policy {str(policy)[:40]} is not known here.")
    elif name in TABLES and policy != HIT_POLICY[name]:
        found.append(
            f"The hit policy of {NAMES[name]} is {HIT_POLICY[name]}: with {policy} it would decide otherwise."
        )
    if (
        content.get("executionMode", "single") != "single"
        or content.get("inputField")
        or content.get("passThrough")
    ):
        found.append("A table that loops, reads inside a field or passes its input on is not accepted.")
    found += _shape_complaints(content)
    return [Complaint(place, message) for message in found]


def _unknown_facts(content: Mapping[str, Any]) -> list[str]:
    columns = content.get("inputs")
    fields = [c.get("field") for c in columns if isinstance(c, Mapping)] if isinstance(columns, list) else []
    return sorted({str(field)[:60] for field in fields if field and field not in catalogue()})


def _shape_complaints(content: Mapping[str, Any]) -> list[str]:
    for part in ("inputs", "outputs"):
        columns = content.get(part)
        if not isinstance(columns, list) or not all(
            isinstance(c, Mapping) and isinstance(c.get("id"), str) for c in columns
        ):
            return [f"Its {part} cannot be read."]
    rows = content.get("rules")
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        return ["Its rows cannot be read."]
    if len(rows) > MAX_ROWS:
        return [f"A table holds at most {MAX_ROWS:,} rows."]
    cells = (value for row in rows for name, value in row.items() if not name.startswith("_"))
    return (
        [] if all(isinstance(cell, str) for cell in cells) else ["A cell holds something that is not text."]
    )


def _whole_complaints(graph: Mapping[str, Any], nodes: list[Mapping[str, Any]]) -> list[Complaint]:
    ids = [node.get("id") for node in nodes]
    found = [
        Complaint("graph", f"The node {NAMES.get(name, name)} is missing or there twice.")
        for name in (INPUT, *TABLES, OUTPUT)
        if ids.count(name) != 1
    ]
    drawn = {(e.get("sourceId"), e.get("targetId")) for e in graph["edges"] if isinstance(e, Mapping)}
    if not found and drawn != {(e["sourceId"], e["targetId"]) for e in edges()}:
        found.append(
            Complaint(
                "graph",
                "Every table of a policy is asked: the lines go from the input to each and on to the output.",
            )
        )
    return found


class _Reading:
    """The rows of the nodes, and what was wrong with them; conditions of trees are collected on the way."""

    def __init__(self) -> None:
        self.complaints: list[Complaint] = []
        self.conditions: list[dict[str, Any]] = []

    def sheet(self, node: Mapping[str, Any]) -> Sheet:
        name, content = node["id"], node["content"]
        rows: list[dict[str, Any]] = []
        # a cell whose operator was changed is a column of its own, beside the one it stood in
        known = {*COLUMNS[name], ABSENCES}
        columns: dict[str, dict[str, None]] = {str(column.get("name")): {} for column in content["inputs"]}
        for number, cells in enumerate(content["rules"], start=1):
            row: dict[str, Any] = {}
            for part, read in (("outputs", self._said), ("inputs", self._asked)):
                for column in content[part]:
                    text, heading = str(cells.get(column["id"], "")), str(column.get("name"))
                    if not text.strip():
                        continue
                    before = set(row)
                    try:
                        read(name, column, heading, text, row)
                    except (ValueError, TableRefused) as error:
                        place = f"{_named(node)}, row {number}, column {heading[:80]}"
                        self.complaints.append(Complaint(place, f"“{text[:60]}”: {error}."))
                    columns.setdefault(heading, {}).update(dict.fromkeys(row.keys() - before - known))
            if row.pop(ABSENCES, None) is not None or (
                row.get("conditions") == TREE and not self._has_tree(row)
            ):
                place = f"{_named(node)}, row {number}"
                self.complaints.append(
                    Complaint(place, f"The whole condition of {row.get('rule_id')} is missing.")
                )
            rows.append(row)
        asked = dict.fromkeys(key for keys in columns.values() for key in keys)
        return Sheet(name, (*COLUMNS[name], *asked), tuple(rows))

    def _has_tree(self, row: Mapping[str, Any]) -> bool:
        return any(condition["rule_id"] == row.get("rule_id") for condition in self.conditions)

    def _said(
        self, sheet: str, column: Mapping[str, Any], heading: str, text: str, row: dict[str, Any]
    ) -> None:
        if heading not in COLUMNS[sheet] and not (sheet == RULES and heading == ABSENCES):
            raise ValueError("this column is not known here")
        if column.get("field") != heading.replace("/", "."):
            raise ValueError("the column gives another field than its name says")
        row[heading] = literal_value(text)

    def _asked(
        self, sheet: str, column: Mapping[str, Any], heading: str, text: str, row: dict[str, Any]
    ) -> None:
        field = column.get("field") or ""
        if sheet == RULES and heading == WHOLE and not field:
            self._whole(text, row)
            return
        operator, value = comparison(text)
        if sheet == RULES:
            place = column_of(heading)
            if field != place.fact:
                raise ValueError(f"the column asks for {str(field)[:60]} and is named for {place.fact}")
            self._condition(replace(place, operator=operator), value, row)
            return
        if heading != ASKED[sheet] or field != FIELD[sheet]:
            raise ValueError("this column is not known here")
        if operator != {"price_grid": ">="}.get(sheet, "=="):
            raise ValueError(f"the operator {operator} is not accepted here")
        row[heading] = value

    def _condition(self, column: Column, value: Any, row: dict[str, Any]) -> None:
        while column.key in row:
            column = replace(column, nth=column.nth + 1)
        row[column.key] = value

    def _whole(self, text: str, row: dict[str, Any]) -> None:
        """A tree: its comparisons from the expression, its groups and absences from the column beside it."""
        stated, asked = row.pop(ABSENCES, None), comparisons(text)
        if not isinstance(stated, list) or len(stated) != len(asked):
            raise ValueError("conditions were added or taken out: do that in the editor of the draft")
        rows = []
        for (fact, operator, value), absence in zip(asked, stated, strict=True):
            path, absent, never = [*str(absence).split(" "), "", ""][:3]
            leaf = Column(fact, operator, absent, None if never == "-" else never).condition(value)
            rows.append({"rule_id": row.get("rule_id"), "path": path, **leaf})
        try:
            expression = whole_expression(rule_node(tree_of_rows(rows)))
        except ValidationError as error:
            raise ValueError("a condition of it is none the policy can hold") from error
        if " ".join(expression.split()) != " ".join(text.split()):
            raise ValueError("only the values of this expression can be changed here, not its groups")
        self.conditions.extend(rows)
