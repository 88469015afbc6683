"""Measures of a score, and Platt scaling. Pure numpy."""

from __future__ import annotations

import numpy as np

from scoring.features.matrix import Vector


def auc(bad: Vector, margin: Vector) -> float:
    """Area under the ROC curve, ties counted half (Mann-Whitney). Raises ValueError where one class is empty."""
    positives = int(bad.sum())
    negatives = len(bad) - positives
    if positives == 0 or negatives == 0:
        raise ValueError("the area under the curve needs both goods and bads")
    _, inverse, counts = np.unique(margin, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[inverse]
    return float((ranks[bad == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def auc_interval(bad: Vector, margin: Vector, *, seed: int, draws: int = 200) -> tuple[float, float]:
    """95 % bootstrap interval over test rows."""
    random = np.random.RandomState(seed)
    drawn = []
    for _ in range(draws):
        rows = random.randint(0, len(bad), len(bad))
        if 0 < bad[rows].sum() < len(rows):
            drawn.append(auc(bad[rows], margin[rows]))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def platt(bad: Vector, margin: Vector, *, steps: int = 50) -> tuple[float, float]:
    """Slope and intercept of the logistic regression of `bad` on `margin`, by Newton's method.

    Targets are smoothed as Platt (1999) does, which keeps a separable sample finite.
    """
    positives = bad.sum()
    high, low = (positives + 1) / (positives + 2), 1 / (len(bad) - positives + 2)
    target = np.where(bad == 1, high, low)
    slope, intercept = 1.0, 0.0
    for _ in range(steps):
        fitted = 1 / (1 + np.exp(-(slope * margin + intercept)))
        weight = fitted * (1 - fitted)
        residual = target - fitted
        gradient = np.array([(residual * margin).sum(), residual.sum()])
        cross = (weight * margin).sum()
        hessian = np.array([[(weight * margin * margin).sum(), cross], [cross, weight.sum()]])
        step = np.linalg.solve(hessian, gradient)
        slope, intercept = slope + float(step[0]), intercept + float(step[1])
        if np.abs(step).max() < 1e-12:
            break
    return slope, intercept


def log_odds(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))


def expected_calibration_error(bad: Vector, probability: Vector, *, bins: int = 10) -> float:
    """Mean distance between predicted and observed bad rate over equally filled bins, weighted by size."""
    order = np.argsort(probability, kind="stable")
    parts = np.array_split(order, bins)
    return float(sum(len(p) * abs(bad[p].mean() - probability[p].mean()) for p in parts if len(p)) / len(bad))
