"""What a principal reason is, and what an applicant is compared with. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from underwriting.enums import DecisionStage
from underwriting.facts.values import FactScalar, FactSource


@dataclass(frozen=True, slots=True)
class Reason:
    """One principal reason with everything needed to print it and to follow it back to its cause.

    `text` is the sentence as printed (the neutral factor name where `is_neutral`), `detail` the one with the applicant's
    own figure, empty where that would not be true. `share_log_odds` and `share_points` are those of the whole group; None
    where no score spoke. `value` is in the fact's catalogue unit; `typical` in the unit of the model input (money in
    whole currency units). `source` is in words, `source_kind` a FactSource, `known_at` RFC 3339. `party` is the public id of the party whose value it is.
    """

    code: str
    group: str
    rank: int
    text: str
    detail: str
    factor: str
    is_neutral: bool
    fact: str
    value: FactScalar | None
    typical: float | None
    source: str
    source_kind: str
    known_at: str | None
    party: str | None
    share_log_odds: float | None
    share_points: float | None
    do: str
    actionable: str
    form_c1: str
    notice: str
    stage: DecisionStage

    def at_rank(self, rank: int) -> Reason:
        return replace(self, rank=rank)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"stage": self.stage.value}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reason:
        """Raises TypeError where a field is missing or unknown."""
        return cls(**{**data, "stage": DecisionStage(data["stage"])})


SOURCE_WORDS = {
    FactSource.APPLICATION: "Your application",
    FactSource.BUREAU: "Your credit report",
    FactSource.RECORD: "Our record of your earlier loans",
    FactSource.DOCUMENT: "Your documents",
    FactSource.DERIVED: "Worked out from your application",
}


@dataclass(frozen=True, slots=True)
class PrincipalReasons:
    """At most four, most important first. `held_because` says why they may not be disclosed; empty when they may."""

    reasons: tuple[Reason, ...]
    held_because: str = ""


class CannotBeWorded(Exception):
    """No true sentence for a principal reason; the message says why, for the person who checks the notice."""


@dataclass(frozen=True, slots=True)
class ReferenceSummary:
    """Median of each model input over the reference people; None where none of them has a value."""

    medians: Mapping[str, float | None]

    @classmethod
    def of(cls, columns: Sequence[str], rows: Sequence[Sequence[float | None]]) -> ReferenceSummary:
        """From the rows of a reference sample, in the order of `columns`; null and NaN are missing."""
        medians: dict[str, float | None] = {}
        for index, column in enumerate(columns):
            known = [value for row in rows if (value := row[index]) is not None and not math.isnan(value)]
            medians[column] = statistics.median(known) if known else None
        return cls(medians)
