"""Scores of past applications as bars, with the thresholds in force and those of a draft as lines. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

STEP = 10  # points a bar covers
BASE = 104  # the foot of the bars, in pixels from the top
HIGHEST = 80  # pixels of the tallest bar


@dataclass(frozen=True, slots=True)
class Bar:
    """`low` to `low + STEP - 1` points; `x` and `width` in per cent, `y` and `height` in pixels. `tone` is the draft's answer."""

    low: int
    count: int
    tone: str
    x: float
    width: float
    y: float
    height: float

    @property
    def high(self) -> int:
        return self.low + STEP - 1

    @property
    def word(self) -> str:
        return {"decline": "Decline", "refer": "Review", "approve": "Approve"}[self.tone]


@dataclass(frozen=True, slots=True)
class Mark:
    """A threshold: `is_old` of the version in force, drawn dashed."""

    word: str
    value: int
    x: float
    is_old: bool


@dataclass(frozen=True, slots=True)
class Histogram:
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    total: int

    @property
    def ends(self) -> tuple[int, int]:
        return self.bars[0].low, self.bars[-1].high


def histogram(
    counts: Mapping[int, int], *, new: tuple[int, int], old: tuple[int, int] | None
) -> Histogram | None:
    """`counts`: how many by the lowest score of their bar. `new` and `old` are (approve, refer). None without a score.

    A bar that a threshold cuts takes the tone of its upper end: a line inside it shows where the cut is.
    """
    if not counts:
        return None
    approve, refer = new
    lines = [("Approve", approve, False), ("Review", refer, False)]
    if old is not None:
        lines += [
            (word, value, True)
            for word, value, now in (("Approve", old[0], approve), ("Review", old[1], refer))
            if value != now
        ]
    inside = [value // STEP * STEP for _, value, _ in lines]
    low = min([*counts, *inside]) - STEP
    high = max([*counts, *inside]) + 2 * STEP
    most = max(counts.values())

    def x(score: float) -> float:
        return round((score - low) / (high - low) * 100, 2)

    def bar(start: int) -> Bar:
        count = counts.get(start, 0)
        end = start + STEP - 1
        tone = "approve" if end >= approve else "refer" if end >= refer else "decline"
        height = round(count / most * HIGHEST, 1)
        return Bar(start, count, tone, x(start), round(x(start + STEP) - x(start), 2), BASE - height, height)

    bars = tuple(bar(start) for start in range(low, high, STEP))
    marks = tuple(Mark(word, value, x(value), is_old) for word, value, is_old in lines)
    return Histogram(bars, marks, sum(counts.values()))
