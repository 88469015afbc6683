"""24 months of payments an account type as small squares, each state in a pattern of its own and said in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

SQUARE, STEP = 11, 13
# code -> the class of its drawing, and its words
STATES: dict[str, tuple[str, str]] = {
    "0": ("ontime", "paid on time"),
    "3": ("late30", "30 days late"),
    "6": ("late60", "60 days late"),
    "9": ("late90", "90 or more days late"),
    "-": ("none", "no data"),
}


@dataclass(frozen=True, slots=True)
class Square:
    """One month: where it stands, which drawing it is filled with."""

    x: int
    look: str


@dataclass(frozen=True, slots=True)
class StripRow:
    """One account type, oldest month left. `words` lists every month."""

    label: str
    squares: Sequence[Square]
    words: str


@dataclass(frozen=True, slots=True)
class PaymentStrip:
    """`first` and `last` are the months at the ends, in words; `legend` the states that occur, in order of weight."""

    rows: Sequence[StripRow]
    first: str
    last: str
    legend: Sequence[tuple[str, str]]
    size: int = SQUARE

    @property
    def width(self) -> int:
        return max((row.squares[-1].x for row in self.rows), default=0) + SQUARE + 1


def payment_strip(history: Mapping[str, Any]) -> PaymentStrip:
    """The drawing of a kept history (underwriting.bureau.history)."""
    accounts = history["accounts"]
    newest = _month(history["newest_month"])
    months = [_back(newest, ago) for ago in range(len(accounts[0]["months"]))][::-1]
    seen = {code for account in accounts for code in account["months"]}
    return PaymentStrip(
        rows=[_row(account, months) for account in accounts],
        first=_in_words(months[0]),
        last=_in_words(months[-1]),
        legend=[state for code, state in STATES.items() if code in seen],
    )


def _row(account: Mapping[str, Any], months: Sequence[date]) -> StripRow:
    codes = account["months"][::-1]
    return StripRow(
        label=account["type"],
        squares=[Square(1 + place * STEP, STATES[code][0]) for place, code in enumerate(codes)],
        words="; ".join(_stretches(codes, months)),
    )


def _stretches(codes: str, months: Sequence[date]) -> list[str]:
    """`Nov 2024 to Mar 2026 paid on time`, oldest first: months of one state that follow each other in one."""
    found = []
    for code, run in groupby(zip(codes, months, strict=True), key=lambda pair: pair[0]):
        stretch = [month for _, month in run]
        span = _in_words(stretch[0])
        if len(stretch) > 1:
            span += f" to {_in_words(stretch[-1])}"
        found.append(f"{span} {STATES[code][1]}")
    return found


def _month(text: str) -> date:
    year, month = text.split("-")
    return date(int(year), int(month), 1)


def _back(month: date, count: int) -> date:
    index = month.year * 12 + month.month - 1 - count
    return date(index // 12, index % 12 + 1, 1)


def _in_words(month: date) -> str:
    return f"{month:%b %Y}"
