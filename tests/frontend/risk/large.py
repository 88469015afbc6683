"""A policy of 200 rules of 30 conditions each."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from underwriting.facts.catalogue import FactDefinition, Unit, catalogue
from underwriting.policy.check import FORBIDDEN_FIELDS

RULES, CONDITIONS = 200, 30


def large_document(
    small: Mapping[str, Any], rules: int = RULES, conditions: int = CONDITIONS
) -> dict[str, Any]:
    """`small` with so many review rules, each a conjunction of so many conditions that pass the checks."""
    columns = list(itertools.islice(_columns(), conditions))
    written = [
        {
            "id": f"R-{number:03d}",
            "kind": "REVIEW",
            "name": f"Combination {number}",
            "when": {"all": [_condition(column, number) for column in columns]},
            "reason_code": None,
            "priority": 100,
            "owner": "Credit risk",
            "source": "RISK_APPETITE",
            "reason": "",
        }
        for number in range(1, rules + 1)
    ]
    return {**small, "rules": written}


def _columns() -> Any:
    ordered = [
        d
        for name, d in catalogue().items()
        if d.unit not in (Unit.CATEGORY, Unit.FLAG)
        and name not in FORBIDDEN_FIELDS
        and name != "bureau_score"
    ]
    for strict in (True, False):
        for definition in ordered:
            for operator in (">", ">=") if definition.risk_sign >= 0 else ("<", "<="):
                if strict == (operator in "<>"):
                    yield definition, operator


def _condition(column: tuple[FactDefinition, str], number: int) -> dict[str, Any]:
    definition, operator = column
    low, high = definition.low or 0, definition.high if definition.high is not None else 1000
    value = low + (high - low) * number / 1000
    whole = definition.unit is not Unit.RATIO
    return {
        "fact": definition.name,
        "operator": operator,
        "value": int(value) if whole else round(value, 4),
        "if_absent": "refers",
        "if_never": "passes",
    }
