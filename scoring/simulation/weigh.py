"""A policy laid over past applications: all that does not depend on the cut-offs, in arrays; then the outcomes at any cut-offs.

The way through is that of underwriting.policy.evaluate, which a test and every build hold this against.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.simulation.asked import at_requested
from scoring.simulation.columns import NOTHING, VALUE, Flags, Floats, Ints
from scoring.simulation.counters import Counters, counters_of
from scoring.simulation.means import Room, limits, rooms
from scoring.simulation.payments import NO_TIER, instalments, rates_of, tier_places
from scoring.simulation.store import Beat, Past, fact_of, no_beat
from scoring.simulation.verdicts import TECHNICAL, Says, worst
from underwriting.enums import Outcome
from underwriting.policy.compile import CompiledPolicy
from underwriting.policy.schema import CutOffs, PolicyDocument
from underwriting.policy.segments import in_segment

APPROVE, COUNTEROFFER, REFER, DECLINE = (outcome.severity for outcome in Outcome)


@dataclass(frozen=True)
class Weighed:
    """A policy's view of each row at the terms asked for, and the counteroffers.

    `alone`: rows that the live engine weighs. `rule_outcome`: the worst of rules and segments. `tier`: its place in the grid, or
    NO_TIER. `room`: of loans what the caps leave for a payment, of lines the limit in the row's tier. `fails_cap` and `is_missing`
    (a fact that the caps need) hold only where there is a tier. `instalment`: NOTHING for lines and without a tier.
    """

    document: PolicyDocument
    past: Past
    alone: Flags
    rule_outcome: Says
    score: Ints
    amount: Ints
    term: Ints
    probability: Floats
    tier: Ints
    room: Room
    instalment: Ints
    fails_cap: Flags
    is_missing: Flags
    counters: Counters


def weigh(policy: CompiledPolicy, past: Past, *, beat: Beat = no_beat) -> Weighed:
    """Everything about these applications that the cut-offs leave open. `beat` is called where something has to be asked anew."""
    document = policy.document
    said = [at_requested(rule, past, currency=document.currency, beat=beat) for rule in policy.rules]
    segment = _segment_answers(past, document)
    rules = worst([*said, segment], len(past))
    score, amount, term, probability = _at_requested_terms(past)
    tier = tier_places(document, score)
    room = _room(past, document, tier)
    priced = tier != NO_TIER
    has_terms = (amount != NOTHING) & (term != NOTHING) if document.line is None else ~past.odd
    alone = past.odd | (rules == TECHNICAL) | (priced & (room.is_technical | ~has_terms))
    instalment = np.full(len(past), NOTHING, dtype=np.int64)
    if document.line is None:
        rows = np.flatnonzero(priced & has_terms)
        instalment[rows] = instalments(amount[rows], rates_of(document)[tier[rows]], term[rows])
        is_over = instalment > room.most_minor
    else:
        is_over = room.most_minor == 0
    return Weighed(
        document=document,
        past=past,
        alone=alone,
        rule_outcome=rules,
        score=score,
        amount=amount,
        term=term,
        probability=probability,
        tier=tier,
        room=room,
        instalment=instalment,
        fails_cap=priced & ~room.is_missing & is_over,
        is_missing=priced & room.is_missing,
        counters=counters_of(
            policy, past, allowed=~alone & (rules != DECLINE) & (segment == APPROVE), room=room, beat=beat
        ),
    )


def _at_requested_terms(past: Past) -> tuple[Ints, Ints, Ints, Floats]:
    """Score, amount, term and probability of the first pair; NOTHING and 0 where a row has none (it is weighed alone)."""
    has_pair = np.flatnonzero(np.diff(past.pair_start) > 0)
    first = past.pair_start[:-1][has_pair]
    score, amount, term = (np.full(len(past), NOTHING, dtype=np.int64) for _ in range(3))
    probability = np.zeros(len(past))
    score[has_pair], amount[has_pair], term[has_pair] = past.pair_score[first], past.pair_amount[first], past.pair_term[first]  # fmt: skip
    probability[has_pair] = past.pair_probability[first]
    return score, amount, term, probability


def _room(past: Past, document: PolicyDocument, tier: Ints) -> Room:
    """Of loans what the caps leave for a payment; of lines the limit in the row's own tier."""
    if document.line is None:
        return rooms(past, document.affordability)
    most = np.zeros(len(past), dtype=np.int64)
    missing, technical = np.zeros(len(past), dtype=np.bool_), np.zeros(len(past), dtype=np.bool_)
    for at, one in enumerate(document.price_grid):
        rows, fitted = tier == at, limits(past, document, one)
        most[rows], missing[rows], technical[rows] = (
            fitted.most_minor[rows], fitted.is_missing[rows], fitted.is_technical[rows],
        )  # fmt: skip
    return Room(most, missing, technical)


def _segment_answers(past: Past, document: PolicyDocument) -> Says:
    """REFER where the policy does not offer the product to the channel or for the purpose."""
    if not document.segments.channels and not document.segments.purposes:
        return np.full(len(past), APPROVE, dtype=np.int8)
    values, status = fact_of(past, "purpose")
    purpose = np.where(status == VALUE, values.astype(np.str_), "")
    channels, channel = np.unique(past.channel, return_inverse=True)
    purposes, stated = np.unique(purpose, return_inverse=True)
    inside = np.array(
        [[in_segment(document, channel=str(c), purpose=str(p)) for p in purposes] for c in channels],
        dtype=np.bool_,
    ).reshape(len(channels), len(purposes))
    return np.where(inside[channel, stated], APPROVE, REFER).astype(np.int8)


def severity_at(weighed: Weighed, cut_offs: CutOffs) -> Says:
    """The outcome at the requested terms of the rows that are not weighed alone, before any counteroffer."""
    by_score = np.where(
        weighed.score >= cut_offs.approve, APPROVE, np.where(weighed.score >= cut_offs.refer, REFER, DECLINE)
    )
    by_cap = np.where(weighed.fails_cap, DECLINE, np.where(weighed.is_missing, REFER, APPROVE))
    return np.maximum(np.maximum(weighed.rule_outcome, by_score), by_cap).astype(np.int8)
