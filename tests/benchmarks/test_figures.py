"""A measurement's numbers are summed up the same way everywhere."""

import json

import pytest

from benchmarks.figures import Figure, figure, json_line, percentile, table

RATE = Figure(name="rate", value=20.0, unit="1/s", control=50.0, spread=15.0)


def test_a_figure_is_the_median_of_its_rounds_with_their_spread() -> None:
    assert figure("rate", unit="1/s", rounds=[10.0, 20.0, 25.0], control=[40.0, 60.0]) == RATE


def test_a_figure_without_rounds_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^rate: nothing was measured$"):
        figure("rate", unit="1/s", rounds=[], control=[1.0])


def test_percentiles_are_interpolated() -> None:
    assert percentile([1.0, 2.0, 3.0], 50) == 2.0
    assert percentile([0.0, 100.0], 95) == pytest.approx(95.0)


def test_the_table_is_aligned_and_the_last_line_is_json() -> None:
    assert table([RATE]).splitlines() == [
        "figure  value  control  spread  unit",
        "rate       20       50      15  1/s",
    ]
    assert json.loads(json_line("throughput", [RATE])) == {
        "bench": "throughput",
        "figures": [{"name": "rate", "value": 20.0, "unit": "1/s", "control": 50.0, "spread": 15.0}],
    }
