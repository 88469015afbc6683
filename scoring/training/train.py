"""From rows to a model bundle: the gate, the split, the fit, the figures. One path for real rows and for invented people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np

from scoring.features.matrix import Matrix, Vector, feature_matrix
from scoring.registry.bundle import ModelBundle, Pool, PoolRow
from scoring.registry.manifest import Manifest, sha256_of
from scoring.training.card import model_card
from scoring.training.feature_sets import feature_specs
from scoring.training.fit import Fitted, fit, margins
from scoring.training.mapping import (
    ColumnReport,
    DataMapping,
    check_columns,
    check_fingerprints,
    column_roles,
)
from scoring.training.measures import auc, auc_interval, expected_calibration_error, log_odds
from scoring.training.read_rows import read_facts
from scoring.training.rows import data_file, fingerprints, read_target, sha256_of_file
from underwriting.facts.features import FeatureSpec

Flags = np.ndarray[Any, np.dtype[np.bool_]]
POOL_LIMIT = 6_000


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows in order of date where they are dated, else in file order."""

    matrix: Matrix
    bad: Vector
    is_test: Flags


@dataclass(frozen=True, slots=True)
class Trained:
    bundle: ModelBundle
    columns: ColumnReport


def train_on_real(mapping: DataMapping, data_root: Path, *, seed: int, pool: Matrix | None = None) -> Trained:
    """Train on a data set with its reference split. `pool`: rows of invented people where real ones may not be shipped.

    Raises MappingRefused before a single row is used for anything.
    """
    folder = data_root / mapping.data_set
    columns = check_columns(mapping, column_roles(folder / "columns.csv", mapping.file))
    check_fingerprints(mapping, fingerprints(folder / mapping.file))
    specs = feature_specs(mapping)
    sample = _real_sample(mapping, data_root, specs)
    data = {
        "kind": "real",
        "data_set": mapping.data_set,
        "sha256": sha256_of_file(data_file(data_root, mapping)),
        "columns_used": list(columns.used),
        "columns_refused": dict(columns.refused),
    }
    rows = sample.matrix[~sample.is_test] if pool is None else pool
    kind = "training rows" if pool is None else "generated people"
    stated, rate = mapping.stated_bad_rate, float(sample.bad[~sample.is_test].mean())
    bundle = build_bundle(
        mapping,
        sample,
        seed=seed,
        data=data,
        pool_rows=rows,
        pool_kind=kind,
        prior_shift=0.0 if stated is None else log_odds(stated) - log_odds(rate),
    )
    return Trained(bundle, columns)


def _real_sample(mapping: DataMapping, data_root: Path, specs: Sequence[FeatureSpec]) -> Sample:
    pairs = list(read_facts(data_root, mapping))
    matrix = feature_matrix(specs, [facts for facts, _ in pairs])
    bad = read_target(data_root, mapping)
    if mapping.split.before is not None:
        dates = np.array([day for _, day in pairs], dtype="datetime64[D]")
        order = np.argsort(dates, kind="stable")
        return Sample(matrix[order], bad[order], (dates >= np.datetime64(str(mapping.split.before)))[order])
    return Sample(
        matrix, bad, np.random.RandomState(mapping.split.seed).rand(len(bad)) < mapping.split.test_share
    )


def build_bundle(
    mapping: DataMapping,
    sample: Sample,
    *,
    seed: int,
    data: Mapping[str, Any],
    pool_rows: Matrix,
    pool_kind: str,
    prior_shift: float,
) -> ModelBundle:
    """Fit, measure on the test rows, score the pool, write manifest and card. `prior_shift`: added to the log-odds."""
    specs = feature_specs(mapping)
    train = ~sample.is_test
    fitted = fit(
        sample.matrix[train],
        sample.bad[train],
        specs=specs,
        plan=mapping.model,
        seed=seed,
        by_date=mapping.date is not None,
    )
    train_rate = float(sample.bad[train].mean())
    manifest = Manifest(
        name=mapping.model.name,
        version=f"{data['kind']}-{seed}-{sha256_of(fitted.text)[:8]}",
        horizon_months=mapping.horizon_months,
        horizon=mapping.horizon,
        features=specs,
        platt_slope=fitted.platt_slope,
        platt_intercept=fitted.platt_intercept,
        prior_shift=prior_shift,
        points_offset=mapping.model.points_offset,
        points_to_double_odds=mapping.model.points_to_double_odds,
        reference_rate_bps=mapping.model.reference_rate_bps,
        seed=seed,
        text_sha256=sha256_of(fitted.text),
        text_bytes=len(fitted.text.encode()),
        metrics=_metrics(sample, fitted, seed),
        data={**data, "train_rows": int(train.sum()), "test_rows": int(sample.is_test.sum()), "train_bad_rate": round(train_rate, 6),
              "stated_bad_rate": mapping.stated_bad_rate, "bad_means": mapping.bad_means},
        training={**fitted.parameters, "lightgbm": lgb.__version__, "signs": _signs(mapping)},
    )  # fmt: skip
    pool = _pool(manifest, fitted.text, pool_rows, seed)
    manifest = _with_pool(manifest, pool, pool_kind)
    return ModelBundle(fitted.text, manifest, model_card(manifest, mapping), pool)


def _metrics(sample: Sample, fitted: Fitted, seed: int) -> dict[str, Any]:
    """On test rows. The probability measured is that of the sample, before the prior is corrected."""
    bad = sample.bad[sample.is_test]
    margin = margins(fitted.text, sample.matrix[sample.is_test])
    low, high = auc_interval(bad, margin, seed=seed)
    expected = 1 / (1 + np.exp(-(fitted.platt_slope * margin + fitted.platt_intercept)))
    return {
        "test_auc": round(auc(bad, margin), 4),
        "test_auc_interval": [round(low, 4), round(high, 4)],
        "test_bad_rate": round(float(bad.mean()), 4),
        "test_mean_probability": round(float(expected.mean()), 4),
        "test_calibration_error": round(expected_calibration_error(bad, expected), 4),
    }


def _signs(mapping: DataMapping) -> dict[str, str]:
    """Signs that differ from the catalogue's, with the reason."""
    return {f.fact: f"{f.monotone:+d}: {f.why}" for f in mapping.model.features if f.monotone is not None}


def _pool(manifest: Manifest, text: str, rows: Matrix, seed: int) -> Pool:
    """At most 6,000 rows, drawn by the seed, kept in their order."""
    if len(rows) > POOL_LIMIT:
        rows = rows[np.sort(np.random.RandomState(seed).permutation(len(rows))[:POOL_LIMIT])]
    points = [manifest.points(float(margin)) for margin in margins(text, rows)]
    return Pool(tuple(spec.name for spec in manifest.features), [_compact(row) for row in rows], points)


def _compact(row: Sequence[float]) -> PoolRow:
    """None for a missing value, whole numbers without a point."""
    return [None if x != x else int(x) if float(x).is_integer() else float(x) for x in row]  # noqa: PLR0124 NaN differs from itself


def _with_pool(manifest: Manifest, pool: Pool, kind: str) -> Manifest:
    shares = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]
    cuts = [int(x) for x in np.floor(np.quantile(np.array(pool.points), shares))]
    described = {
        "kind": kind, "people": len(pool.rows), "sha256": pool.sha256,
        "score_quantiles": {f"{share:g}": cut for share, cut in zip(shares, cuts, strict=True)},
    }  # fmt: skip
    return Manifest.from_json(manifest.to_json() | {"pool": described})
