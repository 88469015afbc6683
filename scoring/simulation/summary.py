"""What a backtest found, in numbers: coverage, who moves where, what became of them, money, rules, groups, and the bad rate."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from scoring.simulation.inference import PublishedRate, published_rate
from scoring.simulation.weighing import Weighed
from underwriting.enums import Outcome
from underwriting.outcomes.interval import wilson
from underwriting.outcomes.losses import LossGivenDefault

APPROVING = (Outcome.APPROVE.value, Outcome.COUNTEROFFER.value)
GROUPS_MAX = 12  # of one segment; the rest is one group of others
BASIS_POINTS = 10_000
OTHERS = "Others"


@dataclass(frozen=True, slots=True)
class Known:
    """Applications, those of them whose loan is old enough and has a result within the window, and those of these that went bad,
    with the 95 per cent interval of that rate."""

    applications: int
    settled: int
    bad: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Move:
    """Applications that the version in force answers with `before` and the draft with `after`."""

    before: str
    after: str
    known: Known


@dataclass(frozen=True, slots=True)
class RuleEffect:
    """Applications whose outcome changes because of one finding: for the better, for the worse."""

    rule_id: str
    better: int
    worse: int


@dataclass(frozen=True, slots=True)
class Group:
    """One group of a segment, and how many of it each policy approves."""

    name: str
    applications: int
    approved_before: int
    approved_after: int


@dataclass(frozen=True, slots=True)
class Segment:
    name: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Money:
    """What one policy offers, in whole minor units.

    Counted as the panel beside a draft counts it (underwriting.effect.types.Side). `unscored` offers have no probability of default,
    so they add no expected loss.
    """

    offers: int
    amount_minor: int
    expected_loss_minor: int
    interest_minor: int
    unscored: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole result. `applications` were weighed; `covered` of them had every field the draft needs.

    Coverage is `covered` of `applications` and `refused_rows` together: what could not be weighed is not covered.
    Of `lent` loans `old_enough` are, of which `settled` have a result within the window.
    """

    applications: int
    covered: int
    lacking: tuple[tuple[str, int], ...]
    refused_rows: int
    refused: tuple[tuple[str, str], ...]
    left_out: int
    rows_max: int
    lent: int
    old_enough: int
    settled: int
    approved_before: int
    approved_after: int
    outcomes: tuple[str, ...]
    moves: tuple[Move, ...]
    swap_ins: Known
    swap_outs: Known
    live_approvals: Known
    terms_changed: int
    rules: tuple[RuleEffect, ...]
    segments: tuple[Segment, ...]
    money_before: Money
    money_after: Money
    losses: LossGivenDefault
    bad_rate_before: PublishedRate
    bad_rate_after: PublishedRate

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def summarise(
    rows: Sequence[Weighed],
    *,
    losses: LossGivenDefault,
    refused: Sequence[tuple[str, str]],
    left_out: int,
    rows_max: int,
    named_max: int,
) -> Summary:
    """Count the rows of a backtest. `refused` are those that could not be weighed, of which `named_max` stay named."""
    lacking = Counter(name for row in rows for name in row.lacking)
    return Summary(
        applications=len(rows),
        covered=sum(not row.lacking for row in rows),
        lacking=tuple(lacking.most_common(GROUPS_MAX)),
        refused_rows=len(refused),
        refused=tuple(refused[:named_max]),
        left_out=left_out,
        rows_max=rows_max,
        lent=sum(row.is_lent for row in rows),
        old_enough=sum(row.is_lent and row.is_old_enough for row in rows),
        settled=known(rows).settled,
        approved_before=sum(row.before in APPROVING for row in rows),
        approved_after=sum(row.after in APPROVING for row in rows),
        outcomes=_outcomes(rows),
        moves=_moves(rows),
        swap_ins=known(r for r in rows if r.before not in APPROVING and r.after in APPROVING),
        swap_outs=known(r for r in rows if r.before in APPROVING and r.after not in APPROVING),
        live_approvals=known(r for r in rows if r.before in APPROVING),
        terms_changed=sum(row.is_flip and not row.changes_outcome for row in rows),
        rules=_rules(rows),
        segments=_segments(rows),
        money_before=_money([(r.offer_before, r.probability_before) for r in rows], losses.share),
        money_after=_money([(r.offer_after, r.probability_after) for r in rows], losses.share),
        losses=losses,
        bad_rate_before=_bad_rate(
            rows, [r.before in APPROVING for r in rows], lambda r: r.probability_before
        ),
        bad_rate_after=_bad_rate(rows, [r.after in APPROVING for r in rows], lambda r: r.probability_after),
    )


def known(rows: Iterable[Weighed]) -> Known:
    """Counted on the rows whose loan is old enough and has a result: of younger ones the bad ones have theirs first."""
    results = [row.is_bad if row.is_old_enough else None for row in rows]
    settled = [result for result in results if result is not None]
    share = wilson(sum(settled), len(settled))
    return Known(len(results), share.total, share.count, share.low, share.high)


def _outcomes(rows: Sequence[Weighed]) -> tuple[str, ...]:
    """Columns of the swap table: counteroffers apart where there are any."""
    met = {row.before for row in rows} | {row.after for row in rows}
    return tuple(o.value for o in Outcome if o is not Outcome.COUNTEROFFER or o.value in met)


def _moves(rows: Sequence[Weighed]) -> tuple[Move, ...]:
    cells: dict[tuple[str, str], list[Weighed]] = defaultdict(list)
    for row in rows:
        cells[row.before, row.after].append(row)
    order = list(Outcome)
    ordered = sorted(cells, key=lambda cell: tuple(order.index(Outcome(outcome)) for outcome in cell))
    return tuple(Move(before, after, known(cells[before, after])) for before, after in ordered)


def _rules(rows: Sequence[Weighed]) -> tuple[RuleEffect, ...]:
    better: Counter[str] = Counter()
    worse: Counter[str] = Counter()
    for row in rows:
        if row.changes_outcome:
            is_worse = Outcome(row.after).severity > Outcome(row.before).severity
            (worse if is_worse else better)[row.rule_id] += 1
    ids = sorted({*better, *worse}, key=lambda rule: (-(better[rule] + worse[rule]), rule))
    return tuple(RuleEffect(rule, better[rule], worse[rule]) for rule in ids)


def _segments(rows: Sequence[Weighed]) -> tuple[Segment, ...]:
    thin = {True: "Thin file", False: "Not thin", None: "Not known"}
    return (
        _segment("Channel", rows, lambda row: row.channel or "Not known"),
        _segment("Purpose", rows, lambda row: row.purpose.replace("_", " ").capitalize() or "Not known"),
        _segment("Credit file", rows, lambda row: thin[row.is_thin]),
    )


def _segment(name: str, rows: Sequence[Weighed], group_of: Callable[[Weighed], str]) -> Segment:
    names = [group_of(row) for row in rows]
    largest = [group for group, _ in Counter(names).most_common()]
    kept = largest if len(largest) <= GROUPS_MAX else largest[: GROUPS_MAX - 1]
    members: dict[str, list[Weighed]] = {group: [] for group in kept}
    for group, row in zip(names, rows, strict=True):
        members.setdefault(group if group in members else OTHERS, []).append(row)
    return Segment(
        name,
        tuple(
            Group(
                group,
                len(mine),
                sum(row.before in APPROVING for row in mine),
                sum(row.after in APPROVING for row in mine),
            )
            for group, mine in members.items()
        ),
    )


def _money(offers: Sequence[tuple[dict[str, Any] | None, float | None]], loss_share: float) -> Money:
    made = [(offer, probability) for offer, probability in offers if offer is not None]
    return Money(
        offers=len(made),
        amount_minor=sum(offer["amount_minor"] for offer, _ in made),
        expected_loss_minor=sum(round(offer["amount_minor"] * (p or 0.0) * loss_share) for offer, p in made),
        interest_minor=sum(_interest(offer) for offer, _ in made),
        unscored=sum(probability is None for _, probability in made),
    )


def _interest(offer: dict[str, Any]) -> int:
    amount, term = offer["amount_minor"], offer["term_months"]
    if term is None:  # a line: one year's on the limit, half a unit rounded up
        return int((amount * offer["annual_rate_bps"] + BASIS_POINTS // 2) // BASIS_POINTS)
    return int(offer["instalment_minor"] * term - amount)


def _bad_rate(
    rows: Sequence[Weighed], approved: Sequence[bool], probability_of: Callable[[Weighed], float | None]
) -> PublishedRate:
    missing = float("nan")
    probabilities = [missing if (p := probability_of(row)) is None else p for row in rows]
    return published_rate(
        probability=np.array(probabilities, dtype=np.float64),
        bad=np.array(
            [missing if row.is_bad is None else float(row.is_bad) for row in rows], dtype=np.float64
        ),
        lent=np.array([row.is_lent for row in rows], dtype=np.bool_),
        old_enough=np.array([row.is_old_enough for row in rows], dtype=np.bool_),
        approved=np.array(approved, dtype=np.bool_),
    )
