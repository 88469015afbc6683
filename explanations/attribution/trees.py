"""A booster's trees as flat arrays, read from its text with the decisions LightGBM takes at each split."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# LightGBM takes everything up to here for 0 (`kZeroThreshold`: a float of C++, widened).
ZERO_THRESHOLD = float(np.float32(1e-35))

# What a split does with a value that its comparison does not settle.
MISSING_RIGHT = 0
MISSING_LEFT = 1
ZERO_LEFT = 2  # zero is missing, too
ZERO_RIGHT = 3

CATEGORICAL_BIT, DEFAULT_LEFT_BIT = 1, 2
TYPE_SHIFT, TYPE_MASK = 2, 3
TYPE_ZERO, TYPE_NAN = 1, 2

NO_CATEGORIES = "splits on categories; code them as 0/1 columns before training"


class NotTabulable(ValueError):
    """The model cannot be explained by tables; the message says why, and what would help."""


class Splits(NamedTuple):
    """Splits of all trees, one tree after the other; those of a tree begin at its `start`. `missing`: one of the four above."""

    start: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    missing: NDArray[np.uint8]


class Leaves(NamedTuple):
    """Leaves of all trees, each tree's from left to right. The steps of a leaf are the splits on its path, from the root;
    `step_left` says whether the path goes left there."""

    start: NDArray[np.int32]
    value: NDArray[np.float64]
    step_start: NDArray[np.int32]
    step_split: NDArray[np.int32]
    step_left: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Forest:
    """`width` is the number of the model's inputs."""

    width: int
    splits: Splits
    leaves: Leaves


@dataclass(frozen=True, slots=True)
class _Tree:
    feature: Sequence[int]
    threshold: Sequence[float]
    missing: Sequence[int]
    left: Sequence[int]
    right: Sequence[int]
    value: Sequence[float]


def read_forest(text: str) -> Forest:
    """Read a model text. Raises NotTabulable for categories, linear leaves, several outputs and averaged trees."""
    check_kind(text)
    blocks = re.split(r"^Tree=\d+$", text.partition("end of trees")[0], flags=re.MULTILINE)[1:]
    trees = [_tree(block) for block in blocks]
    first_split, first_leaf, first_step = [0], [0], [0]
    values: list[float] = []
    steps: list[tuple[int, int]] = []
    for tree in trees:
        for leaf, path in _leaves(tree):
            values.append(tree.value[leaf])
            steps += [(first_split[-1] + split, left) for split, left in path]
            first_step.append(len(steps))
        first_split.append(first_split[-1] + len(tree.feature))
        first_leaf.append(len(values))
    return Forest(
        width=int(_line("max_feature_idx", text)) + 1,
        splits=Splits(
            start=np.array(first_split, dtype=np.int32),
            feature=np.array([x for tree in trees for x in tree.feature], dtype=np.int32),
            threshold=np.array([x for tree in trees for x in tree.threshold], dtype=np.float64),
            missing=np.array([x for tree in trees for x in tree.missing], dtype=np.uint8),
        ),
        leaves=Leaves(
            start=np.array(first_leaf, dtype=np.int32),
            value=np.array(values, dtype=np.float64),
            step_start=np.array(first_step, dtype=np.int32),
            step_split=np.array([split for split, _ in steps], dtype=np.int32),
            step_left=np.array([left for _, left in steps], dtype=np.uint8),
        ),
    )


def check_kind(text: str) -> None:
    """Refuse in words what the tables would get wrong in silence. Raises NotTabulable."""
    if any(int(count) for count in re.findall(r"^num_cat=(\d+)$", text, re.MULTILINE)):
        raise NotTabulable(NO_CATEGORIES)
    if any(int(flag) for flag in re.findall(r"^is_linear=(\d+)$", text, re.MULTILINE)):
        raise NotTabulable("linear trees have no additive explanation")
    if int(_line("num_tree_per_iteration", text)) != 1:
        raise NotTabulable("the model has more than one output")
    if re.search(r"^average_output$", text, re.MULTILINE):
        raise NotTabulable("a random forest averages its trees; train with boosting")


def _tree(block: str) -> _Tree:
    fields = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
    kinds = [int(x) for x in fields.get("decision_type", "").split()]
    if any(kind & CATEGORICAL_BIT for kind in kinds):
        raise NotTabulable(NO_CATEGORIES)
    thresholds = [float(x) for x in fields.get("threshold", "").split()]
    return _Tree(
        feature=[int(x) for x in fields.get("split_feature", "").split()],
        threshold=thresholds,
        missing=[_missing(kind, threshold) for kind, threshold in zip(kinds, thresholds, strict=True)],
        left=[int(x) for x in fields.get("left_child", "").split()],
        right=[int(x) for x in fields.get("right_child", "").split()],
        value=[float(x) for x in fields["leaf_value"].split()],
    )


def _missing(kind: int, threshold: float) -> int:
    """Where LightGBM sends what is missing. A split that knew no missing value in training takes one for 0."""
    default_left = bool(kind & DEFAULT_LEFT_BIT)
    missing_type = kind >> TYPE_SHIFT & TYPE_MASK
    if missing_type == TYPE_ZERO:
        return ZERO_LEFT if default_left else ZERO_RIGHT
    goes_left = default_left if missing_type == TYPE_NAN else threshold >= 0.0
    return MISSING_LEFT if goes_left else MISSING_RIGHT


def _leaves(tree: _Tree) -> list[tuple[int, list[tuple[int, int]]]]:
    """Each leaf's number and path, from left to right. A child is a split's number, or the complement of a leaf's."""
    found = []
    waiting: list[tuple[int, list[tuple[int, int]]]] = [(0 if tree.feature else ~0, [])]
    while waiting:
        place, path = waiting.pop()
        if place < 0:
            found.append((~place, path))
            continue
        waiting.append((tree.right[place], [*path, (place, 0)]))
        waiting.append((tree.left[place], [*path, (place, 1)]))
    return found


def _line(name: str, text: str) -> str:
    match = re.search(rf"^{name}=(\d+)$", text, re.MULTILINE)
    if match is None:
        raise NotTabulable(f"the model text does not say its {name}")
    return match.group(1)
