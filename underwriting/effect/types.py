"""What an edit of a policy would have meant for past applications: the answer that a screen shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from underwriting.enums import Outcome
from underwriting.outcomes.interval import wilson
from underwriting.outcomes.losses import LossGivenDefault


class EffectState(StrEnum):
    """READY: the numbers hold for exactly these rules. BUILDING: these rules are still being weighed, the numbers are absent.

    NO_LIVE: nothing is in force to compare with. NO_PAST: no past application was scored. REFUSED: the draft cannot be weighed as
    it stands (`why` says what is wrong).
    """

    READY = "READY"
    BUILDING = "BUILDING"
    NO_LIVE = "NO_LIVE"
    NO_PAST = "NO_PAST"
    REFUSED = "REFUSED"


class Part(StrEnum):
    """A part of the answer that is an estimate until the saved draft has been weighed."""

    OUTCOMES = "OUTCOMES"  # prices changed: which payments fit the caps, and which limits are assigned
    COUNTEROFFERS = "COUNTEROFFERS"  # prices changed: counteroffers are those of the prices last weighed
    MONEY = "MONEY"  # prices changed: amounts, expected loss and interest


@dataclass(frozen=True, slots=True)
class BadRate:
    """Of the loans with a known result, how many went bad within the window (underwriting.outcomes.known); young loans are not in it."""

    bad_count: int
    known_count: int

    @property
    def share(self) -> float | None:
        """0 to 1; None without a known result."""
        return self.bad_count / self.known_count if self.known_count else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of the share; None without a known result."""
        if not self.known_count:
            return None
        found = wilson(self.bad_count, self.known_count)
        return found.low, found.high


@dataclass(frozen=True, slots=True)
class Side:
    """What one policy makes of the same past applications. Money in minor units, summed over what it offers.

    `offered_minor`: amounts of approvals and counteroffers (a line: its limit). `expected_loss_minor`: probability of default
    within the model's horizon times the amount times the share lost. `interest_minor`: instalments over the whole term less
    the amount; of a line one year's interest on the limit as if drawn in full. `bad_rate`: of those among its approvals and
    counteroffers whose loan has a known result; an application that got no loan has none.
    """

    approval_count: int
    counteroffer_count: int
    referral_count: int
    decline_count: int
    offered_minor: int
    expected_loss_minor: int
    interest_minor: int
    bad_rate: BadRate

    @property
    def application_count(self) -> int:
        return self.approval_count + self.counteroffer_count + self.referral_count + self.decline_count

    @property
    def profit_minor(self) -> int:
        """Interest less expected loss; funding and running costs are left out."""
        return self.interest_minor - self.expected_loss_minor


@dataclass(frozen=True, slots=True)
class SegmentEffect:
    """Both sides of one segment. `dimension`: "channel" or "thin_file"; `name`: the channel, or "thin", "not thin", "not known"."""

    dimension: str
    name: str
    before: Side
    after: Side


@dataclass(frozen=True, slots=True)
class Swap:
    """How many past applications move from one outcome to another, and what became of the loans among them."""

    before: Outcome
    after: Outcome
    count: int
    bad_rate: BadRate


@dataclass(frozen=True, slots=True)
class Effect:
    """The version in force beside the draft on the same past applications.

    `application_count` is the n of every share. `estimates` names the parts that are estimates; empty: all is exact. `swaps`
    holds all pairs of outcomes that occur, also the unchanged ones, so its counts add up to n; `left_out_count`: past applications
    that could not be weighed again; `losses`: the share lost that expected losses rest on. `as_of`: when these past applications were last read. `is_waiting`: the worker is expected to
    replace this answer within seconds; ask again. Unless `state` is READY, numbers are zero and `before` and `after` None.
    """

    state: EffectState
    application_count: int = 0
    before: Side | None = None
    after: Side | None = None
    swaps: tuple[Swap, ...] = ()
    segments: tuple[SegmentEffect, ...] = ()
    estimates: tuple[Part, ...] = ()
    left_out_count: int = 0
    losses: LossGivenDefault = field(default_factory=LossGivenDefault)
    as_of: datetime | None = None
    is_waiting: bool = False
    why: str = ""
