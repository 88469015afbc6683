"""Summary statistics from which the generator draws people: quantiles, shares, rank correlations, a risk formula. No rows.

Written to underwriting/bureau/people_statistics.json by `manage.py train --statistics`. Each quantity of a shape is brought to
normal scores by rank (NEVER at the safe end, UNKNOWN in the middle); their correlation matrix is all that is kept of how
quantities go together (a Gaussian copula, Nelsen 2006 section 2.3).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

from scoring.features.matrix import Matrix, Vector
from scoring.training.mapping import DATA_SETS, DataMapping, mapping_for
from scoring.training.measures import log_odds
from scoring.training.rows import SourceRow, read_target, source_rows
from underwriting.bureau.people import Shape, person
from underwriting.bureau.people_draw import UNKNOWN, Population
from underwriting.bureau.people_risk import Value, probability, risk_term
from underwriting.facts.catalogue import Unit, catalogue

SHAPES: dict[str, Shape] = {"harbour": "A", "northgate": "B", "quarry": "C"}
# Ends of a distribution could point at somebody; they are cut off.
PROBABILITIES = [0.005, *(step / 50 for step in range(1, 50)), 0.995]
RARE = 0.01
# A person without a credit record is taken to be riskier than the average one by this much.
NO_RECORD_LOG_ODDS = 0.3
CAPS = {"revolving_utilisation_ratio": 1.5, "debt_to_income_ratio": 1.0, "instalment_burden_ratio": 1.5}
# Categories that stand in the formula of their own; the others share the intercept.
NOTABLE_SHARE = 0.02


def all_statistics(data_root: Path) -> dict[str, Any]:
    """Shape -> statistics, for the three data sets."""
    return {
        SHAPES[lender]: calibrated(shape_statistics(data_root, mapping_for(lender)), SHAPES[lender])
        for lender in DATA_SETS
    }


def calibrated(statistics: dict[str, Any], shape: Shape, *, people_count: int = 3_000) -> dict[str, Any]:
    """Steepen the formula to the spread of risk in the data, and move its intercept to the lender's bad rate.

    Ties weaken the rank correlations of counts, so invented people would differ less from each other than real ones do.
    Notes the mean log-odds of invented people.
    """
    target, risk = statistics["portfolio_bad_rate"], statistics["risk"]
    people = Population.of(statistics | {"risk": risk | {"no_record": math.nan}, "mean_log_odds": 0.0})
    drawn = np.array([person(0, index, shape, people=people).true_log_odds for index in range(people_count)])
    drawn = drawn[~np.isnan(drawn)]
    steeper = max(1.0, risk.pop("spread") / float(drawn.std()))
    drawn = (drawn - risk["intercept"]) * steeper
    intercept = _intercept_for(target, drawn)
    calibrated_risk = {
        "intercept": round(intercept, 4),
        "no_record": round(log_odds(target) + NO_RECORD_LOG_ODDS, 4),
        "terms": [[name, kind, round(weight * steeper, 4)] for name, kind, weight in risk["terms"]],
    }
    return statistics | {"risk": calibrated_risk, "mean_log_odds": round(float(drawn.mean()) + intercept, 4)}


def _intercept_for(bad_rate: float, log_odds_without: Vector) -> float:
    """The intercept at which the mean probability is the bad rate, by halving."""
    low, high = -20.0, 20.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        if float(np.mean([probability(x + middle) for x in log_odds_without])) > bad_rate:
            high = middle
        else:
            low = middle
    return low


def shape_statistics(data_root: Path, mapping: DataMapping) -> dict[str, Any]:
    rows = list(source_rows(data_root, mapping))
    bad = read_target(data_root, mapping)
    names, values = _quantities(rows, mapping)
    hit = np.array([row.report["bureau_hit_flag"] == 1 for row in rows])
    scores = np.column_stack([_normal_scores(name, values[name], hit) for name in names])
    correlation = np.corrcoef(scores[hit], rowvar=False)
    return {
        "data_set": mapping.data_set,
        "rows": len(rows),
        "bad_rate": round(float(bad.mean()), 4),
        "portfolio_bad_rate": mapping.stated_bad_rate or round(float(bad.mean()), 4),
        "quantities": {
            name: _marginal(name, [v for v, h in zip(values[name], hit, strict=True) if h]) for name in names
        },
        "order": names,
        "correlation": [[round(float(x), 3) for x in line] for line in correlation],
        "risk": _risk_formula(names, values, hit, bad),
    }


def _quantities(rows: Sequence[SourceRow], mapping: DataMapping) -> tuple[list[str], dict[str, list[Value]]]:
    """Obligations are kept as a ratio to income, so that invented people can afford a life."""
    every: list[dict[str, Any]] = [{**row.party, **row.application, **row.report} for row in rows]
    names = [column.fact for column in mapping.columns.values()]
    values: dict[str, list[Value]] = {
        name: [None if row.get(name) == UNKNOWN else row.get(name) for row in every] for name in names
    }
    for amount, ratio in (
        ("monthly_obligations", "debt_to_income_ratio"),
        ("monthly_obligations_without_mortgage", "debt_to_income_without_mortgage_ratio"),
    ):
        if amount in values:
            values[ratio] = [
                None if owed is None or not income else round(owed * 12 / income, 4)  # type: ignore[operator]
                for owed, income in zip(values.pop(amount), values["annual_income"], strict=True)
            ]
            names[names.index(amount)] = ratio
    constant = [name for name in names if len({str(value) for value in values[name]} - {"None"}) < 2]
    rare = [name for name in ("tax_lien_count", "past_due_account_count", "past_due_amount") if name in names]
    return [name for name in names if name not in {*constant, *rare}], values


def _normal_scores(name: str, values: Sequence[Value], hit: np.ndarray[Any, np.dtype[np.bool_]]) -> Vector:
    order = _category_order(values) if catalogue()[name].unit is Unit.CATEGORY else None
    safe_is_high = catalogue()[name].risk_sign < 0
    numbers = np.array([_position(value, order, safe_is_high) for value in values])
    known = ~np.isnan(numbers) & hit
    scores = np.zeros(len(numbers))
    _, inverse, counts = np.unique(numbers[known], return_inverse=True, return_counts=True)
    middle = (np.cumsum(counts) - counts / 2) / known.sum()
    normal = NormalDist()
    scores[known] = np.array([normal.inv_cdf(float(share)) for share in middle])[inverse]
    return scores


def _position(value: Value, order: Mapping[str, int] | None, safe_is_high: bool) -> float:
    if value is None:
        return math.nan
    if isinstance(value, Mapping):
        return 1e12 if safe_is_high else -1e12
    return float(order[str(value)]) if order is not None else float(value)


def _category_order(values: Sequence[Value]) -> dict[str, int]:
    return {
        name: place
        for place, name in enumerate(sorted({str(value) for value in values if value is not None}))
    }


def _marginal(name: str, values: Sequence[Value]) -> dict[str, Any]:
    count = len(values)
    present = [value for value in values if value is not None and not isinstance(value, Mapping)]
    marginal: dict[str, Any] = {
        "unknown_share": round(sum(value is None for value in values) / count, 4),
        "never_share": round(sum(isinstance(value, Mapping) for value in values) / count, 4),
    }
    if catalogue()[name].unit is Unit.CATEGORY:
        order = _category_order(values)
        return marginal | {"shares": {key: round(present.count(key) / len(present), 5) for key in order}}
    numbers = np.array([float(value) for value in present])
    whole = catalogue()[name].unit is not Unit.RATIO
    cut = np.quantile(numbers, PROBABILITIES, method="inverted_cdf")
    return marginal | {"whole": whole, "quantiles": [int(x) if whole else round(float(x), 4) for x in cut]}


def _risk_formula(
    names: Sequence[str],
    values: Mapping[str, Sequence[Value]],
    hit: np.ndarray[Any, np.dtype[np.bool_]],
    bad: Vector,
) -> dict[str, Any]:
    """Logistic regression; terms whose sign contradicts the catalogue are left out."""
    terms = [
        term
        for name in names
        for term in _candidate_terms(name, [v for v, h in zip(values[name], hit, strict=True) if h])
    ]
    while True:
        design = np.array([[risk_term(kind, value) for value in values[name]] for name, kind in terms]).T[hit]
        intercept, weights = _logistic(design, bad[hit])
        wrong = [
            place
            for place, (name, kind) in enumerate(terms)
            if kind.partition(":")[0] in ("log", "log_money", "cap")
            and catalogue()[name].risk_sign * weights[place] < 0
        ]
        if not wrong:
            break
        worst = max(wrong, key=lambda place: abs(weights[place]) * float(design[:, place].std()))
        terms.pop(worst)
    return {
        "intercept": intercept,
        "spread": float((design @ weights).std()),
        "terms": [[name, kind, float(weight)] for (name, kind), weight in zip(terms, weights, strict=True)],
    }


def _candidate_terms(name: str, values: Sequence[Value]) -> list[tuple[str, str]]:
    unit = catalogue()[name].unit
    if unit is Unit.CATEGORY:
        present = [str(value) for value in values if value is not None]
        return [
            (name, f"is:{key}")
            for key in sorted(set(present))
            if present.count(key) >= NOTABLE_SHARE * len(present)
        ][1:]
    terms = []
    if unit is Unit.MONEY:
        terms.append((name, "log_money"))
    elif unit in (Unit.RATIO, Unit.SEVERITY):
        terms.append((name, f"cap:{CAPS.get(name, 5 if unit is Unit.SEVERITY else 1.0)}"))
    else:
        terms.append((name, "log"))
    if sum(isinstance(value, Mapping) for value in values) >= RARE * len(values):
        terms.append((name, "never"))
    if sum(value is None for value in values) >= RARE * len(values):
        terms.append((name, "unknown"))
    return terms


def _logistic(design: Matrix, bad: Vector) -> tuple[float, Vector]:
    """Newton's method on standardised columns with a small ridge."""
    mean, spread = design.mean(axis=0), design.std(axis=0)
    spread[spread == 0] = 1
    columns = np.column_stack([np.ones(len(design)), (design - mean) / spread])
    weights = np.zeros(columns.shape[1])
    ridge = np.diag([0.0, *[10.0] * design.shape[1]])
    for _ in range(25):
        fitted = 1 / (1 + np.exp(-(columns @ weights)))
        gradient = columns.T @ (bad - fitted) - ridge @ weights
        hessian = (columns * (fitted * (1 - fitted))[:, None]).T @ columns + ridge
        step = np.linalg.solve(hessian, gradient)
        weights = weights + step
        if np.abs(step).max() < 1e-10:
            break
    slopes = weights[1:] / spread
    return float(weights[0] - (slopes * mean).sum()), slopes
