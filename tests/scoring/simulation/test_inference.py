"""Known, inferred and unknowable, each where it belongs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from scoring.simulation import calibration
from scoring.simulation.calibration import Calibration, Why, calibrate, log_odds, logistic
from scoring.simulation.inference import Odds, published_rate
from underwriting.outcomes.interval import wilson

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

    assert (rate.known, rate.turned_down, rate.young, rate.unknowable) == (4_000, 0, 0, 0)
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


def test_young_loans_are_inferred_whatever_became_of_them_so_far() -> None:
    old = np.arange(4_000) >= 1_000
    early = BAD.copy()
    early[:1_000][BAD[:1_000] == 0] = np.nan  # of the young ones those that went bad are told first

    rate = publish(bad=early, old_enough=old)

    assert (rate.known, rate.turned_down, rate.young, rate.calibrated_on) == (3_000, 0, 1_000, 3_000)
    silent = publish(bad=without(slice(0, 1_000)), old_enough=old)
    assert (rate.rate, rate.low, rate.high) == (silent.rate, silent.low, silent.high)
    assert rate.low <= BAD.mean() <= rate.high
    assert (rate.best, rate.worst) == (BAD.mean(), BAD.mean() + np.isnan(early).mean())


def test_where_old_loans_are_silent_there_are_only_bounds() -> None:
    few, many = publish(bad=without(slice(0, 200))), publish(bad=without(slice(0, 201)))

    assert (few.calibrated_on, few.unknowable, few.why_not) == (3_800, 200, "")
    assert (many.calibrated_on, many.unknowable, many.why_not) == (0, 201, Why.SILENT)
    assert (few.rate, many.rate) == (BAD[200:].mean(), None)


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
    lent = np.arange(4_000) >= 3_900

    rate = publish(bad=without(slice(0, 3_900)), lent=lent)

    assert (rate.calibrated_on, rate.unknowable, rate.turned_down, rate.why_not) == (0, 3_900, 0, Why.FEW)
    assert (rate.rate, rate.inferred_rate) == (None, None)
    assert rate.low < rate.best
    assert rate.high > rate.worst - 0.01


def test_where_they_would_be_enough_if_they_were_older_that_is_the_reason() -> None:
    rate = publish(old_enough=np.arange(4_000) >= 3_900)

    assert (rate.calibrated_on, rate.unknowable, rate.why_not) == (0, 3_900, Why.YOUNG)
    assert rate.rate is None


def test_nobody_approved_has_no_rate() -> None:
    assert publish(approved=~LENT).rate is None


def test_a_score_that_is_off_is_set_right_on_what_happened() -> None:
    off = 1 / (1 + np.exp(-(log_odds(SCORED) * 0.5 - 1)))

    fit = calibrate(off, BAD == 1)

    assert isinstance(fit, Calibration)
    assert fit.line[1] == pytest.approx(2, abs=0.25)


@pytest.mark.parametrize("times", [4.5, 7.4, 20, 55])
def test_a_line_is_found_however_much_worse_than_their_scores_people_are(times: float) -> None:
    draw = np.random.default_rng(3)
    scored = logistic(draw.normal(-3.2, 0.8, 2_000))
    true = logistic(log_odds(scored) + np.log(times))
    bad = draw.random(2_000) < true

    fit = calibrate(scored, bad)
    people = np.concatenate([scored, scored])
    lent = np.arange(4_000) < 2_000
    rate = published_rate(
        probability=people,
        bad=np.concatenate([bad, np.full(2_000, np.nan)]),
        lent=lent,
        approved=~lent,
        turned_down=Odds(1, 1, 1),
    )

    assert isinstance(fit, Calibration)
    assert fit.line == pytest.approx([np.log(times), 1], abs=0.7)
    assert rate.rate == pytest.approx(true.mean(), abs=0.05)
    assert rate.low < true.mean() < rate.high
    assert rate.high - rate.low > 0.02


def test_a_score_that_tells_bad_from_good_without_a_mistake_has_no_line() -> None:
    assert calibrate(SCORED, SCORED > 0.3) is Why.NO_LINE


def test_without_a_line_there_are_only_bounds_and_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "STEPS_MAX", 2)
    lent = np.arange(4_000) >= 1_000
    scored = 1 / (1 + np.exp(-(log_odds(SCORED) * 0.5 - 1)))

    rate = publish(probability=scored, bad=without(slice(0, 1_000)), lent=lent)

    assert (rate.why_not, rate.calibrated_on, rate.rate, rate.unknowable) == (Why.NO_LINE, 0, None, 1_000)
    assert rate.low < rate.best
    assert rate.high > rate.worst


@pytest.mark.parametrize(("bad", "of"), [(0, 60), (1, 60), (30, 60), (60, 60)])
def test_what_is_known_has_the_interval_of_a_share(bad: int, of: int) -> None:
    rate = publish(
        probability=np.full(of, 0.05),
        bad=(np.arange(of) < bad).astype(float),
        lent=np.ones(of, dtype=bool),
        approved=np.ones(of, dtype=bool),
    )

    share = wilson(bad, of)
    assert (rate.rate, rate.low, rate.high) == pytest.approx((bad / of, share.low, share.high))


def test_the_halves_of_what_is_known_are_not_the_same_on_both_sides() -> None:
    lent = np.arange(4_000) >= 1_000
    approved = np.arange(4_000) < 1_060  # a thousand inferred ones and sixty known ones, none of them bad
    bad = without(slice(0, 1_000))
    bad[1_000:1_060] = 0

    rate = publish(bad=bad, lent=lent, approved=approved, turned_down=Odds(1, 1, 1))
    inferred = publish(bad=bad, lent=lent, approved=~lent, turned_down=Odds(1, 1, 1))

    above = np.hypot(1_000 * (inferred.high - inferred.rate), 60 * wilson(0, 60).high)
    assert rate.low == pytest.approx(1_000 / 1_060 * inferred.low)
    assert rate.high == pytest.approx((1_000 * inferred.rate + above) / 1_060)
