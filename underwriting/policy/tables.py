"""Rules as a decision table: one row a rule, one column for each fact, operator and meaning of an absent fact. Pure.

A rule has a row when all its conditions must hold; one with "or" in it, or with groups in groups, is named beside the table.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from underwriting.policy.schema import OPERATORS, IfAbsent, RuleKind
from underwriting.policy.words import label, value_in_words

Value = int | float | str | list[str]
_ABSENCES = {
    IfAbsent.PASSES: "the rule passes",
    IfAbsent.REFERS: "a person looks",
    IfAbsent.FAILS: "the rule fails",
}
_OPERATORS = {
    "==": "is",
    "!=": "is not",
    "<": "under",
    "<=": "at most",
    ">": "over",
    ">=": "at least",
    "in": "one of",
    "not in": "none of",
}


class TableRefused(ValueError):
    """A cell that is not there, or cannot be written; the message is for the person who typed."""


@dataclass(frozen=True, slots=True)
class Column:
    """Conditions that differ in their value only. `nth` tells apart those a single rule has twice; `if_never` None: not stated."""

    fact: str
    operator: str
    if_absent: str
    if_never: str | None = None
    nth: int = 1

    @property
    def key(self) -> str:
        """`past_due_amount > refers passes 1`: names the column in a form and in a file."""
        return f"{self.fact} {self.operator} {self.if_absent} {self.if_never or '-'} {self.nth}"

    @property
    def heading(self) -> str:
        """`Amount past due over`."""
        return f"{label(self.fact)} {_OPERATORS[self.operator]}"

    @property
    def absence(self) -> str:
        """`not on file: a person looks; never happened: the rule passes`."""
        never = IfAbsent(self.if_never or IfAbsent.PASSES)
        return f"not on file: {_ABSENCES[IfAbsent(self.if_absent)]}; never happened: {_ABSENCES[never]}"

    def condition(self, value: Value) -> dict[str, Any]:
        """The condition a cell of this column stands for."""
        stated = {} if self.if_never is None else {"if_never": self.if_never}
        written = {"fact": self.fact, "operator": self.operator, "value": value, "if_absent": self.if_absent}
        return {**written, **stated}


@dataclass(frozen=True, slots=True)
class Cell:
    """A condition's value as the document holds it, and in words with its unit."""

    value: Value
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """A rule; `cells` stand in the order of the table's columns, None where the rule does not ask that."""

    rule_id: str
    kind: RuleKind
    name: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`others`: ids of the rules of this kind that have no row."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    others: tuple[str, ...]


def column_of(key: str) -> Column:
    """The column a key names. Raises TableRefused."""
    try:
        fact, rest = key.split(" ", 1)
        operator, absent, never, nth = rest.rsplit(" ", 3)
        number = int(nth)
        for word in (absent, *([] if never == "-" else [never])):
            IfAbsent(word)
    except ValueError as error:
        raise TableRefused(f"There is no column “{key[:120]}”.") from error
    if operator not in OPERATORS or number < 1 or not fact:
        raise TableRefused(f"There is no column “{key[:120]}”.")
    return Column(fact, operator, absent, None if never == "-" else never, number)


def conjunction(when: Mapping[str, Any]) -> Sequence[Mapping[str, Any]] | None:
    """The conditions that must all hold; None where the tree says something else."""
    if "fact" in when:
        return [when]
    members: Sequence[Mapping[str, Any]] = when.get("all", ())
    return members if members and all("fact" in member for member in members) else None


def columns_of(conditions: Sequence[Mapping[str, Any]]) -> list[Column]:
    """The column of each condition of one rule, in its order."""
    seen: dict[tuple[str, str, str, str | None], int] = {}
    found = []
    for written in conditions:
        own = (written["fact"], written["operator"], written["if_absent"], written.get("if_never"))
        seen[own] = seen.get(own, 0) + 1
        found.append(Column(*own, nth=seen[own]))
    return found


def table_columns(rules: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Every column these rules need: by fact as the facts first appear, so that what belongs together stands together."""
    found: dict[Column, None] = {}
    for rule in rules:
        found |= dict.fromkeys(columns_of(conjunction(rule["when"]) or ()))
    facts = {fact: place for place, fact in enumerate(dict.fromkeys(column.fact for column in found))}
    return sorted(found, key=lambda column: facts[column.fact])


def as_table(document: Mapping[str, Any], kind: RuleKind) -> Table:
    """The rules of a kind as a table, in document order. The document must be readable (`parse_document`)."""
    rules = [rule for rule in document["rules"] if rule["kind"] == kind]
    columns = table_columns(rules)
    rows, others = [], []
    for rule in rules:
        conditions = conjunction(rule["when"])
        if conditions is None:
            others.append(rule["id"])
            continue
        values = dict(zip(columns_of(conditions), (c["value"] for c in conditions), strict=True))
        cells = tuple(_cell(column, values.get(column), document["currency"]) for column in columns)
        rows.append(Row(rule["id"], kind, rule["name"], cells))
    return Table(tuple(columns), tuple(rows), tuple(others))


def _cell(column: Column, value: Value | None, currency: str) -> Cell | None:
    return None if value is None else Cell(value, value_in_words(column.fact, value, currency))


def with_cell(
    document: Mapping[str, Any], rule_id: str, column: Column | str, value: Value | None
) -> dict[str, Any]:
    """The document with one cell written: the condition's value changed, the condition added, or with None taken out.

    Nothing else of the document changes, and what is written may still have complaints. Raises TableRefused.
    """
    place = column if isinstance(column, Column) else column_of(column)
    changed: dict[str, Any] = copy.deepcopy(dict(document))
    rule = next((rule for rule in changed["rules"] if rule["id"] == rule_id), None)
    conditions = conjunction(rule["when"]) if rule is not None else None
    if rule is None or conditions is None:
        raise TableRefused(f"Rule {rule_id} has no row in the table.")
    members = [dict(condition) for condition in conditions]
    at = {each: index for index, each in enumerate(columns_of(members))}.get(place)
    if value is not None and at is not None:
        members[at]["value"] = value
    elif value is not None:
        members.append(place.condition(value))
    elif at is not None:
        del members[at]
    if not members:
        raise TableRefused("A rule needs a condition: remove the rule instead.")
    if len(members) == 1 and "fact" in rule["when"]:
        rule["when"] = members[0]
    else:
        rule["when"] = {"all": members}
    return changed
