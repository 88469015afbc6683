"""A few hundred rows through everything that `./run bench queue` measures: the figures it prints, by the names it promises."""

from __future__ import annotations

import pytest

from benchmarks.queue.bench import measure, open_desk

pytestmark = pytest.mark.django_db


def test_a_few_hundred_rows() -> None:
    desk = open_desk(applications=900, open_cases=300, far_page=5_000)

    figures = {one.name: one for one in measure(desk, desk, rounds=2, requests=1)}

    assert list(figures) == ["queries", "page_5000_vs_1", "million_vs_10k", "page_1_ms"]
    assert (figures["queries"].value, figures["queries"].spread) == (8, 0)
