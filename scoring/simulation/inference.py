"""The bad rate of the people a policy approves, most of whom nobody lent to: what is known, what is inferred, what nobody can know.

Outcomes exist only for loans that were made, and those were not drawn by lot. Three parts are kept apart:

known       a loan was made and is settled: counted.
inferred    no loan was made, or it is not settled, but people of a comparable score are known. The model's probability of default is
            calibrated on the settled loans (a line in the log-odds, then a shift for each score band), and then the odds are taken `k`
            times: people who were turned down differ from people of the same score who were not, because whoever decided saw more than
            the score. Nobody can measure k from the lender's own data (Hand and Henley 1993, IMA J. Math. Appl. Bus. Ind. 5:45-55), so it is
            an assumption, stated with the result, and its range is taken for the 95 per cent range of what k may be.
unknowable  no score, or nobody comparable is known: only bounds, nobody goes bad and everybody does.

The published interval adds up, as independent errors do, the range of k with the error of the calibration and the chance of the draw;
the unknowable part is added whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from underwriting.outcomes.interval import Z_95

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BANDS = 8
BAND_SETTLED_MIN = 100  # below, a band says less than the line through all
SHIFT_SPREAD = 0.25  # how far a band may stray from the line, as a standard deviation in log-odds
COMPARABLE_LOG_ODDS = 1.0  # beyond the safest and the riskiest settled loans nobody is comparable
SETTLED_MIN = 200  # and
BAD_MIN = 20  # below these there is no calibration at all
RIDGE = 1e-6
STEPS_MAX = 50
STEP_ENOUGH = 1e-10


@dataclass(frozen=True, slots=True)
class Odds:
    """How many times the odds of people of the same score are assumed: the range, and what the single figure uses."""

    low: float
    middle: float
    high: float


TURNED_DOWN = Odds(0.9, 1.4, 2.5)
# a loan that is not settled has been paid so far: at most as likely to go bad as settled ones of its score
NOT_SETTLED = Odds(0.0, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class PublishedRate:
    """The bad rate among the people approved, in plain ratios.

    `low` to `high` is the published 95 per cent interval, `best` to `worst` what remains possible whatever one assumes.
    `inferred_rate` is the mean of the inferred part; `settled_rate` that of the known one. None where a part is empty.
    """

    approved: int
    known: int
    known_bad: int
    turned_down: int
    not_settled: int
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

    @property
    def settled_rate(self) -> float | None:
        return self.known_bad / self.known if self.known else None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Log-odds of going bad = `line` on (1, log-odds of the model), plus a shift for each score band with its variance.

    `edges` divide the settled loans; whoever is outside [`lowest`, `highest`] has nobody comparable.
    """

    line: Floats
    covariance: Floats
    edges: Floats
    shift: Floats
    shift_variance: Floats
    lowest: float
    highest: float
    settled: int


@dataclass(frozen=True, slots=True)
class _Total:
    """Expected number of bads and its variance: of the estimate, and of the draw."""

    bads: float
    variance: float


def log_odds(probability: Floats) -> Floats:
    inside = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.log(inside / (1 - inside))


def _logistic(x: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-np.clip(x, -35, 35)))


def calibrate(probability: Floats, bad: Bools) -> Calibration | None:
    """Fit the settled loans; None where they are too few. Newton's method on the log-likelihood."""
    if len(bad) < SETTLED_MIN or min(bad.sum(), (~bad).sum()) < BAD_MIN:
        return None
    x = log_odds(probability)
    design = np.column_stack([np.ones_like(x), x])
    line = np.array([0.0, 1.0])
    for _ in range(STEPS_MAX):
        expected = _logistic(design @ line)
        weight = expected * (1 - expected)
        information = design.T @ (design * weight[:, None]) + RIDGE * np.eye(2)
        step = np.linalg.solve(information, design.T @ (bad - expected))
        line = line + step
        if np.abs(step).max() < STEP_ENOUGH:
            break
    expected = _logistic(design @ line)
    weight = expected * (1 - expected)
    covariance = np.linalg.inv(design.T @ (design * weight[:, None]) + RIDGE * np.eye(2))
    edges = np.quantile(x, np.linspace(0, 1, max(2, min(BANDS, len(x) // BAND_SETTLED_MIN)) + 1))[1:-1]
    band = np.searchsorted(edges, x, side="right")
    size = len(edges) + 1
    certainty = np.bincount(band, weight, size) + 1 / SHIFT_SPREAD**2
    shift = np.bincount(band, bad - expected, size) / certainty
    return Calibration(
        line=line,
        covariance=covariance.astype(np.float64),
        edges=edges,
        shift=shift,
        shift_variance=1 / certainty,
        lowest=float(x.min()) - COMPARABLE_LOG_ODDS,
        highest=float(x.max()) + COMPARABLE_LOG_ODDS,
        settled=len(x),
    )


def published_rate(
    *,
    probability: Floats,
    bad: Floats,
    lent: Bools,
    approved: Bools,
    turned_down: Odds = TURNED_DOWN,
) -> PublishedRate:
    """The bad rate of the `approved` rows.

    Args:
        probability: the model's, NaN without a score.
        bad: 1 bad, 0 good, NaN where no loan is settled.
        lent: whether a loan was made.
        approved: whether the policy in question approves.
    """
    known = ~np.isnan(bad)
    scored = ~np.isnan(probability)
    fitted = known & scored
    calibration = calibrate(probability[fitted], bad[fitted] == 1)
    comparable = np.zeros_like(known)
    if calibration is not None:
        x = log_odds(np.where(scored, probability, 0.5))
        comparable = scored & (x >= calibration.lowest) & (x <= calibration.highest)
    open_loans = approved & ~known & comparable & lent
    refused = approved & ~known & comparable & ~lent
    unknowable = int((approved & ~known & ~comparable).sum())
    count, settled = int(approved.sum()), int((approved & known).sum())
    known_bad = int((bad[approved & known] == 1).sum())
    inferred = int(open_loans.sum() + refused.sum())
    if count == 0:
        return _nobody(turned_down)
    totals = {
        which: _inferred(
            calibration,
            [
                (probability[refused], getattr(turned_down, which)),
                (probability[open_loans], getattr(NOT_SETTLED, which)),
            ],
        )
        for which in ("low", "middle", "high")
    }
    # chance also in what is counted: the next applicants are other people
    share = known_bad / settled if settled else 0.0
    of_known = settled * share * (1 - share)
    middle = known_bad + totals["middle"].bads
    below = np.hypot(
        totals["middle"].bads - totals["low"].bads, Z_95 * np.sqrt(of_known + totals["low"].variance)
    )
    above = np.hypot(
        totals["high"].bads - totals["middle"].bads, Z_95 * np.sqrt(of_known + totals["high"].variance)
    )
    low, high = middle - below, middle + above + unknowable
    sayable = count - unknowable
    return PublishedRate(
        approved=count,
        known=settled,
        known_bad=known_bad,
        turned_down=int(refused.sum()),
        not_settled=int(open_loans.sum()),
        unknowable=unknowable,
        rate=float((known_bad + totals["middle"].bads) / sayable) if sayable else None,
        low=float(max(0.0, low / count)),
        high=float(min(1.0, high / count)),
        best=known_bad / count,
        worst=(known_bad + count - settled) / count,
        inferred_rate=float(totals["middle"].bads / inferred) if inferred else None,
        odds_low=turned_down.low,
        odds_middle=turned_down.middle,
        odds_high=turned_down.high,
        calibrated_on=0 if calibration is None else calibration.settled,
    )


def _nobody(odds: Odds) -> PublishedRate:
    return PublishedRate(
        0, 0, 0, 0, 0, 0, None, 0.0, 1.0, 0.0, 1.0, None, odds.low, odds.middle, odds.high, 0
    )


def _inferred(calibration: Calibration | None, groups: list[tuple[Floats, float]]) -> _Total:
    """Expected bads of groups at their odds. Variance: of the line and the shifts (delta method), and of independent draws."""
    if calibration is None:
        return _Total(0.0, 0.0)
    bads = draws = 0.0
    by_line = np.zeros(2)
    by_band = np.zeros(len(calibration.shift))
    for probability, times in groups:
        if times == 0 or len(probability) == 0:
            continue
        x = log_odds(probability)
        band = np.searchsorted(calibration.edges, x, side="right")
        expected = _logistic(
            calibration.line[0] + calibration.line[1] * x + calibration.shift[band] + np.log(times)
        )
        slope = expected * (1 - expected)
        bads += float(expected.sum())
        draws += float(slope.sum())
        by_line += np.array([slope.sum(), (slope * x).sum()])
        by_band += np.bincount(band, slope, len(calibration.shift))
    of_estimate = by_line @ calibration.covariance @ by_line + (by_band**2 * calibration.shift_variance).sum()
    return _Total(bads, float(of_estimate) + draws)
