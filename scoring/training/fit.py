"""Fitting a LightGBM model so that the same rows and seed give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np

from scoring.features.matrix import Matrix, Vector
from scoring.training.mapping import ModelPlan
from scoring.training.measures import platt
from underwriting.facts.features import FeatureSpec

MOST_ROUNDS = 600
HELD_OUT_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model's text with the Platt scaling of its margin, both fitted on training rows alone."""

    text: str
    rounds: int
    platt_slope: float
    platt_intercept: float
    parameters: dict[str, Any]


def parameters(plan: ModelPlan, specs: Sequence[FeatureSpec], seed: int) -> dict[str, Any]:
    return {
        "objective": "binary",
        "learning_rate": plan.learning_rate,
        "num_leaves": plan.leaves,
        "max_depth": plan.depth,
        "min_data_in_leaf": plan.rows_in_leaf,
        "monotone_constraints": [spec.monotone for spec in specs],
        # `intermediate` and `advanced` were seen to break their own constraints where values are missing; AUC is the same
        "monotone_constraints_method": "basic",
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }


def fit(
    matrix: Matrix, bad: Vector, *, specs: Sequence[FeatureSpec], plan: ModelPlan, seed: int, by_date: bool
) -> Fitted:
    """Rounds and Platt scaling from the held-out last 15 % (by date where dated, else random), trees from all rows."""
    held_out = _held_out(len(bad), seed=seed, by_date=by_date)
    chosen = parameters(plan, specs, seed)
    names = [spec.name for spec in specs]
    first = lgb.Dataset(matrix[~held_out], bad[~held_out], feature_name=names, params={"verbose": -1})
    watched = lgb.Dataset(matrix[held_out], bad[held_out], reference=first, params={"verbose": -1})
    trial = lgb.train(
        chosen, first, MOST_ROUNDS, valid_sets=[watched], callbacks=[lgb.early_stopping(50, verbose=False)]
    )
    rounds = max(trial.best_iteration, 10)
    margin = np.asarray(
        trial.predict(matrix[held_out], raw_score=True, num_iteration=rounds), dtype=np.float64
    )
    slope, intercept = platt(bad[held_out], margin)
    final = lgb.train(chosen, lgb.Dataset(matrix, bad, feature_name=names, params={"verbose": -1}), rounds)
    return Fitted(final.model_to_string(), rounds, slope, intercept, chosen | {"rounds": rounds})


def _held_out(count: int, *, seed: int, by_date: bool) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Rows come in order of date where they are dated."""
    if by_date:
        return np.arange(count) >= int(count * (1 - HELD_OUT_SHARE))
    return np.random.RandomState(seed).rand(count) < HELD_OUT_SHARE


def margins(text: str, matrix: Matrix) -> Vector:
    """Raw log-odds of each row."""
    booster = lgb.Booster(model_str=text)
    return np.asarray(booster.predict(matrix, raw_score=True, num_threads=1), dtype=np.float64)
