"""Small real models for tests: trained in milliseconds, with everything a registered one has."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import lightgbm as lgb
import numpy as np

from scoring.registry.bundle import ModelBundle, Pool
from scoring.registry.manifest import Manifest, sha256_of
from underwriting.facts.features import FeatureSpec

SPECS = (
    FeatureSpec("requested_amount", "requested_amount", None, 1),
    FeatureSpec("annual_income", "annual_income", None, -1),
    FeatureSpec("months_since_last_delinquency", "months_since_last_delinquency", None, -1),
    FeatureSpec("purpose_is_car", "purpose", "car", 0),
)
SIGNS = (1, -1, -1, 0)
POOL_PEOPLE = 3_000


def _rows() -> np.ndarray[Any, np.dtype[np.float64]]:
    random = np.random.RandomState(3)
    return np.column_stack([
        random.randint(500, 35_000, POOL_PEOPLE), random.randint(10_000, 150_000, POOL_PEOPLE),
        random.choice([6.0, 20.0, 60.0, 600.0, np.nan], POOL_PEOPLE), random.randint(0, 2, POOL_PEOPLE),
    ]).astype(np.float64)  # fmt: skip


def train_text(
    *,
    signs: tuple[int, ...] = SIGNS,
    reverse: bool = False,
    **parameters: Any,
) -> str:
    """A LightGBM text over SPECS' columns; `reverse` makes risk fall with the amount."""
    rows = _rows()
    risk = (
        (rows[:, 0] / 35_000 - rows[:, 1] / 150_000) * (-1 if reverse else 1)
        - np.nan_to_num(rows[:, 2], nan=100.0) / 600
        + 0.4 * rows[:, 3]
    )
    bad = (np.random.RandomState(5).rand(len(rows)) < 1 / (1 + np.exp(-3 * risk))).astype(float)
    data = lgb.Dataset(
        rows,
        bad,
        feature_name=[spec.name for spec in SPECS],
        params={"verbose": -1},
        **{k: parameters.pop(k) for k in ("categorical_feature",) if k in parameters},
    )
    chosen = {
        "objective": "binary", "num_leaves": 7, "seed": 1, "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbose": -1,
        "monotone_constraints": list(signs), "monotone_constraints_method": "basic", **parameters,
    }  # fmt: skip
    return str(lgb.train(chosen, data, 20).model_to_string())


@cache
def small_text() -> str:
    return train_text()


def bundle_of(text: str, **changes: Any) -> ModelBundle:
    """A bundle whose manifest and pool fit the text."""
    manifest = Manifest(
        name="test-model", version="1", horizon_months=12, horizon="within 12 months", features=SPECS, platt_slope=1.1,
        platt_intercept=-0.2, prior_shift=0.0, points_offset=560.0, points_to_double_odds=40.0, reference_rate_bps=1200, seed=1,
        text_sha256=sha256_of(text), text_bytes=len(text.encode()),
    )  # fmt: skip
    rows = _rows()
    margins = lgb.Booster(model_str=text).predict(rows, raw_score=True, num_threads=1)
    pool = Pool(
        tuple(spec.name for spec in SPECS),
        [[None if np.isnan(x) else float(x) for x in row] for row in rows],
        [manifest.points(float(margin)) for margin in np.asarray(margins)],
    )
    return ModelBundle(text, replace(manifest, pool={"sha256": pool.sha256}, **changes), "# Card\n", pool)


@cache
def small_bundle() -> ModelBundle:
    return bundle_of(small_text())
