"""The tables of one model and the people it compares applicants with: built once, packed to bytes, read back."""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from lightgbm import Booster
from numpy.typing import NDArray

from explanations.attribution.compiled import fill, look_up, outcomes
from explanations.attribution.layout import MOST_BITS, MOST_TABLE_BYTES, Clusters, layout_of
from explanations.attribution.trees import Splits, read_forest

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

KERNEL_VERSION = 1  # of what is stored: another one is built anew beside it
ADDITIVITY_TOLERANCE = 1e-9  # log-odds; the same sum in another order differs by 1e-13
MOST_CONTENT_BYTES = 2 * MOST_TABLE_BYTES
FACTORIAL = np.array([float(math.factorial(n)) for n in range(2 * MOST_BITS + 1)])


class NotAdditive(ValueError):
    """Base and contributions do not sum to the margin."""


class TablesRefused(RuntimeError):
    """Stored tables are not what was stored, or not those of this model and these people."""


@dataclass(frozen=True, slots=True)
class Tables:
    """`base` is the mean margin of the reference people, `medians` their median of each input (None: nobody has a value);
    `sha256` is that of the packed content."""

    width: int
    base: float
    medians: tuple[float | None, ...]
    model_sha256: str
    reference_sha256: str
    splits: Splits
    clusters: Clusters
    values: Vector
    sha256: str = ""

    @property
    def byte_count(self) -> int:
        return int(self.values.nbytes)

    def look_up(self, rows: Matrix, group_of_input: NDArray[np.int32], groups: int) -> tuple[Matrix, Matrix]:
        """Contributions of each row's inputs, (n, width), and their sums by group, (n, groups). Raises ValueError."""
        if rows.ndim != 2 or rows.shape[1] != self.width or len(group_of_input) != self.width:
            raise ValueError(f"expected {self.width} columns, got rows {rows.shape}")
        shares, sums = np.zeros(rows.shape), np.zeros((len(rows), groups))
        contiguous = np.ascontiguousarray(rows, dtype=np.float64)
        look_up(contiguous, self.splits, self.clusters, self.values, group_of_input, shares, sums)
        return shares, sums


def tabulate(booster: Booster, reference: Matrix) -> Tables:
    """Build the tables. `reference` has shape (people, inputs), NaN where missing.

    Raises NotTabulable for a model they cannot hold, ValueError for a reference of another width, and NotAdditive where they
    do not explain the reference people themselves.
    """
    text = booster.model_to_string()
    forest = read_forest(text)
    if reference.ndim != 2 or reference.shape[1] != forest.width or not len(reference):
        raise ValueError(f"expected {forest.width} columns, got reference {reference.shape}")
    clusters, slots = layout_of(forest)
    people = np.ascontiguousarray(reference, dtype=np.float64)
    margins = np.asarray(booster.predict(people, raw_score=True, num_threads=1), dtype=np.float64)
    tables = Tables(
        width=forest.width,
        base=float(np.mean(margins)),
        medians=tuple(_median(column[~np.isnan(column)]) for column in people.T),
        model_sha256=hashlib.sha256(text.encode()).hexdigest(),
        reference_sha256=matrix_sha256(people),
        splits=forest.splits,
        clusters=clusters,
        values=fill(outcomes(people, forest.splits), forest.leaves, clusters, slots, FACTORIAL),
    )
    shares, _ = tables.look_up(people, np.zeros(forest.width, dtype=np.int32), 1)
    check_additive(tables.base, shares, margins)
    return tables


def check_additive(base: float, shares: Matrix, margins: Vector) -> None:
    """Raises NotAdditive for the first row whose contributions miss its margin, or are no numbers."""
    gaps = np.abs(base + shares.sum(axis=1) - margins)
    wrong = np.flatnonzero(~(gaps <= ADDITIVITY_TOLERANCE))
    if len(wrong):
        raise NotAdditive(f"contributions miss the margin by {gaps[wrong[0]]:.3g} log-odds")


def matrix_sha256(rows: Matrix) -> str:
    """Hash of people, by their numbers; a missing value is the same NaN wherever it came from."""
    numbers = np.where(np.isnan(rows), np.nan, rows).astype("<f8")
    return hashlib.sha256(f"{rows.shape}".encode() + numbers.tobytes()).hexdigest()


def pack(tables: Tables) -> tuple[bytes, str]:
    """The compressed content and the hash of the content: a line of JSON, then each array's bytes, little-endian."""
    arrays = (
        {"values": tables.values} | _arrays("splits", tables.splits) | _arrays("clusters", tables.clusters)
    )
    head = {
        "kernel_version": KERNEL_VERSION,
        "width": tables.width,
        "base": tables.base,
        "medians": tables.medians,
        "model_sha256": tables.model_sha256,
        "reference_sha256": tables.reference_sha256,
        "arrays": [[name, array.dtype.newbyteorder("<").str, len(array)] for name, array in arrays.items()],
    }
    lines = [json.dumps(head, sort_keys=True).encode(), b"\n"]
    lines += [array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes() for array in arrays.values()]
    content = b"".join(lines)
    return zlib.compress(content, level=1), hashlib.sha256(content).hexdigest()


def unpack(data: bytes, *, sha256: str) -> Tables:
    """Read packed tables. Raises TablesRefused where they are not the content with this hash."""
    opened = zlib.decompressobj()
    try:
        content = opened.decompress(data, MOST_CONTENT_BYTES)
    except zlib.error as error:
        raise TablesRefused(f"the attribution tables cannot be unpacked: {error}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise TablesRefused(f"the attribution tables have hash {found[:12]}, stored was {sha256[:12]}")
    line, _, body = content.partition(b"\n")
    head: Mapping[str, Any] = json.loads(line)
    if head["kernel_version"] != KERNEL_VERSION:
        raise TablesRefused(f"the attribution tables are of kernel version {head['kernel_version']}")
    arrays: dict[str, NDArray[Any]] = {}
    place = 0
    for name, kind, length in head["arrays"]:
        array = np.frombuffer(body, dtype=np.dtype(kind), count=length, offset=place)
        arrays[name] = array.astype(
            array.dtype.newbyteorder("=")
        )  # a copy: aligned, and what the compiled code takes
        place += array.nbytes
    return Tables(
        width=head["width"],
        base=head["base"],
        medians=tuple(head["medians"]),
        model_sha256=head["model_sha256"],
        reference_sha256=head["reference_sha256"],
        splits=Splits(**{name: arrays[f"splits.{name}"] for name in Splits._fields}),
        clusters=Clusters(**{name: arrays[f"clusters.{name}"] for name in Clusters._fields}),
        values=arrays["values"],
        sha256=sha256,
    )


def _median(known: Vector) -> float | None:
    return float(np.median(known)) if len(known) else None


def _arrays(name: str, parts: Splits | Clusters) -> dict[str, NDArray[Any]]:
    return {f"{name}.{field}": array for field, array in parts._asdict().items()}
