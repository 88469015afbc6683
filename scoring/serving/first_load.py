"""The first opening of a model text, in a process of its own: `python -m scoring.serving.first_load` < JSON.

A damaged text aborts the process that loads it and cannot be caught; here the process is one nobody needs. Reads
{"text", "columns", "monotone", "rows", "margins"} from standard input and writes {"complaints": [...]} to standard output.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import lightgbm as lgb
import numpy as np

from scoring.features.matrix import Matrix, Vector

PROBE_ROWS = 16
MISSING_SHARE = 0.3
TOLERANCE = 1e-9


def complaints(document: dict[str, Any]) -> list[str]:
    """Everything that speaks against the model, in words."""
    text, columns, monotone = document["text"], document["columns"], document["monotone"]
    booster = lgb.Booster(model_str=text)
    if booster.model_to_string() != text:
        return ["saved again, the model is not the same text: it holds something LightGBM does not read"]
    if booster.feature_name() != columns:
        return ["the columns of the model are not those of the manifest"]
    if booster.num_model_per_iteration() != 1:
        return ["the model has more than one output"]
    found = []
    rows = np.array([[np.nan if x is None else x for x in row] for row in document["rows"]], dtype=np.float64)
    margins = _margins(booster, rows)
    if np.abs(margins - np.array(document["margins"])).max() > TOLERANCE:
        found.append("the points stored with the reference pool are not those of the model")
    found += monotonicity_complaints(booster, text, columns, monotone, rows)
    return found


def monotonicity_complaints(
    booster: lgb.Booster, text: str, columns: Sequence[str], monotone: Sequence[int], rows: Matrix
) -> list[str]:
    """Walk each constrained column over both sides of all its thresholds, from rows of the pool, rows with holes, an empty row.

    A missing value may not be riskier than every value.
    """
    found = []
    probes = _probes(rows, len(columns))
    thresholds = split_thresholds(text, len(columns))
    for place, sign in enumerate(monotone):
        if sign == 0 or not thresholds[place]:
            continue
        steps = np.unique([x for t in thresholds[place] for x in (t, np.nextafter(t, np.inf))])
        grid = np.repeat(probes, len(steps) + 1, axis=0)
        grid[:, place] = np.tile(np.append(steps, np.nan), len(probes))
        margins = _margins(booster, grid).reshape(len(probes), len(steps) + 1)
        walked, missing = margins[:, :-1], margins[:, -1]
        if (np.diff(walked, axis=1) * sign < -TOLERANCE).any():
            found.append(f"{columns[place]}: the margin moves against its sign")
        elif (missing > walked.max(axis=1) + TOLERANCE).any():
            found.append(f"{columns[place]}: a missing value is riskier than the riskiest value")
    return found


def _probes(rows: Matrix, width: int) -> Matrix:
    """Constraints were seen to break where values are missing, so every second probe has holes."""
    holed = rows[:PROBE_ROWS].copy()
    holed[np.random.RandomState(0).rand(*holed.shape) < MISSING_SHARE] = np.nan
    return np.vstack([rows[:PROBE_ROWS], holed, np.full((1, width), np.nan)])


def split_thresholds(text: str, width: int) -> list[list[float]]:
    """Column -> all thresholds of its splits, read from the text."""
    found: list[list[float]] = [[] for _ in range(width)]
    features: list[int] = []
    for line in text.splitlines():
        name, _, values = line.partition("=")
        if name == "split_feature":
            features = [int(x) for x in values.split()]
        elif name == "threshold":
            for feature, threshold in zip(features, values.split(), strict=True):
                found[feature].append(float(threshold))
    return found


def _margins(booster: lgb.Booster, rows: Matrix) -> Vector:
    return np.asarray(booster.predict(rows, raw_score=True, num_threads=1), dtype=np.float64)


def main() -> None:
    try:
        found = complaints(json.load(sys.stdin))
    except lgb.basic.LightGBMError as error:
        found = [f"LightGBM cannot read the model text: {error}"]
    json.dump({"complaints": found}, sys.stdout)


if __name__ == "__main__":
    main()
