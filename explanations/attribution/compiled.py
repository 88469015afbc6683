"""The compiled part: each function is made for one signature when this module is imported, and kept on disk.

The next process finds it there (NUMBA_CACHE_DIR) as long as source, numba and processor are the same. Nothing here can be
compiled later, for a call with other types is refused: no applicant waits for a compiler. Sums are made in the same order
for one row as for many, and without `fastmath`, so that an explanation comes out the same again, bit by bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import float64, int32, int64, types, uint8, uint16
from numpy.typing import NDArray

from explanations.attribution.layout import Clusters, Slots
from explanations.attribution.trees import (
    MISSING_LEFT,
    MISSING_RIGHT,
    ZERO_LEFT,
    ZERO_RIGHT,
    ZERO_THRESHOLD,
    Leaves,
    Splits,
)

BLOCK = 128  # rows at a time: their sums and the table at hand stay in a core's first cache
LANES = 16  # rows are taken in whole vectors; what stands behind the last row is never read

_named: Callable[..., Any] = types.NamedTuple
_SPLITS = _named([int32[::1], int32[::1], float64[::1], uint8[::1]], Splits)
_LEAVES = _named([int32[::1], float64[::1], int32[::1], int32[::1], uint8[::1]], Leaves)
_CLUSTERS = _named(
    [
        int32[::1],
        uint8[::1],
        int64[::1],
        int32[::1],
        int32[::1],
        uint8[::1],
        uint8[::1],
        int32[::1],
        int32[::1],
    ],
    Clusters,
)
_SLOTS = _named(
    [int32[::1], int32[::1], int32[::1], int32[::1], uint8[::1], uint8[::1], uint8[::1], uint8[::1]], Slots
)


def _compiled(signature: Any, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    made: Callable[[Callable[..., Any]], Any] = numba.njit(
        signature, cache=True, nogil=True, error_model="numpy", **options
    )
    return made


@_compiled(uint8[:, ::1](float64[:, ::1], _SPLITS))
def outcomes(rows: NDArray[np.float64], splits: Splits) -> NDArray[np.uint8]:
    """1 where a row goes left at a split, as LightGBM decides; shape (rows, splits)."""
    goes_left = np.zeros((rows.shape[0], len(splits.feature)), np.uint8)
    for i in range(rows.shape[0]):
        for k in range(len(splits.feature)):
            value, missing = rows[i, splits.feature[k]], splits.missing[k]
            is_missing = np.isnan(value)
            if abs(value) <= ZERO_THRESHOLD:
                value = 0.0
                is_missing = missing in (ZERO_LEFT, ZERO_RIGHT)
            if is_missing:
                goes_left[i, k] = missing in (MISSING_LEFT, ZERO_LEFT)
            else:
                goes_left[i, k] = value <= splits.threshold[k]
    return goes_left


@_compiled(float64[:, ::1](int64, float64, float64[::1], float64[::1]))
def _table_of_leaf(
    width: int, value: float, share: NDArray[np.float64], factorial: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What a leaf adds to each of its inputs, for every set of inputs that an applicant may fail; shape (sets, inputs).

    `share`: the share of the reference people who fail each set. A pair of applicant and reference person counts where each
    input is kept by one of them. Let s inputs be kept by the applicant alone and r by the person alone: the leaf's value
    gives (s-1)! r! / (s+r)! of itself to each of the s, and takes s! (r-1)! / (s+r)! from each of the r.
    """
    table = np.zeros((len(share), width))
    for person in range(len(share)):
        if share[person] == 0.0:
            continue
        kept = len(share) - 1 - person
        alone = 0
        for slot in range(width):
            alone += (person >> slot) & 1
        failed = kept
        while True:  # every set of inputs that the person keeps
            lost = 0
            for slot in range(width):
                lost += (failed >> slot) & 1
            weight = share[person] * value / factorial[alone + lost]
            for slot in range(width):
                if (person >> slot) & 1:
                    table[failed, slot] += weight * factorial[alone - 1] * factorial[lost]
                elif (failed >> slot) & 1:
                    table[failed, slot] -= weight * factorial[alone] * factorial[lost - 1]
            if failed == 0:
                break
            failed = (failed - 1) & kept
    return table


@_compiled(float64[::1](uint8[:, ::1], _LEAVES, _CLUSTERS, _SLOTS, float64[::1]))
def fill(
    goes_left: NDArray[np.uint8],
    leaves: Leaves,
    clusters: Clusters,
    slots: Slots,
    factorial: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The tables of all clusters, each the sum over its leaves. `goes_left`: outcomes of the reference people."""
    people = goes_left.shape[0]
    tables = np.zeros(clusters.offset[-1])
    for leaf in range(len(leaves.value)):
        width = slots.start[leaf + 1] - slots.start[leaf]
        share = np.zeros(1 << width)
        for person in range(people):
            failed = 0
            for step in range(leaves.step_start[leaf], leaves.step_start[leaf + 1]):
                failed |= (
                    goes_left[person, leaves.step_split[step]] ^ leaves.step_left[step]
                ) << slots.step_slot[step]
            share[failed] += 1.0 / people
        own = _table_of_leaf(width, leaves.value[leaf], share, factorial)
        bits, offset = clusters.bits[slots.cluster[leaf]], clusters.offset[slots.cluster[leaf]]
        for row in range(1 << bits):
            failed = 0
            for test in range(slots.test_start[leaf], slots.test_start[leaf + 1]):
                failed |= (((row >> slots.test_bit[test]) & 1) ^ slots.test_want[test]) << slots.test_slot[
                    test
                ]
            for slot in range(width):
                column = np.int64(slots.column[slots.start[leaf] + slot])
                tables[offset + (column << bits) + row] += own[failed, slot]
    return tables


@_compiled(types.void(float64[::1], float64, uint8, uint16[::1], int64), inline="always")
def _decide(
    values: NDArray[np.float64], threshold: float, missing: int, goes_left: NDArray[np.uint16], lanes: int
) -> None:
    """One split for a block of rows. Each kind has a loop of its own, which the compiler turns into vector instructions."""
    if missing == MISSING_RIGHT:
        for i in range(lanes):
            goes_left[i] = values[i] <= threshold
    elif missing == MISSING_LEFT:
        for i in range(lanes):
            goes_left[i] = not values[i] > threshold
    elif missing == ZERO_RIGHT:
        for i in range(lanes):
            goes_left[i] = (values[i] <= threshold) & (values[i] != 0.0)
    else:
        for i in range(lanes):
            goes_left[i] = (not values[i] > threshold) | (values[i] == 0.0)


@_compiled(types.void(uint16[:, ::1], _CLUSTERS, int64, uint16[::1], int64), inline="always")
def _place(
    goes_left: NDArray[np.uint16], clusters: Clusters, cluster: int, place: NDArray[np.uint16], lanes: int
) -> None:
    """The number of each row's line in the table of a cluster."""
    for i in range(lanes):
        place[i] = 0
    for operation in range(clusters.operation_start[cluster], clusters.operation_start[cluster + 1]):
        outcome = goes_left[clusters.operation_split[operation]]
        flip = np.uint16(clusters.operation_flip[operation])
        bit = np.uint16(clusters.operation_bit[operation])
        for i in range(lanes):
            place[i] |= (outcome[i] ^ flip) << bit


@_compiled(
    types.void(
        float64[:, ::1], _SPLITS, _CLUSTERS, float64[::1], int32[::1], float64[:, ::1], float64[:, ::1]
    )
)
def look_up(  # noqa: PLR0917 - compiled code takes no keywords
    rows: NDArray[np.float64],
    splits: Splits,
    clusters: Clusters,
    tables: NDArray[np.float64],
    group_of_input: NDArray[np.int32],
    shares: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    """Fill `shares` (rows, inputs) and `sums` (rows, groups), which hold zeros.

    Tree by tree over blocks of rows, inputs as contiguous lanes: outcomes of the tree's splits, then for each cluster the
    line of each row in the table, then one look-up for each of the columns.
    """
    width = rows.shape[1]
    values = np.zeros((width, BLOCK))
    found = np.zeros((width, BLOCK))
    goes_left = np.zeros((np.max(np.diff(splits.start)), BLOCK), np.uint16)
    place = np.zeros(BLOCK, np.uint16)
    for first in range(0, rows.shape[0], BLOCK):
        count = min(rows.shape[0] - first, BLOCK)
        lanes = (count + LANES - 1) // LANES * LANES
        for i in range(count):
            for f in range(width):
                value = rows[first + i, f]
                values[f, i] = 0.0 if abs(value) <= ZERO_THRESHOLD else value
        found[:] = 0.0
        for tree in range(len(splits.start) - 1):
            begin = splits.start[tree]
            for k in range(begin, splits.start[tree + 1]):
                _decide(
                    values[splits.feature[k]],
                    splits.threshold[k],
                    splits.missing[k],
                    goes_left[k - begin],
                    lanes,
                )
            for cluster in range(clusters.start[tree], clusters.start[tree + 1]):
                _place(goes_left, clusters, cluster, place, lanes)
                at = clusters.offset[cluster]
                for column in range(clusters.column_start[cluster], clusters.column_start[cluster + 1]):
                    table = tables[at:]
                    total = found[clusters.column_feature[column]]
                    for i in range(lanes):
                        total[i] += table[place[i]]
                    at += 1 << clusters.bits[cluster]
        for i in range(count):
            for f in range(width):
                shares[first + i, f] = found[f, i]
                sums[first + i, group_of_input[f]] += found[f, i]
