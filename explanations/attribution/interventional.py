"""Interventional TreeSHAP on the log-odds of default, additive on every row or refused."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import shap
from lightgbm import Booster
from numpy.typing import NDArray

from explanations.attribution.intervals import Intervals, intervals_of
from underwriting.facts.features import FeatureSpec

Matrix = NDArray[np.float64]

ADDITIVITY_TOLERANCE = 1e-6  # log-odds; gaps up to 2e-7 are rounding, more is a wrong explanation
EXPLAINERS_A_MODEL = (
    4  # reference samples of one model in use at a time: one a product, and the next one being drawn
)


class NotAdditive(ValueError):
    """Contributions do not sum to the margin, or the explainer does not compare with the people it was given."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """base + sum(shares) == margin within 1e-6. All in log-odds of default; shares in the order of the model's inputs."""

    base: float
    shares: tuple[float, ...]
    margin: float


# An explainer takes 0.3 s to build, so a worker keeps it for as long as it keeps the model.
Explainer = tuple[shap.TreeExplainer, Intervals]
_explainers: WeakKeyDictionary[Booster, OrderedDict[str, Explainer]] = WeakKeyDictionary()


def explain(
    *,
    booster: Booster,
    specs: Sequence[FeatureSpec],
    reference_rows: Sequence[Sequence[float | None]],
    rows: Matrix,
) -> list[Attribution]:
    """Explain each row against the reference people.

    `rows` has shape (n, len(specs)), `reference_rows` (r, len(specs)), null or NaN where missing. `base` is the mean
    margin of the reference people. Raises NotAdditive where a row's contributions miss its margin by more than 1e-6, and
    ValueError for a matrix of another width or a model with category splits, which this method gets wrong in silence.
    """
    reference = np.array(reference_rows, dtype=np.float64)
    if (
        rows.ndim != 2
        or rows.shape[1] != len(specs)
        or reference.ndim != 2
        or reference.shape[1] != len(specs)
    ):
        raise ValueError(
            f"expected {len(specs)} columns, got rows {rows.shape} and reference {reference.shape}"
        )
    if len(rows) == 0:
        return []
    explainer, intervals = _explainer(booster, reference)
    shares = np.asarray(
        explainer.shap_values(intervals.centred(rows), check_additivity=False), dtype=np.float64
    )
    margins = np.asarray(booster.predict(rows, raw_score=True, num_threads=1), dtype=np.float64)
    base = float(np.mean(np.asarray(booster.predict(reference, raw_score=True, num_threads=1))))
    if shares.shape != rows.shape:
        raise NotAdditive(f"{shares.shape} contributions for {rows.shape} values")
    return [_checked(base, row, float(margin)) for row, margin in zip(shares, margins, strict=True)]


def _checked(base: float, shares: Matrix, margin: float) -> Attribution:
    gap = abs(base + float(np.sum(shares)) - margin)
    if not gap <= ADDITIVITY_TOLERANCE:
        raise NotAdditive(f"contributions miss the margin by {gap:.3g} log-odds")
    return Attribution(base=base, shares=tuple(float(share) for share in shares), margin=margin)


def _explainer(booster: Booster, reference: Matrix) -> Explainer:
    """The explainer of a model and a reference, from this process's cache or new."""
    cached = _explainers.setdefault(booster, OrderedDict())
    key = hashlib.sha256(reference.tobytes()).hexdigest()
    if key in cached:
        cached.move_to_end(key)
        return cached[key]
    intervals = intervals_of(booster)
    explainer = shap.TreeExplainer(
        booster,
        # Without max_samples a larger reference is cut to 100 people without a word.
        data=shap.maskers.Independent(intervals.centred(reference), max_samples=len(reference)),
        feature_perturbation="interventional",
        model_output="raw",
    )
    if explainer.data.shape != reference.shape:
        raise NotAdditive(f"compared with {explainer.data.shape[0]} of {len(reference)} reference people")
    cached[key] = (explainer, intervals)
    if len(cached) > EXPLAINERS_A_MODEL:
        cached.popitem(last=False)
    return cached[key]
