"""The measurement of the attribution kernel, run small: its figures and their controls say what they are meant to say."""

from __future__ import annotations

import pytest

from benchmarks import kernel


@pytest.mark.django_db
def test_it_measures_against_both_and_its_controls_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    small = {
        "TREES": 20,
        "TRAINING_ROWS": 2_000,
        "ROUNDS": 1,
        "COMPARED_ROWS": 16,
        "THROUGHPUT_ROWS": 256,
        "ONE_BY_ONE": 2,
    }
    for name, value in small.items():
        monkeypatch.setattr(kernel, name, value)

    found = {one.name: one for one in kernel.main([])}

    assert list(found) == [
        "speedup_vs_pred_contrib", "speedup_vs_shap", "max_abs_diff_vs_shap", "additive_gap", "rows_per_s", "explain_one_ms",
    ]  # fmt: skip
    assert found["max_abs_diff_vs_shap"].value < 1e-6 < found["max_abs_diff_vs_shap"].control
    assert found["additive_gap"].value < 1e-9
    assert all(one.value > 0 for one in found.values())


def test_it_has_nothing_to_choose() -> None:
    with pytest.raises(SystemExit, match="takes no arguments"):
        kernel.main(["--faster"])
