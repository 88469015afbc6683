"""A small booster with a known shape, its inputs, and people to compare with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import lightgbm as lgb
import numpy as np

from underwriting.facts.catalogue import Unit, catalogue
from underwriting.facts.features import FeatureSpec
from underwriting.facts.values import Absence, FactSource, FactValue

KNOWN_AT = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
SPECS = (
    FeatureSpec("dpd30_count_12m", "dpd30_count_12m", None, 1),
    FeatureSpec("months_since_last_delinquency", "months_since_last_delinquency", None, -1),
    FeatureSpec("revolving_utilisation_ratio", "revolving_utilisation_ratio", None, 1),
    FeatureSpec("enquiry_count_90d", "enquiry_count_90d", None, 1),
    FeatureSpec("annual_income", "annual_income", None, -1),
    FeatureSpec("loan_to_income_ratio", "loan_to_income_ratio", None, 1),
    FeatureSpec("open_account_count", "open_account_count", None, 0),
    FeatureSpec("purpose_small_business", "purpose", "small_business", 0),
    FeatureSpec("housing_rent", "housing", "rent", 0),
)


@dataclass(frozen=True)
class Synthetic:
    booster: lgb.Booster
    rows: np.ndarray[Any, np.dtype[np.float64]]
    reference: np.ndarray[Any, np.dtype[np.float64]]

    @property
    def reference_rows(self) -> list[list[float | None]]:
        return [[None if math.isnan(v) else float(v) for v in row] for row in self.reference]


def synthetic(*, seed: int = 7, people: int = 3_000, reference: int = 300) -> Synthetic:
    """Train on people whose risk rises with late payments, card use, enquiries and loan size, with one value in ten missing."""
    random = np.random.default_rng(seed)
    columns = [
        random.poisson(0.6, people),
        random.integers(0, 120, people),
        random.beta(2, 3, people),
        random.poisson(1.2, people),
        random.lognormal(10.8, 0.5, people),
        random.beta(2, 6, people),
        random.poisson(8, people),
        random.integers(0, 2, people),
        random.integers(0, 2, people),
    ]
    matrix = np.column_stack(columns).astype(np.float64)
    risk = (
        -2
        + 0.8 * matrix[:, 0]
        - 0.01 * matrix[:, 1]
        + 2 * matrix[:, 2]
        + 0.4 * matrix[:, 3]
        + 2 * matrix[:, 5]
        + 0.02 * (matrix[:, 6] - 8) ** 2
        + 0.5 * matrix[:, 7]
    )
    bad = random.random(people) < 1 / (1 + np.exp(-risk))
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    booster = lgb.train(
        {
            "objective": "binary", "num_leaves": 15, "seed": seed, "deterministic": True, "force_row_wise": True, "num_threads": 1,
            "verbosity": -1, "monotone_constraints": [s.monotone for s in SPECS], "monotone_constraints_method": "intermediate",
        },
        lgb.Dataset(matrix, label=bad),
        num_boost_round=40,
    )  # fmt: skip
    order = np.argsort(np.asarray(booster.predict(matrix, raw_score=True)))
    return Synthetic(booster, matrix[order[-400:]], matrix[order[people // 2 : people // 2 + reference]])


def facts_of(row: Any, **given: FactValue) -> dict[str, FactValue]:
    """The facts behind a row of the synthetic model; NaN is unknown. `given` replaces facts by name."""
    facts: dict[str, FactValue] = {}
    for spec, number in zip(SPECS, row, strict=True):
        definition = catalogue()[spec.fact]
        value: Any = None
        if not math.isnan(number):
            value = int(number) if definition.unit in (Unit.COUNT, Unit.MONTHS) else float(number)
            if definition.unit is Unit.MONEY:
                value = round(number * 100)
            if spec.category is not None:
                value = spec.category if number else next(v for v in definition.values if v != spec.category)
        facts[spec.fact] = FactValue(
            value=value,
            absence=Absence.UNKNOWN if value is None else None,
            source=definition.source,
            known_at=KNOWN_AT,
            party_id="party-1",
            origin="Credit report, Demo Bureau" if definition.source is FactSource.BUREAU else "",
        )
    return facts | given
