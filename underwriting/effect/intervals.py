"""How sure a share is, from how many cases it was counted. Pure."""

from __future__ import annotations

from math import sqrt

Z_95 = 1.959963984540054


def wilson_95(count: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of `count` in `n` (Wilson 1927; Brown, Cai and DasGupta 2001). Raises ValueError where n is not positive."""
    if n <= 0 or not 0 <= count <= n:
        raise ValueError("a share needs a positive number of cases, and no more of them than there are")
    share, square = count / n, Z_95 * Z_95
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z_95 / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)
