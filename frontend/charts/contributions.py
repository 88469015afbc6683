"""What moved a score, in whole points that add up. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from underwriting.facts.catalogue import Unit, catalogue
from underwriting.facts.values import Absence, FactValue
from underwriting.policy.words import label, value_in_words

ROWS_AT_MOST = 7
ABSENCE_WORDS = {
    Absence.NEVER: "Has not happened",
    Absence.UNKNOWN: "Not provided",
    Absence.NOT_ASKED: "Not asked",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One factor: words, its whole points, and its bar: `x` and `width` in per cent of the line, whose middle is 50."""

    fact: str
    label: str
    value: str
    typical: str
    points: int
    x: float
    width: float

    @property
    def tone(self) -> str:
        return "add" if self.points > 0 else "take"


@dataclass(frozen=True, slots=True)
class Contributions:
    """start + the rows' points + rest = score, in whole points. `rest_count` smaller factors and the rounding make the rest."""

    start: int
    rows: tuple[Row, ...]
    rest: int
    rest_count: int
    score: int

    @property
    def rest_label(self) -> str:
        if not self.rest_count:
            return "Rounding"
        return f"{self.rest_count} smaller {'factor' if self.rest_count == 1 else 'factors'}, and rounding"

    @property
    def sentence(self) -> str:
        """The chart in one sentence, for those who do not see it."""
        taking = [row for row in self.rows if row.points < 0]
        most = f" {taking[0].label} takes most, {-taking[0].points} points." if taking else ""
        return f"People just above the approve line start at {self.start} points; this application ends at {self.score}.{most}"


def contributions(
    stored: Mapping[str, Any], *, score: int, facts: Mapping[str, FactValue], currency: str
) -> Contributions:
    """Rows from an assessment's stored contributions, largest first; the 0/1 columns of one fact are one row.

    `score` is the whole number that cut-offs compare; the rest takes what rounding leaves, so that the sum is exact.
    """
    by_fact: dict[str, float] = {}
    typical: dict[str, float | None] = {}
    for feature in stored["features"]:
        fact = feature["fact"]
        by_fact[fact] = by_fact.get(fact, 0.0) + feature["points"]
        # a category's columns have no typical value that says anything
        typical[fact] = None if fact in typical else feature["typical"]
    ranked = sorted(by_fact.items(), key=lambda item: (-abs(item[1]), item[0]))
    shown = [(fact, round(points)) for fact, points in ranked[:ROWS_AT_MOST] if round(points) != 0]
    scale = max((abs(points) for _, points in shown), default=1)
    rows = tuple(
        Row(
            fact=fact,
            label=label(fact),
            value=fact_in_words(fact, facts.get(fact), currency),
            typical=typical_in_words(fact, typical[fact], currency),
            points=points,
            x=round(50 - 48 * abs(points) / scale, 2) if points < 0 else 50.0,
            width=round(48 * abs(points) / scale, 2),
        )
        for fact, points in shown
    )
    start = round(stored["base_points"])
    return Contributions(
        start=start,
        rows=rows,
        rest=score - start - sum(row.points for row in rows),
        rest_count=len(by_fact) - len(rows),
        score=score,
    )


def fact_in_words(fact: str, found: FactValue | None, currency: str) -> str:
    """A frozen fact's value with its unit, or why there is none."""
    if found is None:
        return ABSENCE_WORDS[Absence.NOT_ASKED]
    if found.value is None:
        return ABSENCE_WORDS[found.absence or Absence.UNKNOWN]
    return value_in_words(fact, found.value, currency)


def typical_in_words(fact: str, value: float | None, currency: str) -> str:
    """A typical value in the model's unit (money in whole currency units); empty where there is none to compare with."""
    definition = catalogue().get(fact)
    if value is None or definition is None or definition.unit is Unit.CATEGORY:
        return ""
    if definition.unit is Unit.MONEY:
        return value_in_words(fact, round(value * 100), currency)
    if definition.unit is Unit.FLAG:
        return value_in_words(fact, round(value), currency)
    return value_in_words(fact, value, currency)
