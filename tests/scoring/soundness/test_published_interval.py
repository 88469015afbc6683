"""The published interval of a draft's bad rate against a lender whose hidden outcomes are known to the test alone.

Once where every loan is old enough, and once with a portfolio of loans of several ages, of which the bad ones show first.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pytest

from scoring.simulation.calibration import Why
from scoring.simulation.inference import TURNED_DOWN, Odds, PublishedRate, published_rate
from tests.scoring.soundness.lender import draw_change, draw_people, draw_told

SEED = int(os.environ.get("UW_SEED", "20261123"))
Z = 1.96
AGES = [(0, 36), (3, 30), (6, 20), (13, 60)]  # months


@dataclass
class Trials:
    """What happened over many policy changes; shares of the changes, and medians in ratios."""

    covered: float
    covered_without_unknown: float
    covered_as_if_alike: float
    width: float
    bounds: float


def known_only(rate: PublishedRate) -> tuple[float, float]:
    """What somebody would publish who dropped everybody without a result: the score interval, written out."""
    n, p = rate.known, rate.known_bad / rate.known
    half = Z * np.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    middle = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    return middle - half, middle + half


def run(changes: int, seed: int = SEED) -> Trials:
    draw = np.random.default_rng(seed)
    covered, naive, alike, widths, bounds = [], [], [], [], []
    for _ in range(changes):
        people = draw_people(draw)
        live, draft = draw_change(draw, people)
        lent, approved = live.approves(people), draft.approves(people)
        bad = np.where(
            lent, people.bad.astype(float), np.nan
        )  # seen for those whom the policy in force approved, and for nobody else
        truth = people.bad[approved].mean()

        rate, as_if = (
            published_rate(
                probability=people.probability, bad=bad, lent=lent, approved=approved, turned_down=odds
            )
            for odds in (TURNED_DOWN, Odds(1, 1, 1))
        )
        low, high = known_only(rate)
        covered.append(rate.low <= truth <= rate.high)
        naive.append(low <= truth <= high)
        alike.append(as_if.low <= truth <= as_if.high)
        widths.append(rate.high - rate.low)
        bounds.append(rate.worst - rate.best)
        assert rate.best <= truth <= rate.worst
    return Trials(
        float(np.mean(covered)),
        float(np.mean(naive)),
        float(np.mean(alike)),
        float(np.median(widths)),
        float(np.median(bounds)),
    )


def hold(trials: Trials) -> None:
    print(
        f"\ncovered {trials.covered:.1%}, without the unknown {trials.covered_without_unknown:.1%}, as if those turned down were alike "
        f"{trials.covered_as_if_alike:.1%}; median width {trials.width:.2%}, best to worst {trials.bounds:.2%}"
    )
    assert trials.covered >= 0.93
    assert trials.covered_without_unknown <= 0.80
    assert trials.width <= 0.03
    assert trials.width <= trials.bounds / 2


def test_a_few_policy_changes() -> None:
    hold(run(30))


@pytest.mark.slow
def test_two_hundred_policy_changes() -> None:
    hold(run(200))


@dataclass
class Aged:
    """As Trials; `covered_as_told` counts young loans as well, wherever a result is told."""

    covered: float
    covered_as_told: float
    width: float
    bounds: float
    published: float


def run_aged(changes: int, months: tuple[float, float], seed: int = SEED) -> Aged:
    draw = np.random.default_rng(seed)
    covered, as_told, widths, bounds, published = [], [], [], [], []
    for _ in range(changes):
        people = draw_people(draw)
        live, draft = draw_change(draw, people)
        lent, approved = live.approves(people), draft.approves(people)
        told = draw_told(draw, people, months)
        bad = np.where(lent, told.bad, np.nan)
        truth = people.bad[approved].mean()

        given = {"probability": people.probability, "bad": bad, "approved": approved}
        rate = published_rate(**given, lent=lent, old_enough=told.old_enough)
        naive = published_rate(**given, lent=lent & ~np.isnan(bad))
        covered.append(rate.low <= truth <= rate.high)
        as_told.append(naive.low <= truth <= naive.high)
        widths.append(rate.high - rate.low)
        bounds.append(rate.worst - rate.best)
        published.append(rate.rate is not None)
        assert rate.best <= truth <= rate.worst
    return Aged(
        float(np.mean(covered)),
        float(np.mean(as_told)),
        float(np.median(widths)),
        float(np.median(bounds)),
        float(np.mean(published)),
    )


def hold_aged(aged: Aged, months: tuple[float, float]) -> None:
    print(
        f"\n{months[0]} to {months[1]} months old: covered {aged.covered:.1%}, counting young loans {aged.covered_as_told:.1%}; "
        f"median width {aged.width:.2%}, best to worst {aged.bounds:.2%}"
    )
    assert aged.published == 1
    assert aged.covered >= 0.93
    assert aged.width <= aged.bounds / 2


@pytest.mark.parametrize("months", AGES)
def test_a_few_policy_changes_where_some_loans_are_young(months: tuple[float, float]) -> None:
    hold_aged(run_aged(30, months), months)


@pytest.mark.slow
@pytest.mark.parametrize("months", AGES)
def test_two_hundred_policy_changes_where_some_loans_are_young(months: tuple[float, float]) -> None:
    aged = run_aged(200, months)
    hold_aged(aged, months)
    if months[0] < 12:
        assert aged.covered_as_told <= 0.80


def test_of_young_loans_alone_nothing_is_published_but_bounds() -> None:
    draw = np.random.default_rng(SEED)
    people = draw_people(draw)
    live, draft = draw_change(draw, people)
    lent, approved = live.approves(people), draft.approves(people)
    told = draw_told(draw, people, (3, 13.9))

    rate = published_rate(
        probability=people.probability,
        bad=np.where(lent, told.bad, np.nan),
        lent=lent,
        approved=approved,
        old_enough=told.old_enough,
    )

    assert (rate.rate, rate.calibrated_on, rate.why_not) == (None, 0, Why.YOUNG)
    assert rate.low <= rate.best <= people.bad[approved].mean() <= rate.worst <= rate.high
