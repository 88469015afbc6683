"""What an administrator types about a credit bureau's score: its range, and how people's scores are spread."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.core.exceptions import ValidationError

RANKS_MAX_LINES = 40
_RANGE = re.compile(r"([0-9]{1,4})\s*(?:-|\N{EN DASH}|to)\s*([0-9]{1,4})")
_RANK = re.compile(r"([0-9]{1,4})\s*[\s:,;]\s*([0-9]{1,3})\s*%?")


def read_range(text: str) -> tuple[int, int]:
    """`300-850` as its two ends. Raises ValidationError."""
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        raise ValidationError("Enter the lowest and the highest score, for instance 300-850")
    low, high = int(found[1]), int(found[2])
    if low >= high:
        raise ValidationError("Enter the lowest score first, then a higher one, for instance 300-850")
    return low, high


def range_text(ends: tuple[int, int]) -> str:
    """As it is stored and printed."""
    return f"{ends[0]}-{ends[1]}"


def read_ranks(text: str) -> list[list[int]]:
    """Lines of a score and the percent of people below it, rising. Raises ValidationError that names the line."""
    typed = [line.strip() for line in text.splitlines() if line.strip()]
    if len(typed) > RANKS_MAX_LINES:
        raise ValidationError(f"Enter at most {RANKS_MAX_LINES} lines")
    ranks: list[list[int]] = []
    for number, line in enumerate(typed, start=1):
        found = _RANK.fullmatch(line)
        if found is None:
            raise ValidationError(f"Line {number}: enter a score and a percent, for instance 700 52")
        score, percent = int(found[1]), int(found[2])
        if percent > 99:
            raise ValidationError(f"Line {number}: enter a percent from 0 to 99")
        if ranks and score <= ranks[-1][0]:
            raise ValidationError(f"Line {number}: the score has to be higher than that of the line above")
        if ranks and percent < ranks[-1][1]:
            raise ValidationError(
                f"Line {number}: fewer people than on the line above cannot be below a higher score"
            )
        ranks.append([score, percent])
    return ranks


def require_ranks_cover(ranks: Sequence[Sequence[int]], ends: tuple[int, int]) -> None:
    """Nobody's score may lie below the first line, or nothing could be told to them. Raises ValidationError."""
    low, high = ends
    if ranks[0][0] != low:
        raise ValidationError(f"Begin with the lowest score of the range, {low}")
    if ranks[-1][0] > high:
        raise ValidationError(f"Line {len(ranks)}: {ranks[-1][0]} lies above the range, {range_text(ends)}")


def ranks_text(ranks: Sequence[Sequence[int]]) -> str:
    """Stored ranks as they are typed."""
    return "\n".join(f"{score} {percent}" for score, percent in ranks)
