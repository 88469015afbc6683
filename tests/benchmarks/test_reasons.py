"""A few real rows through everything that `./run bench reasons` does: the figures it prints, by the names it promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.reasons import bench
from benchmarks.reasons.shares import NAMES


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.real_data
def test_a_handful_of_rows(real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UW_DATA_DIR", str(tmp_path))

    figures = {
        figure.name: figure
        for figure in bench.main(["--rows", "12", "--lenders", "harbour", "--data-root", str(real_data)])
    }

    assert tuple(figures) == NAMES
    assert figures["additive_share"].value == 1
    assert figures["additive_share"].control == 0
    assert figures["sentence_true_share"].value == 1
    assert figures["sentence_true_share"].control < 0.9
    assert figures["repair_gap_closed"].value > figures["repair_gap_closed"].control
