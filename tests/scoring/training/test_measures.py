"""Measures against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.training.measures import auc, auc_interval, expected_calibration_error, platt


def test_auc_counts_ties_half() -> None:
    bad, margin = np.array([1.0, 1.0, 0.0, 0.0]), np.array([3.0, 1.0, 1.0, 0.0])

    assert auc(bad, margin) == pytest.approx(3.5 / 4)


def test_auc_of_one_class_is_refused() -> None:
    with pytest.raises(ValueError, match="both goods and bads"):
        auc(np.zeros(3), np.arange(3.0))


def test_the_interval_holds_the_figure() -> None:
    random = np.random.RandomState(1)
    bad = (random.rand(800) < 0.3).astype(float)
    margin = bad + random.normal(size=800)

    low, high = auc_interval(bad, margin, seed=2)

    assert low < auc(bad, margin) < high < low + 0.12


def test_platt_finds_slope_and_intercept() -> None:
    random = np.random.RandomState(4)
    margin = random.normal(size=200_000)
    bad = (random.rand(200_000) < 1 / (1 + np.exp(-(1.5 * margin - 0.7)))).astype(float)

    assert platt(bad, margin) == pytest.approx((1.5, -0.7), abs=0.03)


def test_platt_of_a_separable_sample_stays_finite() -> None:
    slope, intercept = platt(np.array([0.0, 0.0, 1.0, 1.0]), np.array([-2.0, -1.0, 1.0, 2.0]))

    assert 0 < slope < 10
    assert abs(intercept) < 1


def test_calibration_error_is_zero_where_the_rate_is_met() -> None:
    assert expected_calibration_error(np.array([1.0, 0.0, 1.0, 0.0]), np.full(4, 0.5), bins=1) == 0.0
