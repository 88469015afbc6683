"""How leaves are put together into clusters, each with one table: the fewer tables, the fewer look-ups for an applicant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explanations.attribution.trees import Forest, NotTabulable

# 128 rows a table, 7 kB with its columns: it stays in a core's first cache. One bit more is no faster and half as large again.
MERGED_BITS = 7
MOST_BITS = 12  # a leaf that asks about more inputs would take more than 4,096 rows by itself
MOST_TABLE_BYTES = 128 * 2**20


class Clusters(NamedTuple):
    """Clusters of leaves, each tree's from left to right; those of a tree begin at its `start`.

    A cluster is a subtree, its table at `offset` has 2 ** `bits` rows. The row's number has a bit for each input asked about
    above the subtree (set: the applicant fails there, however often it is asked), then one for each split within (set: goes
    left). An operation sets a bit by the outcome of a split of the tree, xor `flip`. The columns are the inputs.
    """

    start: NDArray[np.int32]
    bits: NDArray[np.uint8]
    offset: NDArray[np.int64]
    operation_start: NDArray[np.int32]
    operation_split: NDArray[np.int32]
    operation_flip: NDArray[np.uint8]
    operation_bit: NDArray[np.uint8]
    column_start: NDArray[np.int32]
    column_feature: NDArray[np.int32]


class Slots(NamedTuple):
    """The inputs of each leaf, in the order of its path, and how they stand in the table of its cluster.

    `column`: which column is theirs. A test says that the slot's input fails where a bit of the row is not `want`.
    `step_slot`: which of the leaf's inputs each step of its path asks about.
    """

    cluster: NDArray[np.int32]
    start: NDArray[np.int32]
    column: NDArray[np.int32]
    test_start: NDArray[np.int32]
    test_bit: NDArray[np.uint8]
    test_want: NDArray[np.uint8]
    test_slot: NDArray[np.uint8]
    step_slot: NDArray[np.uint8]


class _Step(NamedTuple):
    split: int
    feature: int
    left: int


@dataclass(slots=True)
class _Growing:
    """A layout that is being written, cluster by cluster."""

    start: list[int] = field(default_factory=lambda: [0])
    bits: list[int] = field(default_factory=list)
    offset: list[int] = field(default_factory=lambda: [0])
    operation_start: list[int] = field(default_factory=lambda: [0])
    operations: list[tuple[int, int, int]] = field(default_factory=list)
    column_start: list[int] = field(default_factory=lambda: [0])
    columns: list[int] = field(default_factory=list)
    cluster_of_leaf: list[int] = field(default_factory=list)
    slot_start: list[int] = field(default_factory=lambda: [0])
    slots: list[int] = field(default_factory=list)
    test_start: list[int] = field(default_factory=lambda: [0])
    tests: list[tuple[int, int, int]] = field(default_factory=list)
    step_slot: list[int] = field(default_factory=list)

    def add(self, paths: Sequence[Sequence[_Step]], *, depth: int) -> None:
        """A cluster of the leaves with these paths, which have their first `depth` steps in common."""
        above = _distinct(step.feature for step in paths[0][:depth])
        within = _distinct(step.split for path in paths for step in path[depth:])
        columns = _distinct(step.feature for path in paths for step in path)
        bits = len(above) + len(within)
        if bits > MOST_BITS:
            raise NotTabulable(
                f"a leaf asks about {bits} inputs, and at most {MOST_BITS} can be tabulated; "
                f"train with a max_depth of {MOST_BITS} or less"
            )
        place = {split: len(above) + number for number, split in enumerate(within)}
        self.operations += [(s.split, s.left, above.index(s.feature)) for s in paths[0][:depth]]
        self.operations += [(split, 0, bit) for split, bit in place.items()]
        for path in paths:
            slots = _distinct(step.feature for step in path)
            self.cluster_of_leaf.append(len(self.bits))
            self.slots += [columns.index(feature) for feature in slots]
            self.step_slot += [slots.index(step.feature) for step in path]
            self.tests += [(bit, 0, slots.index(feature)) for bit, feature in enumerate(above)]
            self.tests += [(place[s.split], s.left, slots.index(s.feature)) for s in path[depth:]]
            self.slot_start.append(len(self.slots))
            self.test_start.append(len(self.tests))
        self.bits.append(bits)
        self.columns += columns
        self.offset.append(self.offset[-1] + (len(columns) << bits))
        self.operation_start.append(len(self.operations))
        self.column_start.append(len(self.columns))
        if self.offset[-1] * 8 > MOST_TABLE_BYTES:
            raise NotTabulable(
                f"the tables of its explanation would take more than {MOST_TABLE_BYTES >> 20} MB; "
                "train fewer or shallower trees"
            )

    def done(self) -> tuple[Clusters, Slots]:
        operations = np.array(self.operations, dtype=np.int32).reshape(-1, 3).T.copy()
        tests = np.array(self.tests, dtype=np.uint8).reshape(-1, 3).T.copy()
        clusters = Clusters(
            start=np.array(self.start, dtype=np.int32),
            bits=np.array(self.bits, dtype=np.uint8),
            offset=np.array(self.offset, dtype=np.int64),
            operation_start=np.array(self.operation_start, dtype=np.int32),
            operation_split=operations[0],
            operation_flip=operations[1].astype(np.uint8),
            operation_bit=operations[2].astype(np.uint8),
            column_start=np.array(self.column_start, dtype=np.int32),
            column_feature=np.array(self.columns, dtype=np.int32),
        )
        slots = Slots(
            cluster=np.array(self.cluster_of_leaf, dtype=np.int32),
            start=np.array(self.slot_start, dtype=np.int32),
            column=np.array(self.slots, dtype=np.int32),
            test_start=np.array(self.test_start, dtype=np.int32),
            test_bit=tests[0],
            test_want=tests[1],
            test_slot=tests[2],
            step_slot=np.array(self.step_slot, dtype=np.uint8),
        )
        return clusters, slots


def layout_of(forest: Forest) -> tuple[Clusters, Slots]:
    """Cut each tree into the largest subtrees that MERGED_BITS allow. Raises NotTabulable."""
    growing = _Growing()
    leaves = forest.leaves
    for tree in range(len(leaves.start) - 1):
        paths = [_path(forest, tree, leaf) for leaf in range(leaves.start[tree], leaves.start[tree + 1])]
        for low, high, depth in _subtrees(paths):
            growing.add(paths[low:high], depth=depth)
        growing.start.append(len(growing.bits))
    return growing.done()


def _path(forest: Forest, tree: int, leaf: int) -> list[_Step]:
    first = int(forest.splits.start[tree])
    steps = slice(forest.leaves.step_start[leaf], forest.leaves.step_start[leaf + 1])
    splits = forest.leaves.step_split[steps]
    return [
        _Step(split - first, feature, left)
        for split, feature, left in zip(
            splits.tolist(),
            forest.splits.feature[splits].tolist(),
            forest.leaves.step_left[steps].tolist(),
            strict=True,
        )
    ]


def _subtrees(paths: Sequence[Sequence[_Step]]) -> Iterator[tuple[int, int, int]]:
    """First leaf, the one behind the last, and depth of each cluster, from left to right."""
    waiting = [(0, len(paths), 0)]
    while waiting:
        low, high, depth = waiting.pop()
        above = len({step.feature for step in paths[low][:depth]})
        if high - low == 1 or above + high - low - 1 <= MERGED_BITS:
            yield low, high, depth
            continue
        middle = next(leaf for leaf in range(low, high) if not paths[leaf][depth].left)
        waiting += [(middle, high, depth + 1), (low, middle, depth + 1)]


def _distinct(values: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(values))
