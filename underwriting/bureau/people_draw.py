"""Quantities of invented people out of summary statistics: a Gaussian copula over stated marginals. Pure."""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from statistics import NormalDist
from typing import Any

from underwriting.facts.catalogue import catalogue

NORMAL = NormalDist()
STATISTICS_PATH = Path(__file__).with_name("people_statistics.json")
# Keeps a rounded correlation matrix positive definite.
SHRINK = 0.02
# More people leave a field empty in the undated source than a lender would accept.
UNKNOWN_LIMIT = {
    "annual_income": 0.02,
    "debt_to_income_ratio": 0.0,
    "debt_to_income_without_mortgage_ratio": 0.0,
}
NEVER = {"absence": "NEVER"}
UNKNOWN = {"absence": "UNKNOWN"}


@dataclass(frozen=True, slots=True)
class Population:
    """The statistics of one shape, and the lower triangle of its correlation matrix."""

    statistics: Mapping[str, Any]
    lower: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, statistics: Mapping[str, Any]) -> Population:
        return cls(statistics, _cholesky(statistics["correlation"]))


@cache
def population(shape: str) -> Population:
    """The committed one. Raises KeyError for a shape there is none of."""
    return Population.of(json.loads(STATISTICS_PATH.read_text(encoding="utf-8"))[shape])


def _cholesky(correlation: list[list[float]]) -> tuple[tuple[float, ...], ...]:
    lower: list[list[float]] = []
    for i, line in enumerate(correlation):
        row: list[float] = []
        for j in range(i):
            row.append((line[j] * (1 - SHRINK) - sum(row[k] * lower[j][k] for k in range(j))) / lower[j][j])
        row.append(math.sqrt(1.0 - sum(entry * entry for entry in row)))
        lower.append(row)
    return tuple(map(tuple, lower))


def draw_quantities(people: Population, random: Random) -> dict[str, Any]:
    """Name -> value in the catalogue's unit, NEVER, or None for unknown."""
    order, quantities = people.statistics["order"], people.statistics["quantities"]
    independent = [random.gauss(0.0, 1.0) for _ in order]
    values: dict[str, Any] = {}
    for name, line in zip(order, people.lower, strict=True):
        share = NORMAL.cdf(sum(weight * draw for weight, draw in zip(line, independent, strict=False)))
        marginal = quantities[name]
        is_unknown = random.random() < min(marginal["unknown_share"], UNKNOWN_LIMIT.get(name, 1.0))
        values[name] = None if is_unknown else _from_share(name, share, marginal)
    return values


def _from_share(name: str, share: float, marginal: dict[str, Any]) -> Any:
    if "shares" in marginal:
        return _category(share, marginal["shares"])
    known = 1 - marginal["unknown_share"]
    never = marginal["never_share"] / known if known else 0.0
    if never:
        safe_is_high = catalogue()[name].risk_sign < 0
        if safe_is_high and share > 1 - never:
            return dict(NEVER)
        if not safe_is_high and share < never:
            return dict(NEVER)
        share = share / (1 - never) if safe_is_high else (share - never) / (1 - never)
    return _quantile(name, min(max(share, 0.0), 1.0), marginal)


def _category(share: float, shares: dict[str, float]) -> str:
    ends: list[float] = []
    for part in shares.values():
        ends.append((ends[-1] if ends else 0.0) + part)
    return list(shares)[min(bisect_right(ends, share), len(shares) - 1)]


def _quantile(name: str, share: float, marginal: dict[str, Any]) -> int | float:
    """Counts, months and severities step; money and ratios lie between two quantiles on a straight line."""
    quantiles: list[float] = marginal["quantiles"]
    place = share * (len(quantiles) - 1)
    low = min(int(place), len(quantiles) - 2)
    if catalogue()[name].unit in ("money", "ratio"):
        value = quantiles[low] + (quantiles[low + 1] - quantiles[low]) * (place - low)
        return round(value) if marginal["whole"] else round(value, 4)
    return int(quantiles[min(int(place + 0.5), len(quantiles) - 1)])
