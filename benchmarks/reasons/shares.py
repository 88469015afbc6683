"""Shares of what was proven, read from the stored assessments and proofs; a lender's worst is what is published. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NAMES = (
    "additive_share",
    "sentence_true_share",
    "catalogue_sentence_share",
    "all_repair_share",
    "random_repair_share",
    "repair_gap_closed",
    "single_repair_share",
    "recourse_flip_share",
)


@dataclass(slots=True)
class Tally:
    """Counted over the score declines of one lender; `shown_a_way` had other terms offered or a change suggested."""

    declines: int = 0
    trained_on: int = 0
    additive: int = 0
    held: int = 0
    sentences: int = 0
    true: int = 0
    as_sentence: int = 0
    repaired: int = 0
    all_reach: int = 0
    lot_reach: int = 0
    tried: int = 0
    fell: int = 0
    suggested: int = 0
    flipped: int = 0
    shown_a_way: int = 0

    def shares(self) -> dict[str, float]:
        """By the names that are published; NaN where nothing was counted."""
        every, lot = _share(self.all_reach, self.repaired), _share(self.lot_reach, self.repaired)
        return {
            "additive_share": _share(self.additive, self.declines),
            "sentence_true_share": _share(self.true, self.sentences),
            "catalogue_sentence_share": _share(self.as_sentence, self.sentences),
            "all_repair_share": every,
            "random_repair_share": lot,
            "repair_gap_closed": gap_closed(every, lot),
            "single_repair_share": _share(self.fell, self.tried),
            "recourse_flip_share": _share(self.flipped, self.suggested),
        }


def gap_closed(stated: float, by_lot: float) -> float:
    """What stated groups repair of what as many groups by lot leave unrepaired."""
    return (stated - by_lot) / (1 - by_lot) if by_lot < 1 else float("nan")


def worst(name: str, shares: Mapping[str, Mapping[str, float]]) -> tuple[float, float]:
    """The worst lender's share and the distance to the best; for the groups by lot a high share is the worst."""
    found = [by_name[name] for by_name in shares.values() if by_name[name] == by_name[name]]
    if not found:
        return float("nan"), 0.0
    ordered = sorted(found, reverse=name == "random_repair_share")
    return ordered[0], abs(ordered[-1] - ordered[0])


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def lender_table(tallies: Mapping[str, Tally]) -> str:
    """One column a lender: what was counted, and each share."""
    lenders = list(tallies)
    rows: list[Sequence[str]] = [("", *lenders)]
    rows += [
        (name, *(f"{getattr(tallies[lender], name):,}" for lender in lenders))
        for name in ("declines", "sentences", "held")
    ]
    rows += [
        (
            f"{name}_share",
            *(f"{_share(getattr(tallies[x], name), tallies[x].declines):.4f}" for x in lenders),
        )
        for name in ("trained_on", "shown_a_way")
    ]
    rows += [(name, *(f"{tallies[lender].shares()[name]:.4f}" for lender in lenders)) for name in NAMES]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
