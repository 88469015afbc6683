"""Past applications grouped into the cells of a cube: what no cut-off and no listed price tells apart is one cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.simulation.columns import MAX_BPS, NOTHING, VALUE, Flags, Ints
from scoring.simulation.means import limits
from scoring.simulation.outcomes import LEFT_OUT, OUTCOMES, Outcomes, expected_loss, interest
from scoring.simulation.payments import NO_TIER, rates_of
from scoring.simulation.rates import NONE_FITS, fits_up_to
from scoring.simulation.store import Past, fact_of
from scoring.simulation.weigh import APPROVE, Weighed
from underwriting.effect.grid import NO_LIMIT
from underwriting.policy.schema import LineLimit, PriceTier

STEP_BPS, HIGHEST_BPS = 50, 4_000  # between rates that are weighed exactly, payments are compared at these
NOT_KNOWN = 2  # of a flag


@dataclass(frozen=True)
class Known:
    """By row, whether the loan has a known result within the window and is old enough to be counted, and whether that is a bad one."""

    is_known: Flags
    is_bad: Flags


@dataclass(frozen=True)
class Segments:
    """By row: the place of its channel in `channels`, and the thin file flag (0, 1, NOT_KNOWN)."""

    channels: Sequence[str]
    channel: Ints
    thin_file: Ints


def segments_of(past: Past) -> Segments:
    channels, channel = np.unique(past.channel, return_inverse=True)
    values, status = fact_of(past, "thin_file_flag")
    thin_file = np.where(status == VALUE, values.astype(np.int64), NOT_KNOWN)
    return Segments([str(name) for name in channels], channel.astype(np.int64), thin_file)


@dataclass(frozen=True)
class ToGroup:
    """Everything the cells of one cube are made from. `fixed`: what the draft makes of the rows that are weighed alone."""

    weighed: Weighed
    fixed: Outcomes
    live: Outcomes
    known: Known
    loss_share: float
    segments: Segments
    limits: Sequence[LineLimit]
    rates_bps: Sequence[int]

    @property
    def is_in(self) -> Flags:
        """Rows that both versions can weigh."""
        return np.asarray((self.fixed.severity != LEFT_OUT) & (self.live.severity != LEFT_OUT))


def before_rows(to_group: ToGroup) -> list[dict[str, Any]]:
    """What the version in force makes of each segment: counts by outcome, money, and known results of what it lends."""
    rows = np.flatnonzero(to_group.is_in)
    live, known = to_group.live, to_group.known
    lent = live.severity[rows] <= 1
    keys = [to_group.segments.channel[rows], to_group.segments.thin_file[rows]]
    parts: dict[str, NDArray[Any]] = {
        "offered_minor": np.where(live.amount[rows] == NOTHING, 0, live.amount[rows]),
        "expected_loss_minor": live.expected_loss[rows],
        "interest_minor": live.interest[rows],
        "bad_count": known.is_bad[rows] & lent,
        "known_count": known.is_known[rows] & lent,
        **{outcome.value: live.severity[rows] == at for at, outcome in enumerate(OUTCOMES)},
    }
    found = []
    for key, sums in _grouped(keys, parts):
        outcomes = {outcome.value: sums.pop(outcome.value) for outcome in OUTCOMES}
        segment = {"channel": to_group.segments.channels[key[0]], "thin_file": _flag(key[1])}
        found.append(segment | {"outcomes": outcomes} | sums)
    return found


def cell_rows(to_group: ToGroup) -> Iterator[dict[str, Any]]:
    """The cells at the requested terms; a row of a line is in one for each limit and in one without."""
    weighed = to_group.weighed
    yield from _fixed_rows(to_group)
    rows = np.flatnonzero(to_group.is_in & ~weighed.alone)
    tier = np.maximum(weighed.tier, 0)
    if weighed.document.line is None:
        fits = fits_up_to(weighed, to_group.rates_bps, range(0, HIGHEST_BPS + 1, STEP_BPS))
        paid = interest(weighed.amount, weighed.term, weighed.instalment, rates_of(weighed.document)[tier])
        yield from _cells(
            to_group, rows, _Priced(NO_LIMIT, weighed.amount, fits, weighed.room.is_missing, paid)
        )
        return
    nothing = np.zeros(len(weighed.score), dtype=np.int64)
    yield from _cells(to_group, rows, _Priced(NO_LIMIT, nothing, nothing, nothing != 0, nothing))
    for place, limit in enumerate(to_group.limits):
        fitted = limits(
            weighed.past,
            weighed.document,
            PriceTier(name="limit", score_from=0, annual_rate_bps=0, limit=limit),
        )
        amount = fitted.most_minor
        paid = interest(amount, weighed.term, weighed.instalment, rates_of(weighed.document)[tier])
        fits = np.where(amount == 0, NONE_FITS, MAX_BPS).astype(np.int64)
        yield from _cells(to_group, rows, _Priced(place, amount, fits, fitted.is_missing, paid))


@dataclass(frozen=True)
class _Priced:
    """By row, at one way of pricing: what is offered, the highest rate that fits, a missing fact, and interest."""

    limit_position: int
    amount: Ints
    fits: Ints
    is_missing: Flags
    paid: Ints


def _cells(to_group: ToGroup, rows: Ints, priced: _Priced) -> Iterator[dict[str, Any]]:
    weighed = to_group.weighed
    keys = [
        *_common_keys(to_group, rows),
        weighed.rule_outcome[rows],
        weighed.score[rows],
        weighed.term[rows],
        priced.is_missing[rows],
        priced.fits[rows],
    ]
    paid = np.where(weighed.tier == NO_TIER, 0, priced.paid)[rows]
    parts = _measures(to_group, rows, priced.amount[rows], weighed.probability[rows], paid)
    for key, sums in _grouped(keys, parts):
        yield _common(to_group, key) | sums | {
            "fixed_outcome": "",
            "rule_outcome": OUTCOMES[key[3]].value,
            "score": key[4],
            "term_months": None if key[5] == NOTHING else key[5],
            "limit_position": priced.limit_position,
            "is_income_missing": bool(key[6]),
            "fits_up_to_bps": key[7],
        }  # fmt: skip


def _fixed_rows(to_group: ToGroup) -> Iterator[dict[str, Any]]:
    """Rows weighed alone keep the outcome and offer they got, whatever the cut-offs."""
    fixed = to_group.fixed
    rows = np.flatnonzero(to_group.is_in & to_group.weighed.alone)
    keys = [*_common_keys(to_group, rows), fixed.severity[rows]]
    parts = _measures(to_group, rows, np.where(fixed.amount[rows] == NOTHING, 0, fixed.amount[rows]), np.zeros(len(rows)), fixed.interest[rows])  # fmt: skip
    parts["expected_loss_minor"] = fixed.expected_loss[rows]
    for key, sums in _grouped(keys, parts):
        yield (
            _common(to_group, key)
            | sums
            | {
                "fixed_outcome": OUTCOMES[key[3]].value,
                "rule_outcome": OUTCOMES[APPROVE].value,
                "score": None,
                "term_months": None,
                "limit_position": NO_LIMIT,
                "is_income_missing": False,
                "fits_up_to_bps": NONE_FITS,
            }
        )


def counter_rows(to_group: ToGroup) -> Iterator[dict[str, Any]]:
    """Counteroffers by the approve cut-offs between which they are made."""
    weighed, counters = to_group.weighed, to_group.weighed.counters
    at = np.flatnonzero(to_group.is_in[counters.row])
    rows = counters.row[at]
    keys = [
        *_common_keys(to_group, rows),
        weighed.score[rows],
        weighed.fails_cap[rows],
        counters.over[at],
        counters.upto[at],
    ]
    paid = interest(counters.amount[at], counters.term[at], counters.instalment[at], np.zeros(len(at), dtype=np.int64))  # fmt: skip
    parts = _measures(to_group, rows, counters.amount[at], counters.probability[at], paid)
    for key, sums in _grouped(keys, parts):
        yield (
            _common(to_group, key)
            | sums
            | {
                "score": key[3],
                "fails_cap": bool(key[4]),
                "cut_off_over": key[5],
                "cut_off_upto": key[6],
            }
        )


def _common_keys(to_group: ToGroup, rows: Ints) -> list[NDArray[Any]]:
    return [to_group.segments.channel[rows], to_group.segments.thin_file[rows], to_group.live.severity[rows]]


def _common(to_group: ToGroup, key: Sequence[int]) -> dict[str, Any]:
    return {
        "channel": to_group.segments.channels[key[0]],
        "thin_file": _flag(key[1]),
        "live_outcome": OUTCOMES[key[2]].value,
    }


def _flag(value: int) -> bool | None:
    return None if value == NOT_KNOWN else bool(value)


def _measures(
    to_group: ToGroup, rows: Ints, amount: Ints, probability: NDArray[np.float64], paid: Ints
) -> dict[str, NDArray[Any]]:
    return {
        "amount_minor": amount,
        "expected_loss_minor": expected_loss(amount, probability, to_group.loss_share),
        "interest_minor": paid,
        "bad_count": to_group.known.is_bad[rows],
        "known_count": to_group.known.is_known[rows],
    }


def _grouped(
    keys: Sequence[NDArray[Any]], parts: Mapping[str, NDArray[Any]]
) -> Iterator[tuple[list[int], dict[str, int]]]:
    """Each distinct combination of keys with `application_count` and the sums of the parts, all whole numbers."""
    if not len(keys[0]):
        return
    order = np.lexsort([np.asarray(key, dtype=np.int64) for key in keys][::-1])
    ordered = np.stack([np.asarray(key, dtype=np.int64)[order] for key in keys])
    starts = np.flatnonzero(np.concatenate(([True], (ordered[:, 1:] != ordered[:, :-1]).any(axis=0))))
    counts = np.diff(np.append(starts, len(order)))
    sums = {name: np.add.reduceat(np.asarray(part, dtype=np.int64)[order], starts) for name, part in parts.items()}  # fmt: skip
    distinct = ordered[:, starts]
    for place in range(len(starts)):
        totals = {name: int(total[place]) for name, total in sums.items()}
        yield [int(value) for value in distinct[:, place]], {"application_count": int(counts[place])} | totals
