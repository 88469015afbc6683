"""Published rates: by lender and by the lender's month, with small numbers as they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from explanations.fidelity import MonthOfProofs, Rate, failed_proofs, fidelity, why_held
from explanations.models import Proof
from explanations.proof import FailedTest, ProofTest
from tests.factories import make_application, make_assessment, make_lender, make_product
from tests.factories.proving import make_proof
from underwriting.enums import Outcome
from underwriting.models import Lender, Product

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def product() -> Product:
    return make_product(make_lender(time_zone="America/New_York"))


def proof(
    product: Product, *, at: datetime = NOW, outcome: Outcome = Outcome.DECLINE, **results: Any
) -> Proof:
    assessment = make_assessment(make_application(product), outcome=outcome)
    return make_proof(assessment, at=at, **results)


def rates(month: MonthOfProofs) -> dict[str, tuple[int, int]]:
    return {measure.name: (measure.rate.part, measure.rate.whole) for measure in month.measures}


def test_nothing_proven_is_no_month(product: Product) -> None:
    assert fidelity(product.lender, now=NOW) == []
    assert list(failed_proofs(product.lender)) == []


def test_a_month_counts_each_test(product: Product) -> None:
    proof(product)
    proof(product, reaches=False, effects=(-0.5, 0.1, -0.3, 0.2), margin=0.01, ties=(("a", "b"),))
    proof(product, sentences=("neutral",) * 4, failed=[FailedTest(ProofTest.DIRECTION, "The other side.")])

    (month,) = fidelity(product.lender, now=NOW)

    assert (month.month.isoformat(), month.count, month.held, month.ties, month.near_ties) == (
        "2026-11-01", 3, 1, 1, 1,
    )  # fmt: skip
    assert rates(month) == {
        "additive": (3, 3),
        "direction": (2, 3),
        "null": (3, 3),
        "truth": (3, 3),
        "omitted": (3, 3),
        "single_repair": (8, 9),
        "all_repair": (2, 3),
        "lot_repair": (0, 3),
        "sentence": (6, 12),
    }
    assert month.gap_closed is None


def test_the_gap_is_closed_against_groups_by_lot(product: Product) -> None:
    for number in range(40):
        proof(product, reaches=number < 38, by_lot=number < 10)

    (month,) = fidelity(product.lender, now=NOW)

    assert month.gap_closed == pytest.approx((38 - 10) / (40 - 10))
    assert not month.is_gap_low


def test_months_are_those_where_the_lender_is(product: Product) -> None:
    proof(product, at=datetime(2026, 11, 1, 3, 0, tzinfo=UTC))  # still October in New York
    proof(product, at=datetime(2026, 11, 1, 5, 0, tzinfo=UTC))
    proof(product, at=NOW - timedelta(days=500))

    assert [(m.month.isoformat(), m.count) for m in fidelity(product.lender, now=NOW)] == [
        ("2026-11-01", 1), ("2026-10-01", 1),
    ]  # fmt: skip


def test_referrals_and_other_lenders_are_not_counted(product: Product) -> None:
    proof(product, outcome=Outcome.REFER)
    elsewhere = make_product(make_lender("northgate"))
    proof(elsewhere, failed=[FailedTest(ProofTest.NULL, "Not on file.")])

    assert fidelity(product.lender, now=NOW) == []
    assert list(failed_proofs(product.lender)) == []


def test_what_failed_is_said_once(product: Product) -> None:
    same = FailedTest(ProofTest.TRUTH, "The figure printed is not the one on file.")
    held = proof(product, failed=[same, same])

    assert list(failed_proofs(product.lender)) == [held]
    assert why_held(held) == (same.sentence,)
    assert held.failed == ["truth"]


def test_the_months_are_one_query(product: Product, django_assert_num_queries: Any) -> None:
    lender = Lender.objects.get(pk=product.lender_id)
    for count in (1, 3):
        while Proof.objects.count() < count:
            proof(product)
        with django_assert_num_queries(1):
            fidelity(lender, now=NOW)


@pytest.mark.parametrize(
    ("rate", "words", "is_low"),
    [
        (Rate(0, 0, 0.9), "none yet", False),
        (Rate(3, 11, 0.9), "3 of 11", False),
        (Rate(29, 29, 1), "29 of 29", False),
        (Rate(28, 29, 1), "28 of 29", True),
        (Rate(30, 30, 1), "100%", False),
        (Rate(9_999, 10_000, 1), "99.9%", True),
        (Rate(899, 1_000, 0.9), "89.9%", True),
        (Rate(900, 1_000, 0.9), "90%", False),
        (Rate(1, 1_000), "0.1%", False),
    ],
)
def test_a_rate_in_words(rate: Rate, words: str, is_low: bool) -> None:
    assert (rate.words, rate.is_low) == (words, is_low)
