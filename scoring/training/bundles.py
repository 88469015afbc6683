"""Bundles whose rows or pool are invented people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoring.features.matrix import Matrix, feature_matrix
from scoring.registry.bundle import ModelBundle
from scoring.registry.manifest import canonical_json, sha256_of
from scoring.training.feature_sets import feature_specs
from scoring.training.mapping import DataMapping, mapping_for
from scoring.training.measures import log_odds
from scoring.training.read_rows import UNDATED, facts_of
from scoring.training.train import Sample, build_bundle
from underwriting.bureau.people import SHAPE_OF_LENDER, GeneratedPerson, Shape, person

LENDER_OF_SHAPE = {shape: lender for lender, shape in SHAPE_OF_LENDER.items()}
POOL_SEED = 20_011
POOL_PEOPLE = 5_000
TEST_SHARE = 0.2


def people_matrix(people: Sequence[GeneratedPerson], mapping: DataMapping) -> Matrix:
    """Feature rows of people, by way of the same facts as an application's."""
    asked = [column.fact for column in mapping.columns.values()]
    facts = [
        facts_of(
            stated=one.stated_party | one.stated_application,
            report=one.report,
            asked=asked,
            reference_rate_bps=mapping.model.reference_rate_bps,
            known_at=UNDATED,
        )
        for one in people
    ]
    return feature_matrix(feature_specs(mapping), facts)


def pool_matrix(mapping: DataMapping, *, seed: int = POOL_SEED, people_count: int = POOL_PEOPLE) -> Matrix:
    """A reference pool's rows: people nobody was trained on."""
    shape = SHAPE_OF_LENDER[mapping.lender]
    return people_matrix([person(seed, index, shape) for index in range(people_count)], mapping)


def train_generated(shape: Shape, *, people_count: int = 8_000, seed: int = 1) -> ModelBundle:
    """A model in seconds, for set-up without real rows. Outcomes are drawn from each person's true risk.

    A lender that states its bad rate develops on more bads than its portfolio has, as its data set does; the prior is
    corrected by what was added.
    """
    mapping = mapping_for(LENDER_OF_SHAPE[shape])
    people = [person(seed, index, shape) for index in range(people_count)]
    shift = 0.0 if mapping.stated_bad_rate is None else -log_odds(mapping.stated_bad_rate)
    bad = np.array([one.defaults(draw_seed=seed, log_odds_shift=shift) for one in people], dtype=np.float64)
    matrix = people_matrix(people, mapping)
    is_test = np.random.RandomState(seed).rand(people_count) < TEST_SHARE
    data = {
        "kind": "generated",
        "data_set": f"people of shape {shape}, population {seed}",
        "sha256": sha256_of(canonical_json([[one.identity.national_id for one in people], bad.tolist()])),
    }
    return build_bundle(
        mapping,
        Sample(matrix, bad, is_test),
        seed=seed,
        data=data,
        pool_rows=matrix,
        pool_kind="generated people",
        prior_shift=0.0 - shift,
    )
