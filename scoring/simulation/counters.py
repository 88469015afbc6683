"""The counteroffers that each past application could get, by the approve cut-offs at which it would."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

import numpy as np

from scoring.simulation.asked import at_pairs
from scoring.simulation.columns import Flags, Floats, Ints
from scoring.simulation.means import Room
from scoring.simulation.pairs import Pairs, pairs_of
from scoring.simulation.payments import NO_TIER, instalments, rates_of, tier_places
from scoring.simulation.store import Beat, Past
from underwriting.enums import Outcome
from underwriting.policy.compile import CompiledPolicy
from underwriting.policy.schema import PolicyDocument

UNDER_ALL = -1_000_000  # a cut-off below every score


@dataclass(frozen=True)
class Counters:
    """A counteroffer is made while the approve cut-off is over `over` and at most `upto`. `row` never falls; money in minor units."""

    row: Ints
    over: Ints
    upto: Ints
    amount: Ints
    term: Ints
    tier: Ints
    instalment: Ints
    probability: Floats


def counters_of(policy: CompiledPolicy, past: Past, *, allowed: Flags, room: Room, beat: Beat) -> Counters:
    """Of the rows that are `allowed` one: every pair that would be chosen at some approve cut-off.

    Within the policy's bounds, no rule against it at its own terms, and its payment within the caps' room.
    """
    document, pairs = policy.document, pairs_of(past)
    bounds = document.counteroffer
    able = np.full(len(pairs.row), bounds.allowed and document.line is None)
    if able.any():
        able &= allowed[pairs.row] & (pairs.amount >= _smallest(document, past)[pairs.row])
        if bounds.terms_months:
            able &= np.isin(pairs.term, bounds.terms_months)
        for rule in policy.rules:
            said = at_pairs(rule, past, pairs, currency=document.currency, beat=beat)
            able &= said == Outcome.APPROVE.severity
    tier = tier_places(document, pairs.score)
    at = np.flatnonzero(able & (tier != NO_TIER) & ~room.is_missing[pairs.row])
    payment = instalments(pairs.amount[at], rates_of(document)[tier[at]], pairs.term[at])
    fits = payment <= room.most_minor[pairs.row[at]]
    return _chosen_at_some_cut_off(pairs, tier, at[fits], payment[fits])


def _smallest(document: PolicyDocument, past: Past) -> Ints:
    """The smallest amount that a counteroffer to each row may be."""
    bounds = document.counteroffer
    share = Decimal(str(bounds.minimum_share_of_requested))
    asked = past.pair_amount[np.minimum(past.pair_start[:-1], len(past.pair_amount) - 1)]
    distinct, place = np.unique(asked, return_inverse=True)
    least = [
        max(bounds.minimum_amount_minor, int((share * int(amount)).to_integral_value(rounding=ROUND_CEILING)))
        for amount in distinct
    ]
    return np.array(least, dtype=np.int64)[place]


def _chosen_at_some_cut_off(pairs: Pairs, tier: Ints, at: Ints, payment: Ints) -> Counters:
    """Of each row those whose score is above that of every pair before them: the first that reaches a cut-off is chosen there."""
    row, score = pairs.row[at], pairs.score[at]
    rank = (
        row * 100_000 + score
    )  # scores lie within 5,000 of 0, so a row's ranks lie above those of the rows before
    before = np.concatenate(([np.iinfo(np.int64).min], np.maximum.accumulate(rank)[:-1])) if len(at) else rank
    is_first = np.ones(len(at), dtype=np.bool_)
    is_first[1:] = row[1:] != row[:-1]
    over = np.where(is_first, UNDER_ALL, before - row * 100_000)
    chosen = np.flatnonzero(rank > before)
    places = at[chosen]
    return Counters(
        row=row[chosen],
        over=over[chosen],
        upto=score[chosen],
        amount=pairs.amount[places],
        term=pairs.term[places],
        tier=tier[places],
        instalment=payment[chosen],
        probability=pairs.probability[places],
    )
