"""Shares of proven reasons: what is published is the worst lender's."""

from __future__ import annotations

import math

import pytest

from benchmarks.reasons.shares import Tally, gap_closed, lender_table, worst


def tally(**changes: int) -> Tally:
    made = {
        "declines": 100, "trained_on": 60, "additive": 100, "sentences": 400, "true": 400, "as_sentence": 360, "repaired": 100,
        "all_reach": 95, "lot_reach": 20, "tried": 300, "fell": 297, "suggested": 0, "flipped": 0, "shown_a_way": 45,
    } | changes  # fmt: skip
    return Tally(**made)


def test_shares_of_a_lender() -> None:
    shares = tally().shares()

    assert shares["all_repair_share"] == 0.95
    assert shares["random_repair_share"] == 0.2
    assert shares["repair_gap_closed"] == pytest.approx(0.75 / 0.8)
    assert (shares["catalogue_sentence_share"], shares["single_repair_share"]) == (0.9, 0.99)
    assert math.isnan(shares["recourse_flip_share"])


def test_the_worst_lender_is_published() -> None:
    shares = {"good": tally().shares(), "bad": tally(all_reach=80, lot_reach=40, true=399).shares()}

    assert worst("all_repair_share", shares) == pytest.approx((0.8, 0.15))
    assert worst("random_repair_share", shares) == pytest.approx((0.4, 0.2))
    assert worst("sentence_true_share", shares)[0] == 399 / 400


def test_nothing_left_to_repair_closes_no_gap() -> None:
    assert math.isnan(gap_closed(1.0, 1.0))


def test_the_table_names_every_lender_and_the_training_rows() -> None:
    shown = lender_table({"harbour": tally(), "quarry": tally(trained_on=0)})

    assert shown.splitlines()[0].split() == ["harbour", "quarry"]
    assert ["trained_on_share", "0.6000", "0.0000"] in [line.split() for line in shown.splitlines()]
    assert ["shown_a_way_share", "0.4500", "0.4500"] in [line.split() for line in shown.splitlines()]
