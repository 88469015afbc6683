"""Tiers and instalments of many applications: the live instalment, asked once for each distinct amount, rate and term."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from scoring.simulation.columns import Ints
from underwriting.facts.arithmetic import instalment_minor
from underwriting.policy.schema import PolicyDocument

NO_TIER = -1
KEPT_INSTALMENTS = 200_000

_instalment = lru_cache(maxsize=KEPT_INSTALMENTS)(instalment_minor)


def tier_places(document: PolicyDocument, score: Ints) -> Ints:
    """The place of each score's tier in the grid: the first that it reaches; NO_TIER below all."""
    place = np.full(len(score), NO_TIER, dtype=np.int64)
    for at, tier in reversed(list(enumerate(document.price_grid))):
        place[score >= tier.score_from] = at
    return place


def rates_of(document: PolicyDocument) -> Ints:
    """Yearly rates of the tiers, basis points."""
    return np.array([tier.annual_rate_bps for tier in document.price_grid], dtype=np.int64)


def instalments(amount: Ints, rate_bps: Ints, term: Ints) -> Ints:
    """The live instalment of each row. All three of one length, terms of a month and more."""
    _, amounts = np.unique(amount, return_inverse=True)
    codes = (amounts.astype(np.int64) * 100_001 + rate_bps) * 601 + term
    _, first, place = np.unique(codes, return_index=True, return_inverse=True)
    distinct = [_instalment(int(amount[i]), int(rate_bps[i]), int(term[i])) for i in first]
    return np.array(distinct, dtype=np.int64)[place]
