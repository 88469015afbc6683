"""Key factors of the simulated bureau: what counts, in which order, and never none."""

from __future__ import annotations

import pytest

from underwriting.bureau.people import SHAPE_OF_LENDER, Shape, person
from underwriting.bureau.simulator.factors import NUMBER_OF_ENQUIRIES, key_factors


@pytest.mark.parametrize(
    ("report", "told"),
    [
        ({}, ["Time since the oldest account was opened", "Number of accounts paid as agreed"]),
        ({"delinquency_30d_count_24m": {"absence": "NEVER"}, "enquiry_count_6m": 2},
         ["Time since the oldest account was opened", "Number of accounts paid as agreed", NUMBER_OF_ENQUIRIES]),
        ({"revolving_utilisation_ratio": 0.9, "delinquency_30d_count_24m": 1},
         ["Payments were late on one or more accounts", "Balances are high compared with limits on revolving accounts"]),
    ],
)  # fmt: skip
def test_what_counts_is_told_in_order(report: dict[str, object], told: list[str]) -> None:
    assert key_factors(report) == told


@pytest.mark.parametrize("shape", sorted(set(SHAPE_OF_LENDER.values())))
def test_every_generated_person_has_one_to_five_factors(shape: Shape) -> None:
    counts = {len(key_factors(person(7, index, shape).report)) for index in range(200)}

    assert counts <= {1, 2, 3, 4, 5}
