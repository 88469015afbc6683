"""A policy as a GoRules JSON decision model: five nodes the engine evaluates, and everything else a policy says in their columns.

The rules table collects the rules that hold; the price table gives the first tier whose score is reached. What JDM has no place for
(what an absent fact means, owners, reasons, settings) stands in headings and in columns of its own, so that reading it back loses nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from underwriting.policy.conditions import leaves
from underwriting.policy.expressions import expression_complaints, zen_text
from underwriting.policy.formats.sheets import (
    AUTHORITY,
    COLUMNS,
    CONDITIONS,
    PRICES,
    RULES,
    SETTINGS,
    Sheet,
    sheets_of,
    tree_of,
)
from underwriting.policy.formats.zen_literals import zen_literal
from underwriting.policy.schema import Node, PolicyRefused, parse_document
from underwriting.policy.tables import column_of

CONTENT_TYPE = "application/vnd.gorules.decision"
INPUT, OUTPUT = "input", "output"
TABLES = (RULES, PRICES, AUTHORITY, SETTINGS)
NAMES = {RULES: "Rules", PRICES: "Price grid", AUTHORITY: "Authority", SETTINGS: "Settings"}
HIT_POLICY = {RULES: "collect", PRICES: "first", AUTHORITY: "collect", SETTINGS: "collect"}
ASKED = {PRICES: "score_from", AUTHORITY: "role", SETTINGS: "setting"}  # the column a row is found by
FIELD = {PRICES: "score", AUTHORITY: "role", SETTINGS: "setting"}
WHOLE, ABSENCES = "whole condition", "absences"
_NODE: TypeAdapter[Any] = TypeAdapter(Node)


def jdm_text(document: Mapping[str, Any]) -> str:
    """The graph as JSON text. Raises PolicyRefused for a document whose rules are no expressions of the engine."""
    complaints = expression_complaints(parse_document(document))
    if complaints:
        raise PolicyRefused(complaints)
    sheets = sheets_of(document)
    tables = [_table_node(sheets[name], sheets[CONDITIONS], index) for index, name in enumerate(TABLES)]
    ends = [_end_node(INPUT, "inputNode", "Application", 0), _end_node(OUTPUT, "outputNode", "Policy", 900)]
    graph = {"contentType": CONTENT_TYPE, "nodes": [ends[0], *tables, ends[1]], "edges": edges()}
    return json.dumps(graph, indent=2, ensure_ascii=False) + "\n"


def edges() -> list[dict[str, str]]:
    """Input to every table, every table to output."""
    pairs = [(INPUT, name) for name in TABLES] + [(name, OUTPUT) for name in TABLES]
    return [
        {"id": f"{source}-{target}", "type": "edge", "sourceId": source, "targetId": target}
        for source, target in pairs
    ]


def rule_node(tree: Mapping[str, Any]) -> Any:
    """A tree of the document as the schema reads it. Raises ValueError."""
    return _NODE.validate_json(json.dumps(tree, allow_nan=False))


def whole_expression(node: Any) -> str:
    """A tree as one ZEN expression."""
    return zen_text(node, tuple(None for _ in leaves(node)))


def _end_node(node_id: str, kind: str, name: str, x: int) -> dict[str, Any]:
    return {"id": node_id, "type": kind, "name": name, "position": {"x": x, "y": 300}}


def _table_node(sheet: Sheet, conditions: Sheet, index: int) -> dict[str, Any]:
    inputs, outputs = _columns(sheet)
    content = {
        "hitPolicy": HIT_POLICY[sheet.name],
        "inputs": inputs,
        "outputs": outputs,
        "rules": _rows(sheet, conditions, inputs, outputs),
        "passThrough": False,
        "inputField": None,
        "outputPath": sheet.name,
        "executionMode": "single",
    }
    place = {"x": 420, "y": 200 * index}
    return {
        "id": sheet.name,
        "type": "decisionTableNode",
        "name": NAMES[sheet.name],
        "position": place,
        "content": content,
    }


def _columns(sheet: Sheet) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    if sheet.name == RULES:
        asked = [(key, column_of(key).fact) for key in sheet.columns[len(COLUMNS[RULES]) :]] + [(WHOLE, "")]
        said = (*COLUMNS[RULES], ABSENCES)
    else:
        asked = [(ASKED[sheet.name], FIELD[sheet.name])]
        said = tuple(column for column in sheet.columns if column != ASKED[sheet.name])
    inputs = [{"id": f"i{n}", "name": name, "field": field} for n, (name, field) in enumerate(asked)]
    outputs = [{"id": f"o{n}", "name": name, "field": name.replace("/", ".")} for n, name in enumerate(said)]
    return inputs, outputs


def _rows(
    sheet: Sheet,
    conditions: Sheet,
    inputs: Sequence[Mapping[str, str]],
    outputs: Sequence[Mapping[str, str]],
) -> list[dict[str, str]]:
    found = []
    for number, row in enumerate(sheet.rows):
        written = {"_id": f"{sheet.name}-{number + 1}"}
        tree = (
            [r for r in conditions.rows if r["rule_id"] == row.get("rule_id")] if sheet.name == RULES else []
        )
        for column in inputs:
            written[column["id"]] = _asked(sheet.name, column["name"], row, tree)
        for column in outputs:
            value = (
                [_absence(leaf) for leaf in tree]
                if column["name"] == ABSENCES and tree
                else row.get(column["name"], ...)
            )
            written[column["id"]] = "" if value is ... else zen_literal(value)
        found.append(written)
    return found


def _absence(leaf: Mapping[str, Any]) -> str:
    return f"{leaf['path']} {leaf['if_absent']} {leaf.get('if_never', '-')}"


def _asked(sheet: str, column: str, row: Mapping[str, Any], tree: Sequence[Mapping[str, Any]]) -> str:
    if column == WHOLE:
        return whole_expression(rule_node(tree_of_rows(tree))) if tree else ""
    if column not in row:
        return ""
    operator = {RULES: "", PRICES: ">="}.get(sheet, "==") or column_of(column).operator
    return f"{operator} {zen_literal(row[column])}"


def tree_of_rows(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The tree of a rule's condition rows. Raises ValueError."""
    names = ("rule_id", "path")
    return tree_of([(row["path"], {k: v for k, v in row.items() if k not in names}) for row in rows])
