"""The interval of a share."""

from __future__ import annotations

import pytest

from underwriting.outcomes.interval import wilson


def test_it_is_the_published_example() -> None:
    """Newcombe 1998, Statistics in Medicine 17:857-872, table I: 81/263, 15/148, 0/20 and 1/29 by the score method."""
    for count, total, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        share = wilson(count, total)
        assert (round(share.low, 4), round(share.high, 4)) == (low, high)


def test_nothing_counted_says_nothing() -> None:
    share = wilson(0, 0)
    assert (share.low, share.high, share.rate) == (0.0, 1.0, None)


@pytest.mark.parametrize(("count", "total"), [(-1, 5), (6, 5)])
def test_a_count_out_of_range_is_refused(count: int, total: int) -> None:
    with pytest.raises(ValueError, match="out of a total"):
        wilson(count, total)
