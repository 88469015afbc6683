"""A small line of daily rates, as wide as a word. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, PAD = 84, 22, 3


@dataclass(frozen=True, slots=True)
class Sparkline:
    """`points` of the drawing in pixels, day by day; days without a rate are passed over. `sentence` says what the line shows."""

    points: tuple[tuple[float, float], ...]
    sentence: str
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def path(self) -> str:
        return " ".join(f"{x},{y}" for x, y in self.points)


def sparkline(rates: Sequence[float | None]) -> Sparkline | None:
    """Rates from 0 to 1, oldest first, None where a day has none. None with fewer than two days to join."""
    known = [(day, rate) for day, rate in enumerate(rates) if rate is not None]
    if len(known) < 2:
        return None
    low, high = min(rate for _, rate in known), max(rate for _, rate in known)
    across, up = (WIDTH - 2 * PAD) / (len(rates) - 1), (HEIGHT - 2 * PAD) / ((high - low) or 1)
    points = tuple(
        (round(PAD + day * across, 1), round(HEIGHT - PAD - (rate - low) * up, 1)) for day, rate in known
    )
    sentence = f"Daily approval rate, {100 * low:.0f}% to {100 * high:.0f}%, last {100 * known[-1][1]:.0f}%"
    return Sparkline(points, sentence)
