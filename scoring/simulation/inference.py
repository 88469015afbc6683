"""The bad rate of the people a policy approves, most of whom nobody lent to: what is known, what is inferred, what nobody can know.

Outcomes exist only for loans that were made, and those were not drawn by lot; and of young loans the bad ones show first. Bad is what
went bad within a window from the application, and only loans whose window is over are counted (underwriting.outcomes.known). Three
parts are kept apart:

known       a loan was made, its window is over and its result is told: counted.
inferred    no loan was made, or its window is not over, but people of a comparable score are known. The model's probability of
            default is calibrated on the known loans (a line in the log-odds, then a shift for each score band), and then the odds are
            taken `k` times: people who were turned down differ from people of the same score who were not, because whoever decided saw
            more than the score. Nobody can measure k from the lender's own data (Hand and Henley 1993, IMA J. Math. Appl. Bus. Ind.
            5:45-55), so it is an assumption, stated with the result, and its range is taken for the 95 per cent range of what k may
            be. Young loans were granted as the known ones were: nothing that became of them so far is used, good or bad.
unknowable  no score, nobody comparable is known, or the window is over and nothing was told: only bounds, nobody goes bad and
            everybody does.

Where nothing can be calibrated everybody who is not known is unknowable, there are bounds alone, and `Why` says for what reason.

The published interval adds up, as independent errors do, the range of k with the error of the calibration and the chance of the draw;
the unknowable part is added whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.simulation.calibration import (
    SETTLED_MIN,
    Bools,
    Calibration,
    Floats,
    Why,
    calibrate,
    log_odds,
    logistic,
)
from underwriting.outcomes.interval import Z_95, wilson

SILENT_MAX = 0.05  # of the loans old enough; where more are silent, those that tell are not like the rest


@dataclass(frozen=True, slots=True)
class Odds:
    """How many times the odds of people of the same score are assumed: the range, and what the single figure uses."""

    low: float
    middle: float
    high: float


TURNED_DOWN = Odds(0.9, 1.4, 2.5)
# young loans as a whole, bad ones and all: like the known ones of their score, but of another year
YOUNG = Odds(0.8, 1.0, 1.25)


@dataclass(frozen=True, slots=True)
class PublishedRate:
    """The bad rate among the people approved, in plain ratios.

    `low` to `high` is the published 95 per cent interval, `best` to `worst` what remains possible whatever one assumes.
    `inferred_rate` is the mean of the inferred part, `rate` None where there is nobody or bounds alone. `young`: lent to, and the
    window is not over. `calibrated_on`: loans, 0 for the reason `why_not`, else empty.
    """

    approved: int
    known: int
    known_bad: int
    turned_down: int
    young: int
    unknowable: int
    rate: float | None
    low: float
    high: float
    best: float
    worst: float
    inferred_rate: float | None
    odds_low: float
    odds_middle: float
    odds_high: float
    calibrated_on: int
    why_not: str


@dataclass(frozen=True, slots=True)
class _Total:
    """Expected number of bads and its variance: of the estimate, and of the draw."""

    bads: float
    variance: float


@dataclass(frozen=True, slots=True)
class _Parts:
    """By row, to which part of the approved it belongs."""

    known: Bools
    turned_down: Bools
    young: Bools
    unknowable: Bools


def published_rate(
    *,
    probability: Floats,
    bad: Floats,
    lent: Bools,
    approved: Bools,
    old_enough: Bools | None = None,
    turned_down: Odds = TURNED_DOWN,
) -> PublishedRate:
    """The bad rate of the `approved` rows.

    Args:
        probability: the model's, NaN without a score.
        bad: 1 bad within the window, 0 good, NaN where no result is told.
        lent: whether a loan was made.
        approved: whether the policy in question approves.
        old_enough: whether the window of a loan is over; None: of all.
    """
    if not approved.any():
        return _nobody(turned_down)
    told = ~np.isnan(bad)
    is_old = np.ones_like(lent) if old_enough is None else old_enough
    calibration = _calibrated(probability, bad, lent & is_old, lent)
    line = None if isinstance(calibration, Why) else calibration
    parts = _parts(line, probability, approved, lent=lent, counted=lent & is_old & told, is_old=is_old)
    totals = [
        _inferred(
            line,
            [
                (probability[parts.turned_down], getattr(turned_down, which)),
                (probability[parts.young], getattr(YOUNG, which)),
            ],
        )
        for which in ("low", "middle", "high")
    ]
    return _published(
        parts,
        totals,
        bad_known=int((bad[parts.known] == 1).sum()),
        bad_at_all=int((bad[approved] == 1).sum()),
        told=int((told & approved).sum()),
        odds=turned_down,
        calibration=calibration,
    )


def _calibrated(probability: Floats, bad: Floats, old: Bools, lent: Bools) -> Calibration | Why:
    """On the loans old enough; the reason where they do not tell, or are too few."""
    told = ~np.isnan(bad)
    silent = int((old & ~told).sum())
    if silent > SILENT_MAX * old.sum():
        return Why.SILENT
    fitted = old & told & ~np.isnan(probability)
    found = calibrate(probability[fitted], bad[fitted] == 1)
    if found is Why.FEW and (lent & ~old).sum() + fitted.sum() >= SETTLED_MIN > fitted.sum():
        return Why.YOUNG
    return found


def _parts(
    calibration: Calibration | None,
    probability: Floats,
    approved: Bools,
    *,
    lent: Bools,
    counted: Bools,
    is_old: Bools,
) -> _Parts:
    comparable = np.zeros_like(lent)
    if calibration is not None:
        scored = ~np.isnan(probability)
        x = log_odds(np.where(scored, probability, 0.5))
        comparable = scored & (x >= calibration.lowest) & (x <= calibration.highest)
    turned_down = approved & ~lent & comparable
    young = approved & lent & ~is_old & comparable
    known = approved & counted
    return _Parts(known, turned_down, young, approved & ~(known | turned_down | young))


def _published(
    parts: _Parts,
    totals: list[_Total],
    *,
    bad_known: int,
    bad_at_all: int,
    told: int,
    odds: Odds,
    calibration: Calibration | Why,
) -> PublishedRate:
    """The parts added up. `bad_at_all` and `told`: of all approved, young ones too, for what remains possible of these themselves."""
    low, middle, high = totals
    known, turned_down, young, unknowable = (
        int(part.sum()) for part in (parts.known, parts.turned_down, parts.young, parts.unknowable)
    )
    count, inferred = known + turned_down + young + unknowable, turned_down + young
    # chance also in what is counted: the next applicants are other people
    chance = wilson(bad_known, known)
    of_known = known * np.array([chance.low, chance.high]) - bad_known if known else np.zeros(2)
    below = np.hypot(np.hypot(middle.bads - low.bads, Z_95 * np.sqrt(low.variance)), of_known[0])
    above = np.hypot(np.hypot(high.bads - middle.bads, Z_95 * np.sqrt(high.variance)), of_known[1])
    bads, sayable = bad_known + middle.bads, count - unknowable
    return PublishedRate(
        approved=count,
        known=known,
        known_bad=bad_known,
        turned_down=turned_down,
        young=young,
        unknowable=unknowable,
        rate=float(bads / sayable)
        if sayable and (not unknowable or isinstance(calibration, Calibration))
        else None,
        low=float(max(0.0, (bads - below) / count)),
        high=float(min(1.0, (bads + above + unknowable) / count)),
        best=bad_at_all / count,
        worst=(bad_at_all + count - told) / count,
        inferred_rate=float(middle.bads / inferred) if inferred else None,
        odds_low=odds.low,
        odds_middle=odds.middle,
        odds_high=odds.high,
        calibrated_on=0 if isinstance(calibration, Why) else calibration.settled,
        why_not=calibration.value if isinstance(calibration, Why) else "",
    )


def _nobody(odds: Odds) -> PublishedRate:
    return PublishedRate(
        0, 0, 0, 0, 0, 0, None, 0.0, 1.0, 0.0, 1.0, None, odds.low, odds.middle, odds.high, 0, Why.FEW.value
    )


def _inferred(calibration: Calibration | None, groups: list[tuple[Floats, float]]) -> _Total:
    """Expected bads of groups at their odds. Variance: of the line and the shifts (delta method), and of independent draws."""
    if calibration is None:
        return _Total(0.0, 0.0)
    bads = draws = 0.0
    by_line = np.zeros(2)
    by_band = np.zeros(len(calibration.shift))
    for probability, times in groups:
        if len(probability) == 0:
            continue
        x = log_odds(probability)
        band = np.searchsorted(calibration.edges, x, side="right")
        expected = logistic(
            calibration.line[0] + calibration.line[1] * x + calibration.shift[band] + np.log(times)
        )
        slope = expected * (1 - expected)
        bads += float(expected.sum())
        draws += float(slope.sum())
        by_line += np.array([slope.sum(), (slope * x).sum()])
        by_band += np.bincount(band, slope, len(calibration.shift))
    of_estimate = by_line @ calibration.covariance @ by_line + (by_band**2 * calibration.shift_variance).sum()
    return _Total(bads, float(of_estimate) + draws)
