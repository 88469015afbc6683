"""Facts of many applications as one matrix of model inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from underwriting.facts.features import FeatureSpec, feature_row, feature_value
from underwriting.facts.values import Facts, FactValue

Matrix = NDArray[np.float64]  # (rows, columns)
Vector = NDArray[np.float64]  # one number a row


class InfiniteInput(ValueError):
    """A fact became an infinite number. LightGBM would accept it in silence, so it is refused here."""


def feature_matrix(specs: Sequence[FeatureSpec], facts_rows: Sequence[Facts]) -> Matrix:
    """One row for each set of facts, one column for each spec, float64, NaN where missing.

    Shape (len(facts_rows), len(specs)), also for no rows. Raises InfiniteInput, and TypeError for a fact of the wrong kind.
    """
    rows: list[list[float]] = []
    before: list[FactValue | None] = []
    for facts in facts_rows:
        # The pairs of an offer grid share most of their facts: what is the same object has the same number.
        now = [facts.get(spec.fact) for spec in specs]
        if rows:
            same = zip(specs, now, before, rows[-1], strict=True)
            rows.append(
                [known if fact is old else feature_value(spec, facts) for spec, fact, old, known in same]
            )
        else:
            rows.append(feature_row(specs, facts))
        before = now
    matrix = np.array(rows, dtype=np.float64).reshape(len(facts_rows), len(specs))
    if np.isinf(matrix).any():
        columns = sorted({specs[column].name for column in np.where(np.isinf(matrix))[1]})
        raise InfiniteInput(f"infinite value in {', '.join(columns)}")
    return matrix
