"""Planted inputs that have nothing to do with the outcome must not become reasons; learned from noise, reasons mean nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from explanations.attribution import explain, repair_effects, tabulate
from explanations.proof.groups import group_shares
from explanations.ranking import rank_groups
from explanations.reason_codes.catalogue import current_catalogue
from scoring.training.fit import fit
from scoring.training.mapping import ModelPlan
from underwriting.facts.features import FeatureSpec

Matrix = np.ndarray[Any, np.dtype[np.float64]]
PEOPLE, DECLINED, REFERENCE = 12_000, 0.3, 300
TELLING = {
    "revolving_utilisation_ratio": 1,
    "enquiry_count_90d": 1,
    "annual_income": -1,
    "dpd30_count_12m": 1,
    "loan_to_income_ratio": 1,
}
# Each is alone in its group, so that a reason of the group is a reason of the decoy.
DECOYS = {
    "employment_tenure_months": -1,
    "oldest_account_age_months": -1,
    "public_record_count": 1,
    "secured_share_ratio": 0,
    "requested_term_months": 0,
}
SPECS = tuple(FeatureSpec(name, name, None, sign) for name, sign in (TELLING | DECOYS).items())
PLAN = ModelPlan(
    name="decoys", learning_rate=0.05, leaves=15, depth=6, rows_in_leaf=100, points_offset=560, points_to_double_odds=40,
    features=[],
)  # fmt: skip


@dataclass(frozen=True)
class Explained:
    """Stated groups of declined people, by a model; `fell` of the `tried` single repairs lowered the risk by the telling model."""

    stated: list[list[str]]
    fell: int
    tried: int
    all_reach: int


@cache
def book() -> tuple[Matrix, Matrix]:
    """People and their outcomes: five inputs tell of the risk, five are drawn by themselves."""
    random = np.random.default_rng(3)
    columns = {
        "revolving_utilisation_ratio": random.beta(2, 3, PEOPLE),
        "enquiry_count_90d": random.poisson(1.2, PEOPLE),
        "annual_income": random.lognormal(10.8, 0.5, PEOPLE),
        "dpd30_count_12m": random.poisson(0.5, PEOPLE),
        "loan_to_income_ratio": random.beta(2, 6, PEOPLE),
        "employment_tenure_months": random.integers(0, 240, PEOPLE),
        "oldest_account_age_months": random.integers(6, 360, PEOPLE),
        "public_record_count": random.poisson(0.3, PEOPLE),
        "secured_share_ratio": random.random(PEOPLE),
        "requested_term_months": random.choice([36, 60], PEOPLE),
    }
    risk = (
        -3
        + 3 * columns["revolving_utilisation_ratio"]
        + 0.5 * columns["enquiry_count_90d"]
        - 0.9 * (np.log(columns["annual_income"]) - 10.8)
        + 0.9 * columns["dpd30_count_12m"]
        + 3 * columns["loan_to_income_ratio"]
    )
    matrix = np.column_stack([columns[spec.name] for spec in SPECS]).astype(np.float64)
    return matrix, (random.random(PEOPLE) < 1 / (1 + np.exp(-risk))).astype(np.float64)


def trained(bad: Matrix) -> lgb.Booster:
    text = fit(book()[0], bad, specs=SPECS, plan=PLAN, seed=7, by_date=False).text
    return lgb.Booster(model_str=text)


def explained(model: lgb.Booster, telling: lgb.Booster) -> Explained:
    """Declined by `telling`, explained by `model`, repaired through `telling`."""
    matrix, _ = book()
    risk = np.asarray(telling.predict(matrix, raw_score=True))
    order = np.argsort(risk)
    cut = int(PEOPLE * (1 - DECLINED))
    reference, declined = matrix[order[cut - REFERENCE : cut]], matrix[order[cut::12]]
    codes, stated = current_catalogue(), []
    cases: list[tuple[Matrix, float, list[int]]] = []
    own = np.asarray(model.predict(declined, raw_score=True), dtype=np.float64)
    found = explain(tables=tabulate(model, reference), rows=declined, margins=own.tolist())
    margins = np.asarray(telling.predict(declined, raw_score=True))
    for row, margin, one in zip(declined, margins, found, strict=True):
        shares = {spec.name: share for spec, share in zip(SPECS, one.shares, strict=True)}
        groups = group_shares(shares, SPECS, codes)
        stated.append([group.name for group in rank_groups(shares=shares, specs=SPECS, codes=codes)])
        ranked = sorted(groups.shares, key=lambda name: -groups.shares[name])[:4]
        sets = [*([name] for name in ranked[:3]), ranked]
        cases += [(row, float(margin), [p for name in names for p in groups.columns[name]]) for names in sets]
    effects = repair_effects(booster=telling, reference=reference, cases=cases)
    singles = [effect for place, effect in enumerate(effects) if place % 4 != 3]
    reach = [cases[place][1] + effects[place] <= risk[order[cut]] for place in range(3, len(effects), 4)]
    return Explained(stated, sum(effect < 0 for effect in singles), len(singles), sum(reach))


@pytest.fixture(scope="module")
def telling() -> lgb.Booster:
    return trained(book()[1])


@pytest.fixture(scope="module")
def real(telling: lgb.Booster) -> Explained:
    return explained(telling, telling)


def test_decoys_do_not_become_reasons(real: Explained) -> None:
    """Never among the first three, and next to never at all.

    What is left is what the model learned of chance: it did move the score by the floor of 0.05 or more, so leaving it out
    would be untrue. The fewer such reasons, the better the model; a book of this size leaves three in a thousand.
    """
    codes = current_catalogue()
    decoys = {codes.group_of(name) for name in DECOYS}

    leading = [name for groups in real.stated for name in groups[:3] if name in decoys]
    named = [name for groups in real.stated for name in groups]
    assert leading == []
    assert len(named) > 600
    assert sum(name in decoys for name in named) <= len(named) * 0.01


def test_an_input_that_tells_would_be_seen(real: Explained) -> None:
    """The same count finds each of the telling groups: the test above does not pass because it sees nothing."""
    named = Counter(name for groups in real.stated for name in groups)

    assert all(named[current_catalogue().group_of(name) or ""] > 50 for name in TELLING)


def test_with_shuffled_labels_every_share_falls(telling: lgb.Booster, real: Explained) -> None:
    noise = trained(np.random.default_rng(5).permutation(book()[1]))

    control = explained(noise, telling)

    assert real.fell / real.tried > 0.97
    assert real.all_reach / len(real.stated) > 0.9
    assert control.fell / control.tried < 0.9
    assert control.all_reach / len(control.stated) < 0.8
    assert sum(map(len, control.stated)) < sum(map(len, real.stated)) / 2
