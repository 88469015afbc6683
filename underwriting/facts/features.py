"""How a fact becomes a model input. Pure: numbers only, one rule for the three absences, no matrix library."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from underwriting.facts.catalogue import Unit, catalogue
from underwriting.facts.values import Absence, Facts


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """One column of a model. `category` set: a 0/1 column of a category fact. `monotone`: sign of the margin in the column."""

    name: str
    fact: str
    category: str | None
    monotone: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FeatureSpec:
        return cls(name=data["name"], fact=data["fact"], category=data["category"], monotone=data["monotone"])


def feature_value(spec: FeatureSpec, facts: Facts) -> float:
    """The column's number: money in currency units, NEVER at the safe end of the fact's range, NaN where missing."""
    fact = facts.get(spec.fact)
    definition = catalogue()[spec.fact]
    if fact is None or fact.absence in (Absence.UNKNOWN, Absence.NOT_ASKED):
        return math.nan
    if fact.absence is Absence.NEVER:
        safe_end = definition.high if spec.monotone < 0 else definition.low if spec.monotone > 0 else None
        return math.nan if safe_end is None else float(safe_end)
    if spec.category is not None:
        return 1.0 if fact.value == spec.category else 0.0
    if isinstance(fact.value, str) or fact.value is None:
        raise TypeError(f"{spec.fact}: a number was expected")
    return float(fact.value) / 100 if definition.unit is Unit.MONEY else float(fact.value)


def feature_row(specs: Sequence[FeatureSpec], facts: Facts) -> list[float]:
    """All columns in the model's order."""
    return [feature_value(spec, facts) for spec in specs]
