"""The explanation of a score is exact, complete, and compares with the people it says it compares with."""

from __future__ import annotations

import itertools
import math

import lightgbm as lgb
import numpy as np
import pytest

from explanations.attribution import NotAdditive, explain, repair_effects
from explanations.attribution.interventional import _checked
from tests.explanations.synthetic import SPECS, Synthetic, synthetic
from underwriting.facts.features import FeatureSpec


@pytest.fixture(scope="module")
def model() -> Synthetic:
    return synthetic()


def test_base_and_shares_sum_to_the_boosters_margin_on_every_row(model: Synthetic) -> None:
    found = explain(booster=model.booster, specs=SPECS, reference_rows=model.reference_rows, rows=model.rows)

    margins = model.booster.predict(model.rows, raw_score=True)
    gaps = [abs(a.base + math.fsum(a.shares) - m) for a, m in zip(found, margins, strict=True)]
    assert len(found) == len(model.rows)
    assert max(gaps) <= 1e-6


def test_base_is_the_mean_margin_of_all_reference_people(model: Synthetic) -> None:
    [found] = explain(
        booster=model.booster, specs=SPECS, reference_rows=model.reference_rows, rows=model.rows[:1]
    )

    assert found.base == pytest.approx(
        float(np.mean(model.booster.predict(model.reference, raw_score=True))), abs=1e-12
    )


def test_shares_are_shapley_values_by_brute_force() -> None:
    random = np.random.default_rng(3)
    specs = SPECS[:4]
    rows = random.random((500, 4))
    label = random.random(500) < 1 / (1 + np.exp(-(rows[:, 0] * 3 - rows[:, 1] * rows[:, 2] * 4)))
    booster = lgb.train(
        {"objective": "binary", "verbosity": -1, "num_leaves": 7}, lgb.Dataset(rows, label=label), 15
    )
    reference = rows[:120]  # more than the hundred that shap would keep of a plain array
    applicant = rows[300]

    [found] = explain(
        booster=booster, specs=specs, reference_rows=reference.tolist(), rows=applicant[None, :]
    )

    def mean_with(columns: tuple[int, ...]) -> float:
        mixed = reference.copy()
        mixed[:, list(columns)] = applicant[list(columns)]
        return float(np.mean(booster.predict(mixed, raw_score=True)))

    for column in range(4):
        others = [c for c in range(4) if c != column]
        expected = sum(
            math.factorial(size)
            * math.factorial(3 - size)
            / 24
            * (mean_with((*subset, column)) - mean_with(subset))
            for size in range(4)
            for subset in itertools.combinations(others, size)
        )
        assert found.shares[column] == pytest.approx(expected, abs=1e-6)


def test_an_input_the_model_never_reads_has_no_share(model: Synthetic) -> None:
    random = np.random.default_rng(5)
    rows = np.column_stack([random.random(400), np.zeros(400)])
    booster = lgb.train(
        {"objective": "binary", "verbosity": -1}, lgb.Dataset(rows, label=rows[:, 0] > 0.5), 5
    )

    [found] = explain(booster=booster, specs=SPECS[:2], reference_rows=rows[:50].tolist(), rows=rows[300:301])

    assert found.shares[1] == 0.0


def test_a_gap_above_the_tolerance_is_refused() -> None:
    with pytest.raises(NotAdditive, match=r"miss the margin by 2e-06"):
        _checked(0.0, np.array([1.0]), 1.000002)
    with pytest.raises(NotAdditive):
        _checked(0.0, np.array([math.nan]), 1.0)


def test_a_model_with_category_splits_is_refused() -> None:
    random = np.random.default_rng(9)
    rows = random.integers(0, 6, (600, 2)).astype(np.float64)
    booster = lgb.train(
        {"objective": "binary", "verbosity": -1, "min_data_per_group": 5, "cat_smooth": 1},
        lgb.Dataset(rows, label=np.isin(rows[:, 0], [1, 4]), categorical_feature=[0]),
        5,
    )

    with pytest.raises(ValueError, match="splits on categories"):
        explain(booster=booster, specs=SPECS[:2], reference_rows=rows[:50].tolist(), rows=rows[:1])


def test_rows_of_another_width_are_refused(model: Synthetic) -> None:
    specs = (*SPECS, FeatureSpec("dpd90_count_12m", "dpd90_count_12m", None, 1))

    with pytest.raises(ValueError, match="expected 10 columns"):
        explain(booster=model.booster, specs=specs, reference_rows=model.reference_rows, rows=model.rows)


def test_repairing_every_input_leaves_the_reference_peoples_mean(model: Synthetic) -> None:
    row = model.rows[0]
    margin = float(model.booster.predict(row[None, :], raw_score=True)[0])

    [nothing, everything] = repair_effects(
        booster=model.booster,
        reference=model.reference,
        cases=[(row, margin, []), (row, margin, list(range(len(SPECS))))],
    )

    assert nothing == pytest.approx(0.0, abs=1e-9)
    mean = float(np.mean(model.booster.predict(model.reference, raw_score=True)))
    assert everything == pytest.approx(mean - margin, abs=1e-9)
