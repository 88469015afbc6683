"""`shap` as the oracle of the attribution kernel, asked so that it reads values as LightGBM does."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import lightgbm as lgb
import numpy as np
import shap
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


AT_ONCE = 16  # rows in one call: after ten seconds `shap` begins to draw a progress bar


class Oracle:
    """Interventional TreeSHAP of a model's margin against reference people."""

    def __init__(self, booster: lgb.Booster, reference: Matrix) -> None:
        self._intervals = _Intervals(booster)
        self._explainer = shap.TreeExplainer(
            booster,
            # Without max_samples a larger reference is cut to 100 people without a word.
            shap.maskers.Independent(self._intervals.centred(reference), max_samples=len(reference)),
            feature_perturbation="interventional",
            model_output="raw",
        )

    def shares(self, rows: Matrix) -> Matrix:
        """What `shap` says of each row, whose values are moved to where it agrees with LightGBM about every split."""
        moved = self._intervals.centred(rows)
        parts = [moved[place : place + AT_ONCE] for place in range(0, len(moved), AT_ONCE)]
        return np.concatenate([self._explainer.shap_values(part, check_additivity=False) for part in parts])


class _Intervals:
    """Between two thresholds of an input, a model cannot tell one value from another.

    `shap` compares in other precision than LightGBM: a value one rounding step from a threshold lands on the other side there
    (seen: a reference person at 0.5165 under a threshold of 0.5165000000000001, 1.7e-4 log-odds). In mid-interval both agree.
    NaN is 0 to a split that knew no missing value.
    """

    def __init__(self, booster: lgb.Booster) -> None:
        thresholds: dict[int, set[float]] = defaultdict(set)
        self._nan_is_zero = np.zeros(booster.num_feature(), dtype=bool)
        nodes: list[Any] = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
        while nodes:
            node = nodes.pop()
            if "split_feature" in node:
                thresholds[node["split_feature"]].add(float(node["threshold"]))
                self._nan_is_zero[node["split_feature"]] |= node["missing_type"] == "None"
                nodes += [node["left_child"], node["right_child"]]
        self._edges = {column: np.array(sorted(found)) for column, found in thresholds.items()}

    def centred(self, rows: Matrix) -> Matrix:
        """The same people to the model."""
        moved = np.where(np.isnan(rows) & self._nan_is_zero, 0.0, rows)
        for column, edges in self._edges.items():
            below = np.concatenate(([edges[0] - 2.0 * max(1.0, abs(edges[0]))], edges))
            above = np.concatenate((edges, [edges[-1] + 2.0 * max(1.0, abs(edges[-1]))]))
            known = ~np.isnan(moved[:, column])
            # a value equal to a threshold goes left, with the interval that ends there
            place = np.searchsorted(edges, moved[known, column], side="left")
            moved[known, column] = ((below + above) / 2.0)[place]
        return np.ascontiguousarray(moved)
