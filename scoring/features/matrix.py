"""Facts of many applications as one matrix of model inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from underwriting.facts.features import FeatureSpec, feature_row
from underwriting.facts.values import Facts

Matrix = NDArray[np.float64]  # (rows, columns)
Vector = NDArray[np.float64]  # one number a row


class InfiniteInput(ValueError):
    """A fact became an infinite number. LightGBM would accept it in silence, so it is refused here."""


def feature_matrix(specs: Sequence[FeatureSpec], facts_rows: Sequence[Facts]) -> Matrix:
    """One row for each set of facts, one column for each spec, float64, NaN where missing.

    Shape (len(facts_rows), len(specs)), also for no rows. Raises InfiniteInput, and TypeError for a fact of the wrong kind.
    """
    matrix = np.array([feature_row(specs, facts) for facts in facts_rows], dtype=np.float64).reshape(
        len(facts_rows), len(specs)
    )
    if np.isinf(matrix).any():
        columns = sorted({specs[column].name for column in np.where(np.isinf(matrix))[1]})
        raise InfiniteInput(f"infinite value in {', '.join(columns)}")
    return matrix
