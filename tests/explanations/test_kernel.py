"""The kernel decides as LightGBM decides and shares out as Shapley defines: on every kind of split, value and tree."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest
import shap
from hypothesis import given
from hypothesis import strategies as st

from explanations.attribution import NotTabulable, explain, tabulate
from explanations.attribution.layout import MOST_BITS
from explanations.attribution.tables import pack, unpack
from tests.explanations.forests import NAN, NONE, ZERO, ZERO_EDGE, Split, booster_of, shapley_values

WIDTH = 4
THRESHOLDS = (-1.0, -ZERO_EDGE, 0.0, ZERO_EDGE, 0.5, 1.0)
VALUES = sorted(
    {0.0, 5e-36, -5e-36, 0.3, -7.0, 7.0, np.inf, -np.inf}
    | {float(np.nextafter(t, side)) for t in THRESHOLDS for side in (-np.inf, np.inf)}
    | set(THRESHOLDS)
)

leaf_values = st.floats(-2, 2, allow_subnormal=False).map(lambda value: round(value, 3))
splits = st.recursive(
    leaf_values,
    lambda children: st.builds(
        Split,
        feature=st.integers(0, WIDTH - 1),
        threshold=st.sampled_from(THRESHOLDS),
        left=children,
        right=children,
        missing=st.sampled_from([NONE, ZERO, NAN]),
        default_left=st.booleans(),
    ),
    max_leaves=14,
)
rows_of_values = st.lists(st.sampled_from([*VALUES, -0.0, np.nan]), min_size=WIDTH, max_size=WIDTH)


def shares_of(booster: lgb.Booster, rows: np.ndarray, reference: np.ndarray) -> np.ndarray:
    tables = tabulate(booster, reference)
    margins = np.asarray(booster.predict(rows, raw_score=True, num_threads=1))
    return np.array([one.shares for one in explain(tables=tables, rows=rows, margins=margins)])


@given(
    trees=st.lists(splits, min_size=1, max_size=4),
    people=st.lists(rows_of_values, min_size=1, max_size=5),
    applicants=st.lists(rows_of_values, min_size=1, max_size=4),
)
def test_any_trees_and_any_values_are_explained_as_defined(
    trees: list[Split | float], people: list[list[float]], applicants: list[list[float]]
) -> None:
    """Missing types, default directions, equal thresholds, repeated inputs, single leaves, values on and beside thresholds."""
    booster = booster_of(trees, width=WIDTH)
    reference, rows = np.array(people), np.array(applicants)

    shares = shares_of(booster, rows, reference)

    for row, found in zip(rows, shares, strict=True):
        assert found == pytest.approx(shapley_values(booster, row, reference), abs=1e-12)


@pytest.mark.parametrize("missing", [NONE, ZERO, NAN])
@pytest.mark.parametrize("default_left", [False, True])
@pytest.mark.parametrize("threshold", [-1.0, 0.0, ZERO_EDGE, 1.0])
def test_each_kind_of_split_sends_each_value_where_lightgbm_does(
    missing: int, default_left: bool, threshold: float
) -> None:
    booster = booster_of([Split(0, threshold, -1.0, 1.0, missing, default_left)], width=1)
    rows = np.array([[value] for value in [*VALUES, -0.0, np.nan]])

    for person in rows:
        shares = shares_of(booster, rows, person[None, :])

        margins = np.asarray(booster.predict(rows, raw_score=True))
        base = float(booster.predict(person[None, :], raw_score=True)[0])
        assert shares[:, 0].tolist() == (margins - base).tolist()


def test_a_model_of_single_leaves_gives_nobody_a_share() -> None:
    booster = booster_of([0.25, -0.5], width=2)
    tables = tabulate(booster, np.zeros((3, 2)))

    [found] = explain(tables=tables, rows=np.ones((1, 2)), margins=[-0.25])

    assert (found.base, found.shares) == (-0.25, (0.0, 0.0))


def test_an_input_that_is_asked_about_twice_on_a_path_is_kept_only_by_both() -> None:
    between = Split(0, 1.0, 3.0, 0.0)
    booster = booster_of([Split(0, 0.0, 0.0, between)], width=2)
    reference = np.array([[0.5, 0.0], [2.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]])

    shares = shares_of(booster, np.array([[0.5, 9.0], [2.0, 9.0]]), reference)

    assert shares.tolist() == [[2.25, 0.0], [-0.75, 0.0]]


@pytest.mark.parametrize(("leaves", "depth", "least"), [(64, 6, 33), (200, 9, 65)])
def test_trees_of_more_splits_than_a_word_has_bits_agree_with_shap(
    leaves: int, depth: int, least: int
) -> None:
    random = np.random.default_rng(4)
    rows = random.normal(size=(6_000, 8))
    rows[random.random(rows.shape) < 0.15] = np.nan
    bad = np.nansum(rows[:, :4], axis=1) * np.nansum(rows[:, 4:], axis=1) + random.normal(size=6_000) > 0
    parameters = {
        "objective": "binary",
        "num_leaves": leaves,
        "max_depth": depth,
        "verbose": -1,
        "num_threads": 1,
    }
    booster = lgb.train({**parameters, "min_data_in_leaf": 3}, lgb.Dataset(rows, bad), 8)
    reference, applicants = rows[:300], rows[-50:]
    assert max(tree["num_leaves"] for tree in booster.dump_model()["tree_info"]) > least

    shares = shares_of(booster, applicants, reference)

    oracle = shap.TreeExplainer(
        booster, shap.maskers.Independent(reference, max_samples=300), feature_perturbation="interventional"
    )
    assert np.abs(oracle.shap_values(applicants, check_additivity=False) - shares).max() < 1e-6


def test_one_row_is_explained_as_it_is_among_many() -> None:
    random = np.random.default_rng(5)
    rows = random.normal(size=(400, 5))
    booster = lgb.train(
        {"objective": "binary", "verbose": -1, "num_threads": 1}, lgb.Dataset(rows, rows[:, 0] > 0), 20
    )

    many = shares_of(booster, rows, rows[:100])

    for index in (0, 1, 127, 128, 129, 399):
        assert shares_of(booster, rows[index : index + 1], rows[:100]).tolist() == [many[index].tolist()]


def test_groups_are_summed_in_the_same_pass() -> None:
    random = np.random.default_rng(6)
    rows = random.normal(size=(300, 5))
    booster = lgb.train(
        {"objective": "binary", "verbose": -1, "num_threads": 1}, lgb.Dataset(rows, rows.sum(axis=1) > 0), 10
    )
    tables = tabulate(booster, rows[:50])
    margins = np.asarray(booster.predict(rows, raw_score=True))

    found = explain(tables=tables, rows=rows, margins=margins, group_of_input=[0, 1, 0, 2, 1])

    for one in found:
        a, b, c, d, e = one.shares
        assert one.sums == pytest.approx((a + c, b + e, d), abs=1e-12)


def test_tables_come_back_as_they_were_packed() -> None:
    booster = booster_of([Split(0, 0.0, Split(1, 1.0, 0.5, -0.5, NAN, default_left=True), 1.0)], width=3)
    tables = tabulate(booster, np.array([[0.0, np.nan, np.nan], [1.0, 2.0, np.nan]]))

    data, sha256 = pack(tables)
    again = unpack(data, sha256=sha256)

    assert pack(again) == (data, sha256)
    assert (again.base, again.medians, again.width) == (tables.base, (0.5, 2.0, None), 3)


class TestRefused:
    def test_a_path_that_asks_about_too_many_inputs(self) -> None:
        tree: Split | float = 1.0
        for feature in range(MOST_BITS + 1):
            tree = Split(feature, 0.0, 0.0, tree)
        booster = booster_of([tree], width=MOST_BITS + 1)

        with pytest.raises(
            NotTabulable, match=r"asks about 13 inputs, and at most 12 .* max_depth of 12 or less"
        ):
            tabulate(booster, np.zeros((1, MOST_BITS + 1)))

    def test_a_deep_path_that_asks_about_few_inputs_is_not(self) -> None:
        tree: Split | float = 1.0
        for step in range(100):
            tree = Split(step % 3, float(step), tree, float(step))
        booster = booster_of([tree], width=3)
        rows = np.array([[5.0, 50.0, 99.5], [0.0, -1.0, 7.0], [200.0, 3.0, np.nan]])

        shares = shares_of(booster, rows, rows[:2])

        for row, found in zip(rows, shares, strict=True):
            assert found == pytest.approx(shapley_values(booster, row, rows[:2]), abs=1e-9)

    def test_tables_that_would_fill_the_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("explanations.attribution.layout.MOST_TABLE_BYTES", 1 << 20)
        random = np.random.default_rng(8)
        rows = random.normal(size=(2_000, 20))
        booster = lgb.train(
            {"objective": "binary", "num_leaves": 63, "verbose": -1, "num_threads": 1},
            lgb.Dataset(rows, rows.sum(axis=1) > 0),
            60,
        )

        with pytest.raises(NotTabulable, match="more than 1 MB; train fewer or shallower trees"):
            tabulate(booster, rows[:10])

    def test_a_random_forest_and_a_model_of_several_outputs(self) -> None:
        rows = np.random.default_rng(9).normal(size=(300, 3))
        common = {"verbose": -1, "num_threads": 1}
        forest = lgb.train(
            {**common, "objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
            lgb.Dataset(rows, rows[:, 0] > 0),
            3,
        )
        several = lgb.train(
            {**common, "objective": "multiclass", "num_class": 3}, lgb.Dataset(rows, np.arange(300) % 3), 3
        )

        with pytest.raises(NotTabulable, match="random forest"):
            tabulate(forest, rows[:5])
        with pytest.raises(NotTabulable, match="more than one output"):
            tabulate(several, rows[:5])


FIRST_EXPLANATION = """
import json, numpy as np
from explanations.attribution import compiled, explain, tabulate
from tests.explanations.forests import Split, booster_of
booster = booster_of([Split(0, 0.0, -1.0, 1.0)], width=1)
explain(tables=tabulate(booster, np.zeros((2, 1))), rows=np.ones((1, 1)), margins=[1.0])
made = [compiled.outcomes, compiled.fill, compiled.look_up]
print(json.dumps([sum(sum(f.stats.cache_misses.values()) for f in made), sum(sum(f.stats.cache_hits.values()) for f in made)]))
"""


def first_explanation(**environment: str) -> str:
    child = subprocess.run(
        [sys.executable, "-c", FIRST_EXPLANATION],
        env={**os.environ, **environment},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return child.stdout.strip()


def test_the_first_explanation_of_a_new_process_compiles_nothing() -> None:
    assert first_explanation() == "[0, 3]"


@pytest.mark.slow
def test_without_what_was_kept_on_disk_the_import_compiles(tmp_path: Path) -> None:
    assert first_explanation(NUMBA_CACHE_DIR=str(tmp_path)) == "[3, 0]"
    assert first_explanation(NUMBA_CACHE_DIR=str(tmp_path)) == "[0, 3]"
