"""Numbers and words that claim, finish and reclaim share."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

MAX_ATTEMPTS = 3
# A batch that failed without anybody knowing over which item is worked again in so many parts, until one part is one item.
SPLIT_PARTS = 8
# Phase of a ready item of such a part, followed by the part's name.
SPLIT = "split:"


def parts_of(ids: Sequence[int], *, token: UUID) -> dict[str, list[int]]:
    """Divide a batch into parts that are claimed together; returns the phase of each part and its items. Pure."""
    ordered = sorted(ids)
    return {
        f"{SPLIT}{token.hex[:12]}:{part}": ordered[part::SPLIT_PARTS]
        for part in range(min(SPLIT_PARTS, len(ordered)))
    }
