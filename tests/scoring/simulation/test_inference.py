"""Known, inferred and unknowable, each where it belongs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from scoring.simulation.inference import Odds, calibrate, log_odds, published_rate

RNG = np.random.default_rng(7)
SCORED = 1 / (1 + np.exp(-RNG.normal(-2, 0.8, 4_000)))
BAD = (RNG.random(4_000) < SCORED).astype(float)
LENT = np.ones(4_000, dtype=bool)


def publish(**changes: Any) -> Any:
    values = {"probability": SCORED, "bad": BAD, "lent": LENT, "approved": LENT, **changes}
    return published_rate(**values)


def without(rows: slice) -> Any:
    bad = BAD.copy()
    bad[rows] = np.nan
    return bad


def test_where_everything_is_settled_it_is_a_count() -> None:
    rate = publish()

    assert (rate.known, rate.turned_down, rate.not_settled, rate.unknowable) == (4_000, 0, 0, 0)
    assert rate.rate == rate.best == rate.worst == BAD.mean()
    assert rate.low < BAD.mean() < rate.high


def test_people_turned_down_are_inferred_from_people_of_their_score() -> None:
    lent = LENT.copy()
    lent[:1_000] = False

    rate = publish(bad=without(slice(0, 1_000)), lent=lent, turned_down=Odds(1, 1, 1))

    assert (rate.known, rate.turned_down) == (3_000, 1_000)
    assert rate.inferred_rate == pytest.approx(SCORED[:1_000].mean(), abs=0.02)
    assert rate.low <= BAD.mean() <= rate.high
    assert rate.worst - rate.best == pytest.approx(0.25)


def test_the_higher_the_odds_assumed_the_higher_the_rate_and_the_interval_spans_the_range() -> None:
    lent = LENT.copy()
    lent[:1_000] = False
    given = {"bad": without(slice(0, 1_000)), "lent": lent}

    alike, twice, both = (
        publish(**given, turned_down=odds) for odds in (Odds(1, 1, 1), Odds(2, 2, 2), Odds(1, 1.4, 2))
    )

    assert alike.rate < both.rate < twice.rate
    assert both.low < alike.rate < twice.rate < both.high


def test_a_loan_that_is_not_settled_is_at_most_as_bad_as_its_score_says() -> None:
    rate = publish(bad=without(slice(0, 1_000)))

    assert (rate.turned_down, rate.not_settled) == (0, 1_000)
    assert rate.inferred_rate < SCORED[:1_000].mean()
    assert rate.low < BAD[1_000:].sum() / 4_000 < rate.high


def test_without_a_score_or_anybody_comparable_there_are_only_bounds() -> None:
    scored = SCORED.copy()
    scored[:100] = np.nan
    scored[100:200] = 0.999
    lent = LENT.copy()
    lent[:200] = False

    rate = publish(probability=scored, bad=without(slice(0, 200)), lent=lent)

    assert (rate.unknowable, rate.turned_down) == (200, 0)
    assert rate.high - rate.low > 200 / 4_000


def test_too_few_results_calibrate_nothing() -> None:
    rate = publish(bad=without(slice(0, 3_900)), lent=np.arange(4_000) >= 3_900)

    assert (rate.calibrated_on, rate.unknowable, rate.turned_down) == (0, 3_900, 0)
    assert (rate.rate, rate.inferred_rate) == (BAD[3_900:].mean(), None)
    assert rate.high > rate.worst - 0.01


def test_nobody_approved_has_no_rate() -> None:
    assert publish(approved=~LENT).rate is None


def test_a_score_that_is_off_is_set_right_on_what_happened() -> None:
    off = 1 / (1 + np.exp(-(log_odds(SCORED) * 0.5 - 1)))

    fit = calibrate(off, BAD == 1)

    assert fit is not None
    assert fit.line[1] == pytest.approx(2, abs=0.25)
