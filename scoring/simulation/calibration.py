"""The model's probabilities of default set right on what became of the loans: a line in the log-odds and a shift for each score band."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BANDS = 8
BAND_SETTLED_MIN = 100  # below, a band says less than the line through all
SHIFT_SPREAD = 0.25  # how far a band may stray from the line, as a standard deviation in log-odds
COMPARABLE_LOG_ODDS = 1.0  # beyond the safest and the riskiest known loans nobody is comparable
SETTLED_MIN = 200  # and
BAD_MIN = 20  # below these there is no calibration at all
RIDGE = 1e-6
STEPS_MAX = 50
STEP_ENOUGH = 1e-6
HALVINGS_MAX = 30
ROUNDING = 1e-9


class Why(StrEnum):
    """Why nothing was calibrated."""

    FEW = "FEW"
    YOUNG = "YOUNG"  # the loans are not old enough; with the young ones they would be enough
    SILENT = "SILENT"
    NO_LINE = "NO_LINE"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Log-odds of going bad = `line` on (1, log-odds of the model), plus a shift for each score band with its variance.

    `edges` divide the known loans; whoever is outside [`lowest`, `highest`] has nobody comparable.
    """

    line: Floats
    covariance: Floats
    edges: Floats
    shift: Floats
    shift_variance: Floats
    lowest: float
    highest: float
    settled: int


def log_odds(probability: Floats) -> Floats:
    inside = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.log(inside / (1 - inside))


def logistic(x: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-np.clip(x, -35, 35)))


def calibrate(probability: Floats, bad: Bools) -> Calibration | Why:
    """Fit the known loans; the reason where they are too few or have no line."""
    if len(bad) < SETTLED_MIN or min(bad.sum(), (~bad).sum()) < BAD_MIN:
        return Why.FEW
    x = log_odds(probability)
    design = np.column_stack([np.ones_like(x), x])
    line = fit_line(design, bad)
    if line is None:
        return Why.NO_LINE
    expected = logistic(design @ line)
    weight = expected * (1 - expected)
    covariance = np.linalg.inv(_information(design, weight))
    edges = np.quantile(x, np.linspace(0, 1, max(2, min(BANDS, len(x) // BAND_SETTLED_MIN)) + 1))[1:-1]
    band = np.searchsorted(edges, x, side="right")
    size = len(edges) + 1
    certainty = np.bincount(band, weight, size) + 1 / SHIFT_SPREAD**2
    shift = np.bincount(band, bad - expected, size) / certainty
    return Calibration(
        line=line,
        covariance=covariance.astype(np.float64),
        edges=edges,
        shift=shift,
        shift_variance=1 / certainty,
        lowest=float(x.min()) - COMPARABLE_LOG_ODDS,
        highest=float(x.max()) + COMPARABLE_LOG_ODDS,
        settled=len(x),
    )


def fit_line(design: Floats, bad: Bools) -> Floats | None:
    """The line of greatest likelihood, from the model's own on; None unless it was found.

    Newton's method, each step halved until the likelihood does not fall: where far more go bad than the model says, a whole step goes
    past the line to where all weights are nought and nothing leads back. Where the score tells bad from good without a mistake there is
    no line: it grows steeper with every step.
    """
    line: Floats = np.array([0.0, 1.0])
    likelihood = _log_likelihood(design @ line, bad)
    for _ in range(STEPS_MAX):
        expected = logistic(design @ line)
        step = np.linalg.solve(_information(design, expected * (1 - expected)), design.T @ (bad - expected))
        if np.abs(step).max() < STEP_ENOUGH:
            return line
        for _ in range(HALVINGS_MAX):
            reached = _log_likelihood(design @ (line + step), bad)
            if reached >= likelihood - ROUNDING:
                break
            step = step / 2
        line, likelihood = line + step, reached
    return None


def _log_likelihood(x: Floats, bad: Bools) -> float:
    return float((bad * x - np.logaddexp(0.0, x)).sum())


def _information(design: Floats, weight: Floats) -> Floats:
    return np.asarray(design.T @ (design * weight[:, None]) + RIDGE * np.eye(2), dtype=np.float64)
