"""Groups of cells added up to the two sides of an effect, whole and by segment. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from underwriting.effect.cells import NO_TIER, CellGroup, CounterGroup
from underwriting.effect.grid import TierInUse
from underwriting.effect.types import BadRate, SegmentEffect, Side, Swap
from underwriting.enums import Outcome
from underwriting.facts.arithmetic import instalment_minor

BASIS_POINTS = 10_000
LENT = (Outcome.APPROVE, Outcome.COUNTEROFFER)
THIN_FILE = {True: "thin", False: "not thin", None: "not known"}

Segment = tuple[str, bool | None]  # channel, thin file


@dataclass(frozen=True, slots=True)
class Groups:
    """What the two queries gave, and how to read it. `as_weighed`: the prices are those of the cube."""

    cells: Sequence[CellGroup]
    counters: Sequence[CounterGroup]
    before: Sequence[Mapping[str, Any]]
    tiers: Sequence[TierInUse]
    is_line: bool
    as_weighed: bool


@dataclass(frozen=True, slots=True)
class AddedUp:
    before: Side
    after: Side
    swaps: tuple[Swap, ...]
    segments: tuple[SegmentEffect, ...]


@dataclass(slots=True)
class Tally:
    """One side being counted. Money of what is offered alone."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    offered_minor: int = 0
    expected_loss_minor: int = 0
    interest_minor: int = 0
    bad_count: int = 0
    known_count: int = 0

    def add(self, other: Tally) -> None:
        self.outcomes.update(other.outcomes)
        self.offered_minor += other.offered_minor
        self.expected_loss_minor += other.expected_loss_minor
        self.interest_minor += other.interest_minor
        self.bad_count += other.bad_count
        self.known_count += other.known_count

    def side(self) -> Side:
        return Side(
            approval_count=self.outcomes[Outcome.APPROVE],
            counteroffer_count=self.outcomes[Outcome.COUNTEROFFER],
            referral_count=self.outcomes[Outcome.REFER],
            decline_count=self.outcomes[Outcome.DECLINE],
            offered_minor=self.offered_minor,
            expected_loss_minor=self.expected_loss_minor,
            interest_minor=self.interest_minor,
            bad_rate=BadRate(self.bad_count, self.known_count),
        )


def add_up(groups: Groups) -> AddedUp:
    """Both sides and every move between outcomes."""
    after: dict[Segment, Tally] = defaultdict(Tally)
    moves: dict[tuple[Outcome, Outcome], list[int]] = defaultdict(lambda: [0, 0, 0])
    for cell in groups.cells:
        tally = after[cell.channel, cell.thin_file]
        tally.outcomes[cell.outcome] += cell.sums.application_count
        _count_move(moves[cell.live_outcome, cell.outcome], cell.sums.application_count, cell.sums.bad_count, cell.sums.known_count)  # fmt: skip
        if cell.outcome in LENT:
            tally.bad_count += cell.sums.bad_count
            tally.known_count += cell.sums.known_count
            _add_money(tally, cell, groups)
    for counter in groups.counters:
        _counteroffer(after[counter.channel, counter.thin_file], moves, counter)
    before = {(row["channel"], row["thin_file"]): _tally_of(row) for row in groups.before}
    swaps = tuple(
        Swap(old, new, count, BadRate(bad, known))
        for (old, new), (count, bad, known) in sorted(moves.items(), key=_by_severity)
        if count
    )
    return AddedUp(_whole(before), _whole(after), swaps, _segments(before, after))


def _add_money(tally: Tally, cell: CellGroup, groups: Groups) -> None:
    sums = cell.sums
    if cell.is_fixed:
        tally.offered_minor += sums.amount_minor
        tally.expected_loss_minor += sums.expected_loss_minor
        tally.interest_minor += sums.interest_minor
        return
    if cell.tier == NO_TIER:
        return  # approved below every price: nothing is offered
    used = groups.tiers[cell.tier]
    amount, loss = round(sums.amount_minor * used.scale), round(sums.expected_loss_minor * used.scale)
    rate, term = used.tier.annual_rate_bps, cell.term_months
    tally.offered_minor += amount
    tally.expected_loss_minor += loss
    if groups.as_weighed:
        tally.interest_minor += sums.interest_minor
    elif groups.is_line or term is None:
        tally.interest_minor += amount * rate // BASIS_POINTS
    else:
        tally.interest_minor += instalment_minor(amount, rate, term) * term - amount


def _counteroffer(
    tally: Tally, moves: dict[tuple[Outcome, Outcome], list[int]], counter: CounterGroup
) -> None:
    """Out of a decline. Where prices were not weighed, some of those declined then are not declined now: they are no counteroffers."""
    sums, declined = counter.sums, moves[counter.live_outcome, Outcome.DECLINE]
    made = min(sums.application_count, declined[0], tally.outcomes[Outcome.DECLINE])
    share = made / sums.application_count if sums.application_count else 0.0
    bad, known = round(sums.bad_count * share), round(sums.known_count * share)
    tally.outcomes[Outcome.DECLINE] -= made
    tally.outcomes[Outcome.COUNTEROFFER] += made
    tally.offered_minor += round(sums.amount_minor * share)
    tally.expected_loss_minor += round(sums.expected_loss_minor * share)
    tally.interest_minor += round(sums.interest_minor * share)
    tally.bad_count += bad
    tally.known_count += known
    _count_move(declined, -made, -bad, -known)
    _count_move(moves[counter.live_outcome, Outcome.COUNTEROFFER], made, bad, known)


def _count_move(move: list[int], count: int, bad: int, known: int) -> None:
    move[0] += count
    move[1] += bad
    move[2] += known


def _by_severity(move: tuple[tuple[Outcome, Outcome], list[int]]) -> tuple[int, int]:
    return move[0][0].severity, move[0][1].severity


def _tally_of(row: Mapping[str, Any]) -> Tally:
    return Tally(
        outcomes=Counter({Outcome(name): count for name, count in row["outcomes"].items()}),
        offered_minor=row["offered_minor"],
        expected_loss_minor=row["expected_loss_minor"],
        interest_minor=row["interest_minor"],
        bad_count=row["bad_count"],
        known_count=row["known_count"],
    )


def _whole(tallies: Mapping[Segment, Tally]) -> Side:
    whole = Tally()
    for tally in tallies.values():
        whole.add(tally)
    return whole.side()


def _segments(before: Mapping[Segment, Tally], after: Mapping[Segment, Tally]) -> tuple[SegmentEffect, ...]:
    found: dict[tuple[str, str], tuple[Tally, Tally]] = defaultdict(lambda: (Tally(), Tally()))
    for place, side in enumerate((before, after)):
        for (channel, thin_file), tally in side.items():
            found["channel", channel][place].add(tally)
            found["thin_file", THIN_FILE[thin_file]][place].add(tally)
    return tuple(
        SegmentEffect(dimension, name, old.side(), new.side())
        for (dimension, name), (old, new) in sorted(found.items())
    )
