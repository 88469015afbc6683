"""Facts as model inputs: units, absences, and what is refused."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from scoring.features.matrix import InfiniteInput, feature_matrix
from underwriting.facts.features import FeatureSpec
from underwriting.facts.values import Absence, FactSource, FactValue

NOW = datetime(2026, 11, 2, tzinfo=UTC)
AMOUNT = FeatureSpec("requested_amount", "requested_amount", None, 1)
SINCE = FeatureSpec("months_since_last_delinquency", "months_since_last_delinquency", None, -1)
LATE = FeatureSpec("dpd30_count_12m", "dpd30_count_12m", None, 1)
CAR = FeatureSpec("purpose_is_car", "purpose", "car", 0)
BALANCE = FeatureSpec("revolving_balance", "revolving_balance", None, 0)


def _fact(value: object = None, absence: Absence | None = None) -> FactValue:
    return FactValue(value, absence, FactSource.BUREAU, NOW)  # type: ignore[arg-type]


def test_money_is_read_in_currency_units_and_a_category_as_zero_or_one() -> None:
    matrix = feature_matrix(
        (AMOUNT, CAR),
        [
            {"requested_amount": _fact(1_250_050), "purpose": _fact("car")},
            {"requested_amount": _fact(0), "purpose": _fact("moving")},
        ],
    )

    assert matrix.tolist() == [[12_500.5, 1.0], [0.0, 0.0]]


@pytest.mark.parametrize(("spec", "safe"), [(SINCE, 600.0), (LATE, 0.0)])
def test_never_is_the_safe_end_of_a_constrained_fact(spec: FeatureSpec, safe: float) -> None:
    assert feature_matrix((spec,), [{spec.fact: _fact(absence=Absence.NEVER)}]).tolist() == [[safe]]


def test_never_of_a_two_sided_fact_is_missing() -> None:
    assert math.isnan(feature_matrix((BALANCE,), [{"revolving_balance": _fact(absence=Absence.NEVER)}])[0, 0])


@pytest.mark.parametrize("absence", [Absence.UNKNOWN, Absence.NOT_ASKED])
def test_unknown_and_not_asked_are_missing_for_numbers_and_categories(absence: Absence) -> None:
    matrix = feature_matrix(
        (SINCE, CAR), [{SINCE.fact: _fact(absence=absence), "purpose": _fact(absence=absence)}, {}]
    )

    assert np.isnan(matrix).all()


def test_an_infinite_value_is_refused_by_the_column_s_name() -> None:
    with pytest.raises(InfiniteInput, match="dpd30_count_12m"):
        feature_matrix((LATE,), [{"dpd30_count_12m": _fact(math.inf)}])


def test_a_word_where_a_number_belongs_is_refused() -> None:
    with pytest.raises(TypeError, match="dpd30_count_12m"):
        feature_matrix((LATE,), [{"dpd30_count_12m": _fact("two")}])


def test_no_rows_still_have_columns() -> None:
    assert feature_matrix((SINCE, LATE), []).shape == (0, 2)


def test_rows_that_share_facts_are_the_rows_they_are_by_themselves() -> None:
    shared = _fact(7)
    rows = [
        {"months_since_last_delinquency": shared, "dpd30_count_12m": _fact(1)},
        {"months_since_last_delinquency": shared, "dpd30_count_12m": _fact(2)},
        {"months_since_last_delinquency": shared},
        {"dpd30_count_12m": shared},
    ]

    together = feature_matrix((SINCE, LATE), rows)

    np.testing.assert_array_equal(together, np.vstack([feature_matrix((SINCE, LATE), [row]) for row in rows]))
    np.testing.assert_array_equal(together, [[7, 1], [7, 2], [7, np.nan], [np.nan, 7]])
