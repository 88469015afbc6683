"""Values moved to the middle of the interval in which a model cannot tell them apart.

A tree model sees only on which side of its thresholds a value lies. `shap` compares in other precision than LightGBM: a
value one rounding step from a threshold lands on the other side there, and the contributions no longer add up (seen: one
reference person at 0.5165 under a threshold of 0.5165000000000001, 1.7e-4 log-odds). In mid-interval both agree.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from lightgbm import Booster
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


class CategorySplit(ValueError):
    """The model splits on categories, which interventional values get wrong in silence."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """`thresholds`: ascending, one array a column. `nan_is_zero`: columns that had no missing value in training, in which
    LightGBM reads a missing value as 0."""

    thresholds: tuple[NDArray[np.float64], ...]
    nan_is_zero: NDArray[np.bool_]

    def centred(self, rows: Matrix) -> Matrix:
        """The same people to the model: shape (n, columns) in and out; NaN stays where the model knows missing values."""
        moved = np.where(np.isnan(rows) & self.nan_is_zero, 0.0, rows)
        for column, thresholds in enumerate(self.thresholds):
            if len(thresholds):
                below = np.concatenate(([thresholds[0] - 2.0 * max(1.0, abs(thresholds[0]))], thresholds))
                above = np.concatenate((thresholds, [thresholds[-1] + 2.0 * max(1.0, abs(thresholds[-1]))]))
                middles = (below + above) / 2.0
                known = ~np.isnan(moved[:, column])
                # a value equal to a threshold goes left, with the interval that ends there
                moved[known, column] = middles[np.searchsorted(thresholds, moved[known, column], side="left")]
        return np.ascontiguousarray(moved)


def intervals_of(booster: Booster) -> Intervals:
    """Read a model's thresholds. Raises CategorySplit."""
    found: dict[int, set[float]] = defaultdict(set)
    without_missing: set[int] = set()
    nodes: list[Any] = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    while nodes:
        node = nodes.pop()
        if "split_feature" not in node:
            continue
        if node["decision_type"] == "==":
            raise CategorySplit("the model splits on categories: code them as 0/1 columns before training")
        found[node["split_feature"]].add(float(node["threshold"]))
        if node["missing_type"] == "None":
            without_missing.add(node["split_feature"])
        nodes += [node["left_child"], node["right_child"]]
    width = booster.num_feature()
    return Intervals(
        thresholds=tuple(np.array(sorted(found[column]), dtype=np.float64) for column in range(width)),
        nan_is_zero=np.array([column in without_missing for column in range(width)]),
    )
