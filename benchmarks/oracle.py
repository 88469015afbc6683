"""`shap` as the oracle of the attribution kernel, asked so that it reads values as LightGBM does."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import lightgbm as lgb
import numpy as np
import shap
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def explainer(booster: lgb.Booster, reference: Matrix) -> Any:
    """Interventional TreeSHAP of the margin. Without max_samples a larger reference is cut to 100 people without a word."""
    return shap.TreeExplainer(
        booster,
        shap.maskers.Independent(reference, max_samples=len(reference)),
        feature_perturbation="interventional",
        model_output="raw",
    )


def shares(booster: lgb.Booster, reference: Matrix, rows: Matrix) -> Matrix:
    """What `shap` says of each row; values moved to where it agrees with LightGBM about every split."""
    asked = explainer(booster, centred(booster, reference))
    return np.asarray(asked.shap_values(centred(booster, rows), check_additivity=False), dtype=np.float64)


def centred(booster: lgb.Booster, rows: Matrix) -> Matrix:
    """The same people to the model, each value in the middle of the interval in which the model cannot tell it from others.

    A tree model sees only on which side of its thresholds a value lies. `shap` compares in other precision than LightGBM: a
    value one rounding step from a threshold lands on the other side there (seen: a reference person at 0.5165 under a threshold
    of 0.5165000000000001, 1.7e-4 log-odds). In mid-interval both agree. NaN is 0 to a split that knew no missing value.
    """
    thresholds: dict[int, set[float]] = defaultdict(set)
    nan_is_zero = np.zeros(booster.num_feature(), dtype=bool)
    nodes: list[Any] = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    while nodes:
        node = nodes.pop()
        if "split_feature" in node:
            thresholds[node["split_feature"]].add(float(node["threshold"]))
            nan_is_zero[node["split_feature"]] |= node["missing_type"] == "None"
            nodes += [node["left_child"], node["right_child"]]
    moved = np.where(np.isnan(rows) & nan_is_zero, 0.0, rows)
    for column, found in thresholds.items():
        edges = np.array(sorted(found))
        below = np.concatenate(([edges[0] - 2.0 * max(1.0, abs(edges[0]))], edges))
        above = np.concatenate((edges, [edges[-1] + 2.0 * max(1.0, abs(edges[-1]))]))
        known = ~np.isnan(moved[:, column])
        # a value equal to a threshold goes left, with the interval that ends there
        place = np.searchsorted(edges, moved[known, column], side="left")
        moved[known, column] = ((below + above) / 2.0)[place]
    return np.ascontiguousarray(moved)
