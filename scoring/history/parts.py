"""Rows in parts that are written at once and fit well into the lease of a work item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

ROWS_AT_ONCE = 250
T = TypeVar("T")


def parts(rows: Iterable[T]) -> Iterator[list[T]]:
    """The rows in their order, so many at a time."""
    left = iter(rows)
    while part := list(islice(left, ROWS_AT_ONCE)):
        yield part
