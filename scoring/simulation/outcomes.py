"""What a policy makes of each past application: outcome, offer, expected loss and interest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scoring.simulation.alone import results_alone
from scoring.simulation.columns import NOTHING, Floats, Ints
from scoring.simulation.payments import rates_of
from scoring.simulation.store import Beat, Past, no_beat
from scoring.simulation.verdicts import Says
from scoring.simulation.weigh import APPROVE, COUNTEROFFER, DECLINE, Weighed, severity_at, weigh
from underwriting.enums import Outcome
from underwriting.outcomes.losses import ASSUMED_SHARE
from underwriting.policy.compile import CompiledPolicy
from underwriting.policy.schema import CutOffs
from underwriting.policy.types import Offer, PolicyResult

LEFT_OUT = -1
OUTCOMES = tuple(Outcome)  # by severity


@dataclass(frozen=True)
class Outcomes:
    """By row. `severity`: the outcome's, or LEFT_OUT. Money in minor units, of what is offered; NOTHING, and 0 of loss and interest, where nothing is."""

    policy: CompiledPolicy
    severity: Says
    amount: Ints
    term: Ints
    tier: Ints
    instalment: Ints
    expected_loss: Ints
    interest: Ints

    def result(self, row: int) -> tuple[Outcome, Offer | None]:
        """Outcome and offer of a row, as the live engine gives them. Raises ValueError for a row that is left out."""
        if self.severity[row] == LEFT_OUT:
            raise ValueError("this past application could not be weighed")
        outcome = OUTCOMES[self.severity[row]]
        if self.amount[row] == NOTHING:
            return outcome, None
        tier = self.policy.document.price_grid[int(self.tier[row])]
        term, instalment = int(self.term[row]), int(self.instalment[row])
        return outcome, Offer(
            int(self.amount[row]),
            None if term == NOTHING else term,
            tier.annual_rate_bps,
            None if instalment == NOTHING else instalment,
            tier.name,
        )


def simulate(
    policy: CompiledPolicy, past: Past, *, loss_share: float = ASSUMED_SHARE, beat: Beat = no_beat
) -> Outcomes:
    """The outcome and offer of each row under this policy, equal to those of `evaluate` on its case."""
    weighed = weigh(policy, past, beat=beat)
    alone = results_alone(policy, past, np.flatnonzero(weighed.alone), beat=beat)
    return outcomes_at(policy, weighed, alone, policy.document.cut_offs, loss_share=loss_share)


def outcomes_at(
    policy: CompiledPolicy,
    weighed: Weighed,
    alone: Mapping[int, PolicyResult | None],
    cut_offs: CutOffs,
    *,
    loss_share: float,
) -> Outcomes:
    """Rows weighed together at these cut-offs, and those weighed alone as they were."""
    severity = severity_at(weighed, cut_offs)
    size = len(severity)
    amount, term, tier, instalment = (np.full(size, NOTHING, dtype=np.int64) for _ in range(4))
    probability = np.zeros(size)
    made = np.flatnonzero((severity == APPROVE) & (weighed.tier != NOTHING) & ~weighed.alone)
    amount[made] = offered(weighed)[made]
    term[made], tier[made], instalment[made] = weighed.term[made], weighed.tier[made], weighed.instalment[made]  # fmt: skip
    probability[made] = weighed.probability[made]
    counters = weighed.counters
    at = np.flatnonzero((counters.over < cut_offs.approve) & (cut_offs.approve <= counters.upto))
    at = at[severity[counters.row[at]] == DECLINE]  # a knock-out has no counters
    rows = counters.row[at]
    severity[rows] = COUNTEROFFER
    amount[rows], term[rows], tier[rows] = counters.amount[at], counters.term[at], counters.tier[at]
    instalment[rows], probability[rows] = counters.instalment[at], counters.probability[at]
    for row, result in alone.items():
        severity[row] = LEFT_OUT if result is None else result.outcome.severity
        if result is not None and result.offer is not None:
            amount[row], term[row], tier[row], instalment[row] = _of_offer(policy, result.offer)
            probability[row] = result.score.probability_of_default if result.score else 0.0
    is_made = amount != NOTHING
    return Outcomes(
        policy=policy,
        severity=severity,
        amount=amount,
        term=term,
        tier=tier,
        instalment=instalment,
        expected_loss=expected_loss(np.where(is_made, amount, 0), probability, loss_share),
        interest=interest(
            np.where(is_made, amount, 0), term, instalment, rates_of(policy.document)[tier] * is_made
        ),
    )


def offered(weighed: Weighed) -> Ints:
    """What is offered at the requested terms to a row that has a tier: the amount asked for, or the line's limit."""
    return weighed.amount if weighed.document.line is None else weighed.room.most_minor


def expected_loss(amount: Ints, probability: Floats, loss_share: float) -> Ints:
    """Of each loan in whole minor units: amount times probability of default times the share lost, half a unit to the even."""
    return np.rint(amount * probability * loss_share).astype(np.int64)


def interest(amount: Ints, term: Ints, instalment: Ints, rate_bps: Ints) -> Ints:
    """Instalments over the whole term less the amount; of a line a year's interest on the limit, half a unit rounded up."""
    return np.where(instalment == NOTHING, (amount * rate_bps + 5_000) // 10_000, instalment * term - amount)


def _of_offer(policy: CompiledPolicy, offer: Offer) -> tuple[int, int, int, int]:
    names = [tier.name for tier in policy.document.price_grid]
    term = NOTHING if offer.term_months is None else offer.term_months
    instalment = NOTHING if offer.instalment_minor is None else offer.instalment_minor
    return offer.amount_minor, term, names.index(offer.price_tier), instalment
