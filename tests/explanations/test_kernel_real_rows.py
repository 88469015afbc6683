"""The kernel beside `shap` on rows of the real data sets, for each lender's real model and the people near its cut-off."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest

from benchmarks.oracle import Matrix, Oracle
from explanations.attribution import explain, tabulate
from scoring.features.matrix import feature_matrix
from scoring.registry.reference import nearest_above
from scoring.training.bundles import pool_matrix
from scoring.training.mapping import DATA_SETS, mapping_for
from scoring.training.read_rows import read_facts
from scoring.training.train import train_on_real

ROWS = 100_000
AT_ONCE = 5_000
NOISE = 0.02
LARGEST_DIFFERENCE = 1e-6

pytestmark = pytest.mark.real_data


@cache
def model_and_people(lender: str, root: Path) -> tuple[lgb.Booster, Matrix, Matrix]:
    """The real model, its 300 reference people at the median of the pool, and every row of its data set."""
    mapping = mapping_for(lender)
    bundle = train_on_real(
        mapping, root, seed=11, pool=pool_matrix(mapping) if lender == "harbour" else None
    ).bundle
    cut_off = int(np.median(bundle.pool.points))
    places = nearest_above(bundle.pool.points, approve_cut_off=cut_off, seed=1)
    reference = np.array([bundle.pool.rows[place] for place in places], dtype=np.float64)
    rows = feature_matrix(bundle.manifest.features, [facts for facts, _ in read_facts(root, mapping)])
    return lgb.Booster(model_str=bundle.text), reference, rows


def some_rows(rows: Matrix, count: int) -> Matrix:
    """The first rows as they are; where the set has fewer, its rows again with two per cent of noise on each value."""
    random = np.random.default_rng(20_261_122)
    found = [rows[:count]]
    while sum(map(len, found)) < count:
        noisy = rows * (1 + NOISE * random.normal(size=rows.shape))
        found.append(noisy[: count - sum(map(len, found))])
    return np.ascontiguousarray(np.concatenate(found))


def compare(lender: str, root: Path, count: int) -> tuple[float, float]:
    """Largest difference from `shap`, and largest miss of the margin, in log-odds."""
    booster, reference, rows = model_and_people(lender, root)
    tables = tabulate(booster, reference)
    oracle = Oracle(booster, reference)
    difference = gap = 0.0
    asked = some_rows(rows, count)
    for place in range(0, count, AT_ONCE):
        part = asked[place : place + AT_ONCE]
        margins = np.asarray(booster.predict(part, raw_score=True, num_threads=1))
        found = np.array([one.shares for one in explain(tables=tables, rows=part, margins=margins)])
        gap = max(gap, float(np.abs(tables.base + found.sum(axis=1) - margins).max()))
        difference = max(difference, float(np.abs(found - oracle.shares(part)).max()))
    return difference, gap


@pytest.mark.parametrize("lender", DATA_SETS)
def test_a_few_hundred_rows_agree_with_shap(lender: str, real_data: Path) -> None:
    difference, gap = compare(lender, real_data, 200)

    assert difference <= LARGEST_DIFFERENCE
    assert gap <= 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("lender", DATA_SETS)
def test_a_hundred_thousand_rows_agree_with_shap(lender: str, real_data: Path) -> None:
    difference, gap = compare(lender, real_data, ROWS)

    print(f"{lender}: {ROWS} rows, largest difference {difference:.2g}, largest gap {gap:.2g} log-odds")
    assert difference <= LARGEST_DIFFERENCE
    assert gap <= 1e-9
