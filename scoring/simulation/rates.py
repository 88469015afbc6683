"""The highest yearly rate at which each loan's payment fits the caps: what answers an edit of a price."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoring.simulation.columns import MAX_BPS, Flags, Floats, Ints
from scoring.simulation.payments import NO_CAP, instalments
from scoring.simulation.weigh import Weighed

NONE_FITS = -1


def fits_up_to(weighed: Weighed, exact_bps: Sequence[int], near_bps: Sequence[int]) -> Ints:
    """Of all these rates the highest that fits, NONE_FITS where none does.

    Held against an `exact_bps` the answer is exact; the others lie between these and are compared by an unrounded payment.
    """
    exact = sorted(set(exact_bps))
    highest = max(*exact, *near_bps)
    stated = (weighed.amount > 0) & (weighed.term > 0)
    most = weighed.room.most_minor
    found = np.full(len(most), NONE_FITS, dtype=np.int64)
    found[stated & (most == NO_CAP)] = MAX_BPS
    capped = stated & (most != NO_CAP)
    above = np.full(len(most), highest + 1, dtype=np.int64)  # the next exact rate, which does not fit
    open_rows: Flags = capped.copy()
    for rate in exact:
        rows = np.flatnonzero(open_rows)
        fits = instalments(weighed.amount[rows], np.full(len(rows), rate), weighed.term[rows]) <= most[rows]
        found[rows[fits]] = rate
        above[rows[~fits]] = rate
        open_rows[rows[~fits]] = False
    for rate in sorted(near_bps):
        rows = np.flatnonzero(capped & (found < rate) & (rate < above))
        fits = _payment(weighed.amount[rows], rate, weighed.term[rows]) <= most[rows]
        found[rows[fits]] = rate
    return found


def _payment(amount: Ints, rate_bps: int, term: Ints) -> Floats:
    monthly = rate_bps / 120_000
    if not monthly:
        return amount / term
    return np.asarray(amount * monthly / (1 - (1 + monthly) ** -term.astype(np.float64)))
