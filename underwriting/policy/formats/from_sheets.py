"""A policy document out of its five tables. Every complaint names table, row and column; nothing is read by halves. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from underwriting.policy.formats.sheets import (
    AUTHORITY,
    COLUMNS,
    CONDITION_FIELDS,
    CONDITIONS,
    PRICES,
    RULE_FIELDS,
    RULES,
    SETTINGS,
    TREE,
    Sheet,
    nested,
    tree_of,
    when_of,
)
from underwriting.policy.schema import Complaint, PolicyRefused
from underwriting.policy.tables import TableRefused, column_of


def document_of(sheets: Mapping[str, Sheet]) -> dict[str, Any]:
    """The document these tables say. Raises PolicyRefused with every place that is wrong."""
    reading = _Reading(sheets)
    document = reading.settings()
    document["price_grid"] = reading.prices()
    document["rules"] = reading.rules()
    if reading.complaints:
        raise PolicyRefused(reading.complaints)
    return document


def place_of(sheet: str, row: int | None = None, column: str = "") -> str:
    """`rules, row 3, column name`: rows are counted as a spreadsheet shows them, the heading being row 1."""
    parts = [sheet, f"row {row + 2}" if row is not None else "", f"column {column}" if column else ""]
    return ", ".join(part for part in parts if part)


class _Reading:
    def __init__(self, sheets: Mapping[str, Sheet]) -> None:
        self._sheets = sheets
        self.complaints: list[Complaint] = []
        for name in COLUMNS:
            if name not in sheets:
                self._complain(place_of(name), "This table is missing.")
        for sheet in sheets.values():
            self._check_columns(sheet)
        if self.complaints:
            raise PolicyRefused(self.complaints)

    def _complain(self, place: str, message: str) -> None:
        self.complaints.append(Complaint(place, message))

    def _check_columns(self, sheet: Sheet) -> None:
        for column in sheet.columns:
            if sheet.columns.count(column) > 1:
                self._complain(place_of(sheet.name, column=column), "This column is there twice.")
            elif column not in COLUMNS[sheet.name] and sheet.name != RULES:
                self._complain(place_of(sheet.name, column=column), "This column is not known here.")
            elif column not in COLUMNS[sheet.name]:
                try:
                    column_of(column)
                except TableRefused:
                    message = "A column of conditions is headed by fact, operator, what an absent fact means, what one that never happened means, and 1."
                    self._complain(place_of(sheet.name, column=column), message)
        if COLUMNS[sheet.name][0] not in sheet.columns:
            self._complain(place_of(sheet.name), f"The column {COLUMNS[sheet.name][0]} is missing.")

    def rules(self) -> list[dict[str, Any]]:
        trees = self._trees()
        columns = [
            (name, column_of(name)) for name in self._sheets[RULES].columns if name not in COLUMNS[RULES]
        ]
        found, wanted = [], set()
        for number, row in enumerate(self._sheets[RULES].rows):
            rule = {"id": row.get("rule_id")} | {name: row[name] for name in RULE_FIELDS if name in row}
            conditions = [column.condition(row[name]) for name, column in columns if name in row]
            try:
                if row.get("conditions") == TREE:
                    wanted.add(str(rule["id"]))
                    if conditions or str(rule["id"]) not in trees:
                        raise ValueError(
                            "the conditions of a rule marked “tree” stand in the table rule_conditions"
                        )
                    rule["when"] = trees[str(rule["id"])]
                else:
                    rule["when"] = when_of(row.get("conditions", ""), row.get("order"), conditions)
            except ValueError as error:
                self._complain(place_of(RULES, number), f"Rule {rule['id']}: {error}.")
            found.append(rule)
        for rule_id in sorted(trees.keys() - wanted):
            self._complain(
                place_of(CONDITIONS), f"There is no rule {rule_id} marked “tree” in the table of rules."
            )
        return found

    def _trees(self) -> dict[str, Any]:
        by_rule: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        for row in self._sheets[CONDITIONS].rows:
            leaf = {name: row[name] for name in CONDITION_FIELDS if name in row}
            by_rule.setdefault(str(row.get("rule_id")), []).append((str(row.get("path", "")), leaf))
        trees: dict[str, Any] = {}
        for rule_id, leaves in by_rule.items():
            trees[rule_id] = {}
            try:
                trees[rule_id] = tree_of(leaves)
            except ValueError as error:
                self._complain(place_of(CONDITIONS), f"Rule {rule_id}: {error}.")
        return trees

    def prices(self) -> list[dict[str, Any]]:
        found = []
        for number, row in enumerate(self._sheets[PRICES].rows):
            try:
                found.append(nested(list(row.items())))
            except ValueError as error:
                self._complain(place_of(PRICES, number), f"{error}.")
        return found

    def settings(self) -> dict[str, Any]:
        values: list[tuple[str, Any]] = []
        for number, row in enumerate(self._sheets[SETTINGS].rows):
            name = str(row.get("setting", ""))
            if name.split("/", 1)[0] in ("", "rules", "price_grid") or "value" not in row:
                self._complain(place_of(SETTINGS, number), "A setting has a name and a value.")
            values.append((name, row.get("value")))
        for number, row in enumerate(self._sheets[AUTHORITY].rows):
            if not row.get("role"):
                self._complain(place_of(AUTHORITY, number), "A row names a role.")
            values += [
                (f"{part}/{row.get('role')}", row[part]) for part in COLUMNS[AUTHORITY][1:] if part in row
            ]
        try:
            return nested(values)
        except ValueError as error:
            self._complain(place_of(SETTINGS), f"{error}.")
            return {}
