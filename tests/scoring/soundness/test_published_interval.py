"""The published interval of a draft's bad rate against a lender whose hidden outcomes are known to the test alone."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pytest

from scoring.simulation.inference import TURNED_DOWN, Odds, PublishedRate, published_rate
from tests.scoring.soundness.lender import draw_change, draw_people

SEED = int(os.environ.get("UW_SEED", "20261123"))
Z = 1.96


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
