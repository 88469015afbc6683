"""A policy as five tables: rules, the conditions of rules that are no row, prices, authority, settings. Pure.

Tables and document say the same: what the document leaves out is an empty cell, what it calls null is null, and the order of
rules and conditions is kept, so that a document read back from its tables has the same hash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from underwriting.policy.formats.text import MAX_LEVELS
from underwriting.policy.schema import Complaint, PolicyRefused, parse_document
from underwriting.policy.tables import Column, columns_of, conjunction, table_columns

RULES, CONDITIONS, PRICES, AUTHORITY, SETTINGS = (
    "rules",
    "rule_conditions",
    "price_grid",
    "authority",
    "settings",
)
SHEETS = (RULES, CONDITIONS, PRICES, AUTHORITY, SETTINGS)
RULE_FIELDS = ("kind", "name", "reason_code", "priority", "owner", "source", "reason")
CONDITION_FIELDS = ("fact", "operator", "value", "if_absent", "if_never")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    RULES: ("rule_id", *RULE_FIELDS, "conditions", "order"),
    CONDITIONS: ("rule_id", "path", *CONDITION_FIELDS),
    PRICES: ("name", "score_from", "annual_rate_bps", "limit", "limit/amount_minor", "limit/monthly_income_multiple", "limit/maximum_minor"),
    AUTHORITY: ("role", "authority_minor", "delegation/price_tiers", "delegation/override_minor"),
    SETTINGS: ("setting", "value"),
}  # fmt: skip
ONE, ALL, TREE = "one", "all", "tree"  # a bare condition; conditions that must all hold; anything deeper
_PLACE = re.compile(r"[0-9]{1,3}")
Cells = Mapping[str, Any]  # column -> value; a column that is not there is an empty cell


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. Rows hold only the cells that are filled."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Cells, ...]


def sheets_of(document: Mapping[str, Any]) -> dict[str, Sheet]:
    """The five tables of a document. Raises PolicyRefused for one that cannot be read, or has two rules of one id."""
    parse_document(document)
    rules = document["rules"]
    ids = [rule["id"] for rule in rules]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise PolicyRefused([Complaint("/rules", f"Rule id {each} is used twice.") for each in twice])
    columns = table_columns(rules)
    conditions = [
        {"rule_id": rule["id"], "path": path, **leaf} for rule in rules for path, leaf in _tree_rows(rule)
    ]
    by_role: dict[str, dict[str, Any]] = {}
    settings = []
    rest = {name: part for name, part in document.items() if name not in ("rules", "price_grid")}
    for path, value in flat(rest):
        part, _, role = path.rpartition("/")
        if part in COLUMNS[AUTHORITY]:
            by_role.setdefault(role, {"role": role})[part] = value
        else:
            settings.append({"setting": path, "value": value})
    return {
        RULES: Sheet(
            RULES,
            (*COLUMNS[RULES], *(c.key for c in columns)),
            tuple(_rule_row(rule, columns) for rule in rules),
        ),
        CONDITIONS: Sheet(CONDITIONS, COLUMNS[CONDITIONS], tuple(conditions)),
        PRICES: Sheet(PRICES, COLUMNS[PRICES], tuple(dict(flat(tier)) for tier in document["price_grid"])),
        AUTHORITY: Sheet(AUTHORITY, COLUMNS[AUTHORITY], tuple(by_role.values())),
        SETTINGS: Sheet(SETTINGS, COLUMNS[SETTINGS], tuple(settings)),
    }


def _rule_row(rule: Mapping[str, Any], columns: Sequence[Column]) -> Cells:
    cells: dict[str, Any] = {"rule_id": rule["id"]} | {n: rule[n] for n in RULE_FIELDS if n in rule}
    conditions = conjunction(rule["when"])
    if conditions is None:
        return {**cells, "conditions": TREE}
    own = columns_of(conditions)
    cells["conditions"] = ONE if "fact" in rule["when"] else ALL
    # Usually the conditions stand in the order of the columns; where not, their places in the row are named in the rule's order.
    places = {column: place for place, column in enumerate((c for c in columns if c in own), start=1)}
    order = [places[column] for column in own]
    if order != sorted(order):
        cells["order"] = order
    return cells | {c.key: condition["value"] for c, condition in zip(own, conditions, strict=True)}


def _tree_rows(rule: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if conjunction(rule["when"]) is None:
        yield from tree_leaves(rule["when"])


def tree_leaves(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each condition of a tree with its path, `all/0/any/1`, left to right."""
    if "fact" in node:
        yield path.strip("/"), node
        return
    word = "all" if "all" in node else "any"
    for index, member in enumerate(node[word]):
        yield from tree_leaves(member, f"{path}/{word}/{index}")


def tree_of(leaves: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """The tree whose conditions stand at these paths, in this order. Raises ValueError naming the path that does not fit."""
    root: dict[str, Any] = {}
    for path, leaf in leaves:
        steps, node = path.split("/"), root
        pairs = list(zip(steps[::2], steps[1::2], strict=False))
        if (
            len(steps) % 2
            or len(steps) > 2 * MAX_LEVELS
            or any(w not in ("all", "any") or not _PLACE.fullmatch(n) for w, n in pairs)
        ):
            raise ValueError(f"“{path[:80]}” is not a path such as all/0/any/1")
        for depth, (word, number) in enumerate(pairs):
            members = node.setdefault(word, [])
            is_last = depth == len(pairs) - 1
            if len(node) > 1 or int(number) not in (len(members), len(members) - (not is_last)):
                raise ValueError(f"path “{path[:80]}” does not follow from the one before it")
            if int(number) == len(members):
                members.append(dict(leaf) if is_last else {})
            node = members[-1]
            if not is_last and "fact" in node:
                raise ValueError(f"path “{path[:80]}” leads through a condition")
    return root


def when_of(joined: str, order: Any, conditions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The tree of a row: its conditions in the rule's own order. Raises ValueError."""
    if not conditions:
        raise ValueError("the rule has no condition")
    if joined == ONE:
        if len(conditions) > 1:
            raise ValueError("one condition is expected; with more, write “all”")
        return conditions[0]
    if joined != ALL:
        raise ValueError(f"“{str(joined)[:40]}” is none of one, all, tree")
    if order is None:
        return {"all": list(conditions)}
    if not isinstance(order, list) or sorted(map(str, order)) != sorted(
        str(n + 1) for n in range(len(conditions))
    ):
        raise ValueError("order names each condition of the row once, counted from 1")
    return {"all": [conditions[int(place) - 1] for place in order]}


def flat(part: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of nested parts with its path; an empty part is a value of its own."""
    for name, value in part.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}", dict(value) if isinstance(value, Mapping) else value


def nested(values: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The opposite of `flat`. Raises ValueError naming a path that is there twice or leads through a value."""
    root: dict[str, Any] = {}
    for path, value in values:
        *parents, last = path.split("/")
        part = root
        for name in parents:
            inner = part.setdefault(name, {})
            if not isinstance(inner, dict):
                raise ValueError(f"{path[:80]} lies inside a value")  # noqa: TRY004 - what was typed, not a programmer's mistake
            part = inner
        if last in part:
            raise ValueError(f"{path[:80]} is there twice")
        part[last] = value
    return root
