"""A row of a data set, read by its mapping file: value, unit and window of each quantity, straight from the columns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

NOT_ON_FILE = ("UNKNOWN", "NOT_ASKED", "NEVER")
Value = float | str


@dataclass(frozen=True, slots=True)
class Quantity:
    """`value` in the source's meaning, money in whole currency units; None with the reason in `absence`."""

    value: Value | None
    absence: str
    window: str
    unit: str


@dataclass(frozen=True, slots=True)
class Source:
    """One source row and the mapping document that explains its columns."""

    row: Mapping[str, str]
    mapping: Mapping[str, Any]

    @property
    def has_credit_record(self) -> bool:
        rule = self.mapping.get("no_hit", {})
        if "all_equal" in rule:
            return any(float(self.row[name]) != rule["all_equal"] for name in self.mapping["columns"])
        names = rule.get("all_empty", [])
        return not names or any(self.row[name] for name in names)

    def quantity(self, fact: str) -> Quantity | None:
        """What the row says of this; None where the data set knows nothing of the kind."""
        if fact == "bureau_hit_flag":
            return Quantity(float(self.has_credit_record), "", "", "flag")
        for name, column in self.mapping["columns"].items():
            if column["fact"] == fact:
                return self._column(name, column)
        return self._worked_out(fact)

    def _column(self, name: str, column: Mapping[str, Any]) -> Quantity:
        window, unit = column["window"], column["unit"]
        if column["place"] == "report" and not self.has_credit_record:
            return Quantity(None, "UNKNOWN", window, unit)
        text = self.row[name]
        if not text:
            return Quantity(None, column.get("empty", "UNKNOWN"), window, unit)
        meaning = self._code(text, column)
        if meaning in NOT_ON_FILE:
            return Quantity(None, str(meaning), window, unit)
        if column["read"] in ("code", "category"):
            if meaning is None:
                raise ValueError(f"{name}: nobody explains {text!r}")
            value: Value = meaning if column["read"] == "category" else float(meaning)
            return Quantity(value, "", window, unit)
        return self._number(text, column, window=window, unit=unit)

    def _number(self, text: str, column: Mapping[str, Any], *, window: str, unit: str) -> Quantity:
        if column["read"] == "months_before_application":
            opened, applied = (
                date.fromisoformat(text[:10]),
                date.fromisoformat(self.row[self.mapping["date"]][:10]),
            )
            months = (applied.year - opened.year) * 12 + applied.month - opened.month
            return Quantity(float(max(0, months)), "", window, unit)
        number = float(text)
        if column["read"] == "share_of_monthly_income":
            return self._share(number, column, window=window, unit=unit)
        if column.get("unknown_above") is not None and number > column["unknown_above"]:
            return Quantity(None, "UNKNOWN", window, unit)
        scaled = number * column.get("scale", 1)
        return Quantity(scaled / 100 if unit == "money" else scaled, "", window, unit)

    def _share(self, share: float, column: Mapping[str, Any], *, window: str, unit: str) -> Quantity:
        """A sum a month, of a share of monthly income; where no income is given some sources hold the sum itself.

        Nobody owes a part of a cent: the sum is in the whole cents in which an application states it.
        """
        name = column["income"]
        income_text, periods = self.row[name], column.get("income_periods", 1)
        known = income_text and self._code(income_text, self.mapping["columns"][name]) is None
        if known:
            owed = share * column.get("scale", 1) * float(income_text) * periods / 12
            return Quantity(round(owed, 2), "", window, unit)
        if column.get("amount_where_income_is_unknown"):
            return Quantity(share, "", window, unit)
        return Quantity(None, "UNKNOWN", window, unit)

    def _code(self, text: str, column: Mapping[str, Any]) -> Any:
        key = text.removesuffix(".0")
        dated = column.get("codes_until")
        if dated and self.row[self.mapping["date"]][:10] <= str(dated["date"]) and key in dated["codes"]:
            return dated["codes"][key]
        return column.get("codes", {}).get(key, self.mapping.get("default_codes", {}).get(key))

    def _known(self, fact: str) -> float | None:
        found = self.quantity(fact)
        return float(found.value) if found is not None and isinstance(found.value, float | int) else None

    def _worked_out(self, fact: str) -> Quantity | None:
        """Ratios that no source has, worked out from what it has. Without income there is no ratio to print."""
        parts = RATIOS.get(fact)
        if parts is None:
            return None
        if any(self.quantity(part) is None for part in (*parts, "annual_income")):
            return None
        values = [self._known(part) for part in parts]
        income = self._known("annual_income")
        if income is None or None in values:
            return Quantity(None, "UNKNOWN", "", "ratio")
        yearly = _yearly(fact, [value for value in values if value is not None], self.mapping)
        if income <= 0:
            return Quantity(0.0 if yearly == 0 else math.inf, "", "", "ratio")
        return Quantity(yearly / income, "", "", "ratio")


RATIOS: Mapping[str, tuple[str, ...]] = {
    "loan_to_income_ratio": ("requested_amount",),
    "instalment_to_income_ratio": ("requested_amount", "requested_term_months"),
    "debt_to_income_ratio": ("monthly_obligations",),
    "debt_to_income_without_mortgage_ratio": ("monthly_obligations_without_mortgage",),
}


def _yearly(fact: str, values: list[float], mapping: Mapping[str, Any]) -> float:
    if fact == "loan_to_income_ratio":
        return values[0]
    if fact == "instalment_to_income_ratio":
        amount, months = values
        rate = float(mapping["model"]["reference_rate_bps"]) / 120_000
        return 12 * amount * rate / (1 - math.pow(1 + rate, -months))
    return 12 * values[0]
