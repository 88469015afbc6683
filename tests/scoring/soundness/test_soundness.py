"""Mistakes made at random are found, each shown by a person in the live engine; sound policies raise no alarm.

Seed: UW_SEED (default 1).
"""

from __future__ import annotations

import os
import time
from functools import cache
from pathlib import Path
from typing import Any

import lightgbm as lgb
import pytest

from explanations.reason_codes.catalogue import current_catalogue, policy_codes
from scoring.registry.bundle import read_bundle
from scoring.serving.champion import Champion
from scoring.soundness import whole
from scoring.soundness.authority import authority_complaints
from scoring.soundness.whole import Setting, decide_person, fares_worse, whole_complaints
from tests.scoring.models import bundle_of, train_text
from tests.scoring.soundness.clean_policies import clean_policy
from tests.scoring.soundness.mutations import KINDS, bugs
from tests.scoring.soundness.proofs import shows
from underwriting.models import Product
from underwriting.policy.check import check_policy
from underwriting.policy.compile import compile_as_written
from underwriting.policy.schema import Complaint, Fault, parse_document

SEED = int(os.environ.get("UW_SEED", "1"))
CODES = policy_codes(current_catalogue())
HARBOUR = Path(whole.__file__).parents[1] / "models" / "harbour"
GRID = [[amount, term] for amount in (100_000, 500_000, 1_000_000) for term in (36, 60)]


def complaints(document: dict[str, Any]) -> list[Complaint]:
    """What can be said without a model."""
    return [
        *check_policy(document, reason_codes=CODES),
        *authority_complaints(parse_document(document)),
    ]


def product_of(document: dict[str, Any]) -> Product:
    return Product(kind=document["product_kind"], offer_grid=GRID, reference_rate_bps=1200)


@cache
def champion() -> tuple[Champion, Any]:
    bundle = read_bundle(HARBOUR)
    booster = lgb.Booster(model_str=bundle.text)
    return Champion.of(model_version_id=1, manifest=bundle.manifest, booster=booster), bundle.pool


def setting(document: dict[str, Any]) -> Setting:
    model, pool = champion()
    return Setting(compile_as_written(document), model, product_of(document), pool.rows, pool.points)


def hold_to_account(count: int, *, seed: int) -> int:
    """Every mistake found, every complaint shown; returns how many lie between parts of the policy."""
    made = bugs(count, seed=seed)
    assert {bug.kind for bug in made} == set(KINDS)
    for number, bug in enumerate(made):
        found = complaints(bug.document)
        hits = [c for c in found if c.fault == bug.kind and (bug.where in c.about or bug.where in c.place)]
        assert hits, (number, bug.kind, bug.where, [(c.place, c.message) for c in found])
        for complaint in found:
            assert shows(bug.document, complaint, CODES), (number, bug.kind, complaint)
    return sum(bool(bug.crosses) for bug in made)


def test_mistakes_of_twelve_kinds_are_found_and_shown_by_people() -> None:
    hold_to_account(24, seed=SEED)


def test_sound_policies_raise_no_alarm() -> None:
    for number in range(24):
        assert complaints(clean_policy(SEED * 10_000 + number)) == []


@pytest.mark.slow
def test_a_hundred_mistakes_and_a_hundred_sound_policies() -> None:
    crossing = hold_to_account(100, seed=SEED)
    assert crossing >= 30

    for number in range(100):
        document = clean_policy(SEED * 10_000 + number)
        assert complaints(document) == []
        assert whole_complaints(setting(document)) == []
    print(f"\n100 mistakes found, {crossing} of them between parts; 100 sound policies without an alarm")


def test_the_whole_decision_of_a_sound_policy_raises_no_alarm() -> None:
    for number in range(2):
        assert whole_complaints(setting(clean_policy(SEED * 10_000 + number))) == []


def test_rates_against_risk_show_on_people_of_the_pool_through_model_and_grid() -> None:
    document = clean_policy(SEED * 10_000)
    limit = document["price_grid"][0]["limit"]
    document |= {"rules": [], "affordability": None, "cut_offs": {"approve": 600, "refer": 600}}
    document["price_grid"] = [
        {"name": "A", "score_from": 690, "annual_rate_bps": 1200, "limit": limit},
        {"name": "B", "score_from": 600, "annual_rate_bps": 900, "limit": limit},
    ]
    at = setting(document)

    found = whole_complaints(at)

    assert {Fault.INCOME_HURTS, Fault.LATE_PAYMENT_HELPS} <= {complaint.fault for complaint in found}
    for complaint in found:
        assert complaint.person is not None
        assert complaint.other is not None
        assert fares_worse(decide_person(at, complaint.person), decide_person(at, complaint.other))


def test_a_model_that_scores_more_income_lower_is_found_through_the_whole_decision() -> None:
    bundle = bundle_of(train_text(reverse=True, signs=(0, 0, -1, 0)))
    booster = lgb.Booster(model_str=bundle.text)
    model = Champion.of(model_version_id=1, manifest=bundle.manifest, booster=booster)
    points = sorted(bundle.pool.points)
    document = clean_policy(SEED * 10_000)
    middle = int(points[len(points) // 2])
    document |= {"cut_offs": {"approve": middle, "refer": middle - 10}, "rules": [], "affordability": None}
    document["price_grid"] = [{"name": "A", "score_from": middle - 10, "annual_rate_bps": 1500, "limit": document["price_grid"][0]["limit"]}]  # fmt: skip
    at = Setting(
        compile_as_written(document), model, product_of(document), bundle.pool.rows, bundle.pool.points
    )

    found = [c for c in whole_complaints(at) if c.fault is Fault.INCOME_HURTS]

    assert [(c.blocks, c.about) for c in found] == [(False, ("annual_income",))]
    assert found[0].person is not None
    assert found[0].other is not None
    assert fares_worse(decide_person(at, found[0].person), decide_person(at, found[0].other))
    assert int(found[0].person.facts["annual_income"]) > int(found[0].other.facts["annual_income"])


def test_a_policy_of_200_rules_is_checked_whole() -> None:
    document = clean_policy(SEED, rules=200)
    at = setting(document)
    began = time.perf_counter()

    found = complaints(document)
    plain = time.perf_counter() - began
    found += whole_complaints(at)

    print(f"\n200 rules: {plain:.2f} s without the model, {time.perf_counter() - began:.2f} s in all")
    assert len(document["rules"]) == 200
    assert found == []


def test_a_complaint_keeps_what_it_says_when_it_is_stored() -> None:
    bug = bugs(12, seed=SEED)[8]

    found = complaints(bug.document)

    assert [Complaint.from_json(complaint.to_json()) for complaint in found] == found
