"""Values at the very edge of a threshold: explained as the model reads them."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pytest
import shap

from explanations.attribution import explain
from explanations.attribution.intervals import intervals_of
from underwriting.facts.features import FeatureSpec

SPECS = tuple(
    FeatureSpec(name=name, fact="annual_income", category=None, monotone=0) for name in ("a", "b", "c")
)


@pytest.fixture(scope="module")
def booster() -> lgb.Booster:
    random = np.random.default_rng(5)
    rows = random.normal(size=(2_000, 3)).round(2)
    rows[random.random(2_000) < 0.1, 2] = np.nan
    bad = (np.nan_to_num(rows).sum(axis=1) + random.normal(size=2_000) > 0).astype(float)
    parameters = {"objective": "binary", "num_leaves": 8, "verbose": -1, "num_threads": 1, "seed": 1}
    return lgb.train(parameters, lgb.Dataset(rows, bad, feature_name=["a", "b", "c"]), 40)


def at_the_edges(booster: lgb.Booster) -> np.ndarray:
    """For each threshold of each column: the threshold, and one rounding step to either side."""
    rows = []
    for column, thresholds in enumerate(intervals_of(booster).thresholds):
        for threshold in thresholds:
            for value in (threshold, np.nextafter(threshold, -np.inf), np.nextafter(threshold, np.inf)):
                row = [0.111, -0.222, 0.333]
                row[column] = value
                rows.append(row)
    return np.array([*rows, [0.1, np.nan, 0.2], [0.1, 0.3, np.nan]])


def test_values_at_the_edge_of_a_threshold_are_explained_as_the_model_reads_them(
    booster: lgb.Booster,
) -> None:
    edges = at_the_edges(booster)

    explained = explain(booster=booster, specs=SPECS, reference_rows=edges.tolist(), rows=edges)

    gaps = [abs(one.base + sum(one.shares) - one.margin) for one in explained]
    assert max(gaps) < 1e-6


def test_without_centring_the_same_values_do_not_add_up(booster: lgb.Booster) -> None:
    edges = at_the_edges(booster)
    explainer = shap.TreeExplainer(
        booster,
        shap.maskers.Independent(edges, max_samples=len(edges)),
        feature_perturbation="interventional",
    )

    shares = explainer.shap_values(edges, check_additivity=False)

    margins = np.asarray(booster.predict(edges, raw_score=True))
    assert np.abs(margins.mean() + shares.sum(axis=1) - margins).max() > 1e-4


def test_centring_changes_no_score(booster: lgb.Booster) -> None:
    edges = at_the_edges(booster)

    centred = intervals_of(booster).centred(edges)

    before = np.asarray(booster.predict(edges, raw_score=True))
    after = np.asarray(booster.predict(centred, raw_score=True))
    assert after.tolist() == before.tolist()
