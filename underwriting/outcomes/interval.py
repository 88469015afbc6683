"""The interval of a share: how far a rate that was counted on few may be off. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z_95 = 1.959963984540054  # two-sided 95 per cent of the normal distribution


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `total`, with its 95 per cent interval; plain ratios."""

    count: int
    total: int
    low: float
    high: float

    @property
    def rate(self) -> float | None:
        return self.count / self.total if self.total else None


def wilson(count: int, total: int, *, z: float = Z_95) -> Share:
    """The score interval of a binomial share (Wilson 1927, JASA 22:209-212); 0 to 1 where nothing was counted.

    Raises ValueError for a count that is negative or above the total.
    """
    if not 0 <= count <= total:
        raise ValueError("a share is a count out of a total")
    if total == 0:
        return Share(0, 0, 0.0, 1.0)
    rate = count / total
    spread = 1 + z * z / total
    middle = (rate + z * z / (2 * total)) / spread
    half = z / spread * math.sqrt(rate * (1 - rate) / total + z * z / (4 * total * total))
    low = 0.0 if count == 0 else max(0.0, middle - half)
    return Share(count, total, low, 1.0 if count == total else min(1.0, middle + half))
