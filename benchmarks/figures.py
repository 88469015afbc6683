"""What a measurement gives back, as a table for people and one JSON line for programs. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median, quantiles


@dataclass(frozen=True, slots=True)
class Figure:
    """One number.

    `value` is the median of the rounds and `spread` their largest less their smallest, both in `unit`; `control` is the
    same measurement with the thing of interest taken away, in the same unit.
    """

    name: str
    value: float
    unit: str
    control: float
    spread: float


def figure(name: str, *, unit: str, rounds: Sequence[float], control: Sequence[float]) -> Figure:
    """Sum up one number over the rounds of a measurement; raises ValueError without rounds."""
    if not rounds or not control:
        raise ValueError(f"{name}: nothing was measured")
    return Figure(
        name=name,
        value=round(median(rounds), 2),
        unit=unit,
        control=round(median(control), 2),
        spread=round(max(rounds) - min(rounds), 2),
    )


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the percentile of at least two values, interpolated."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as aligned lines."""
    rows = [("figure", "value", "control", "spread", "unit")]
    rows += [(f.name, f"{f.value:g}", f"{f.control:g}", f"{f.spread:g}", f.unit) for f in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in {0, 4} else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def json_line(bench: str, figures: Sequence[Figure]) -> str:
    """Return the last line of every measurement."""
    return json.dumps({"bench": bench, "figures": [asdict(f) for f in figures]})
