"""The true risk of invented people: a logistic formula over their facts, stated in people_statistics.json. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

Value = int | float | str | Mapping[str, str] | None
MINOR_UNITS = 100


def risk_term(transform: str, value: Value) -> float:
    """What one term of the formula multiplies its coefficient with.

    `log` log(1 + value), `log_money` the same in currency units, `cap:x` min(value, x), `never` and `unknown` 1 for that
    absence, `is:x` 1 for that category. A term of a value is 0 where there is none. Raises ValueError for another transform.
    """
    if transform in {"unknown", "never"}:
        return float((value is None) if transform == "unknown" else isinstance(value, Mapping))
    kind, _, detail = transform.partition(":")
    if kind == "is":
        return float(value == detail)
    if kind not in {"log", "log_money", "cap"}:
        raise ValueError(f"unknown transform {transform}")
    if value is None or isinstance(value, Mapping):
        return 0.0
    number = float(value)
    if kind == "cap":
        return min(number, float(detail))
    return math.log1p(number / MINOR_UNITS if kind == "log_money" else number)


def true_log_odds(formula: Mapping[str, Any], values: Mapping[str, Value]) -> float:
    """Log-odds of default by the formula {"intercept": b0, "terms": [[fact, transform, coefficient], ...]}."""
    terms: Sequence[Sequence[Any]] = formula["terms"]
    return float(formula["intercept"]) + sum(
        float(coefficient) * risk_term(transform, values.get(fact)) for fact, transform, coefficient in terms
    )


def probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))
