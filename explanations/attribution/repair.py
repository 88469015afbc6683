"""The repair test: with the reference people's values in place of a group's, does the risk fall?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from lightgbm import Booster

from explanations.attribution.tables import Matrix

MAX_ROWS_A_PREDICTION = 65_536  # bounds memory: 30 columns of 8 bytes are 16 MB


def as_matrix(rows: Sequence[Sequence[float | None]]) -> Matrix:
    """Rows as stored, null where missing, as a matrix with NaN."""
    return np.array(rows, dtype=np.float64)


def repair_effects(
    *, booster: Booster, reference: Matrix, cases: Sequence[tuple[Matrix, float, Sequence[int]]]
) -> list[float]:
    """Change of the mean log-odds of default for each case.

    A case is (row of shape (f,), its margin, columns of the group). The row is repeated for each reference person with
    the group's columns replaced by that person's; the answer is the mean margin of these rows less the row's own.
    """
    effects: list[float] = []
    at_once = max(1, MAX_ROWS_A_PREDICTION // max(1, len(reference)))
    for start in range(0, len(cases), at_once):
        part = cases[start : start + at_once]
        rows = np.repeat(np.stack([row for row, _, _ in part]), len(reference), axis=0)
        for index, (_, _, columns) in enumerate(part):
            block = slice(index * len(reference), (index + 1) * len(reference))
            rows[block, list(columns)] = reference[:, list(columns)]
        margins = np.asarray(booster.predict(rows, raw_score=True, num_threads=1)).reshape(
            len(part), len(reference)
        )
        effects += [
            float(mean - margin) for mean, (_, margin, _) in zip(margins.mean(axis=1), part, strict=True)
        ]
    return effects
