"""Shapley values of the log-odds of default against reference people, looked up and additive on every row, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explanations.attribution.tables import Matrix, Tables, Vector, check_additive


@dataclass(frozen=True, slots=True)
class Attribution:
    """base + sum(shares) == margin within 1e-9. All in log-odds of default; shares in the order of the model's inputs.

    `sums` are the shares summed by the groups that were asked for.
    """

    base: float
    shares: tuple[float, ...]
    margin: float
    sums: tuple[float, ...] = ()


def explain(
    *,
    tables: Tables,
    rows: Matrix,
    margins: Sequence[float] | Vector,
    group_of_input: Sequence[int] = (),
) -> list[Attribution]:
    """Explain each row against the reference people of the tables.

    `rows` has shape (n, inputs), NaN where missing; `margins` is what the model itself gave each of them. `group_of_input`
    puts each input into a group, numbered from 0. Raises NotAdditive where a row's contributions miss its margin by more
    than 1e-9, ValueError for rows of another width.
    """
    groups = np.array(group_of_input or np.zeros(tables.width), dtype=np.int32)
    group_count = int(groups.max()) + 1
    shares, sums = tables.look_up(rows, groups, group_count)
    check_additive(tables.base, shares, np.array(margins, dtype=np.float64))
    return [
        Attribution(
            base=tables.base,
            shares=tuple(row),
            margin=float(margin),
            sums=tuple(row_sums) if group_of_input else (),
        )
        for row, margin, row_sums in zip(shares.tolist(), margins, sums.tolist(), strict=True)
    ]
