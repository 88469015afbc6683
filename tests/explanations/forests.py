"""Trees written by hand: every kind of split that LightGBM knows, in a text that LightGBM itself reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from math import factorial
from typing import Any

import lightgbm as lgb
import numpy as np

NONE, ZERO, NAN = 0, 1, 2
ZERO_EDGE = float(np.float32(1e-35))


@dataclass(frozen=True)
class Split:
    """`missing`: NONE, ZERO or NAN, the missing type of the split; a child is a Split or a leaf's value."""

    feature: int
    threshold: float
    left: Split | float
    right: Split | float
    missing: int = NONE
    default_left: bool = False


def booster_of(trees: Sequence[Split | float], *, width: int) -> lgb.Booster:
    """The model of these trees; a number is a tree of a single leaf."""
    head = [
        "tree", "version=v4", "num_class=1", "num_tree_per_iteration=1", "label_index=0", f"max_feature_idx={width - 1}",
        "objective=binary sigmoid:1", "feature_names=" + " ".join(f"f{i}" for i in range(width)),
        "feature_infos=" + " ".join(["[-1:1]"] * width), "",
    ]  # fmt: skip
    blocks = [f"Tree={number}\n{_block(tree)}" for number, tree in enumerate(trees)]
    return lgb.Booster(
        model_str="\n".join([*head, *blocks, "end of trees", "", "parameters:", "end of parameters", ""])
    )


def _block(tree: Split | float) -> str:
    splits: list[tuple[Split, list[int]]] = []
    values: list[float] = []

    def number(node: Split | float) -> int:
        if not isinstance(node, Split):
            values.append(node)
            return ~(len(values) - 1)
        place = len(splits)
        children = [0, 0]
        splits.append((node, children))
        children[0], children[1] = number(node.left), number(node.right)
        return place

    number(tree)
    fields: dict[str, Sequence[Any]] = {"num_leaves": [len(values)], "num_cat": [0]}
    if splits:
        fields |= {
            "split_feature": [split.feature for split, _ in splits],
            "split_gain": [1] * len(splits),
            "threshold": [repr(float(split.threshold)) for split, _ in splits],
            "decision_type": [(split.missing << 2) | (split.default_left << 1) for split, _ in splits],
            "left_child": [children[0] for _, children in splits],
            "right_child": [children[1] for _, children in splits],
        }
    fields |= {"leaf_value": [repr(float(value)) for value in values]}
    if splits:
        fields |= {"leaf_weight": [1] * len(values), "leaf_count": [1] * len(values)}
        fields |= {f"internal_{name}": [1] * len(splits) for name in ("value", "weight", "count")}
    fields |= {"is_linear": [0], "shrinkage": [1]}
    return "\n".join(f"{name}={' '.join(map(str, found))}" for name, found in fields.items()) + "\n\n"


def shapley_values(booster: lgb.Booster, row: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """By the definition: every set of inputs, each asked of LightGBM itself. For a handful of inputs."""
    width = len(row)
    subsets = list(chain.from_iterable(combinations(range(width), size) for size in range(width + 1)))
    mixed = np.repeat(reference[None], len(subsets), axis=0)
    for place, subset in enumerate(subsets):
        mixed[place][:, list(subset)] = row[list(subset)]
    margins = np.asarray(booster.predict(mixed.reshape(-1, width), raw_score=True, num_threads=1))
    mean = dict(zip(subsets, margins.reshape(len(subsets), -1).mean(axis=1), strict=True))
    values = np.zeros(width)
    for subset in subsets:
        for column in set(range(width)) - set(subset):
            weight = factorial(len(subset)) * factorial(width - len(subset) - 1) / factorial(width)
            values[column] += weight * (mean[tuple(sorted((*subset, column)))] - mean[subset])
    return values
