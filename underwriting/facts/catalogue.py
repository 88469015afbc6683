"""The facts catalogue: the only place for a fact's unit, legal range, label, source and risk direction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml

from underwriting.facts.values import FactSource

CATALOGUE_PATH = Path(__file__).with_name("catalogue.yaml")


class Unit(StrEnum):
    COUNT = "count"
    MONTHS = "months"
    DAYS = "days"
    RATIO = "ratio"
    MONEY = "money"  # whole minor units
    FLAG = "flag"  # 0 or 1
    POINTS = "points"
    SEVERITY = "severity"  # 0 none to 5 worst
    CATEGORY = "category"  # one of `values`


@dataclass(frozen=True, slots=True)
class FactDefinition:
    """`risk_sign`: +1 a higher value raises risk, -1 lowers it, 0 two-sided or category."""

    name: str
    label: str
    unit: Unit
    source: FactSource
    risk_sign: int
    low: float | None
    high: float | None
    values: tuple[str, ...]
    note: str
    can_be_never: bool  # a time since something that may not have happened


@cache
def catalogue() -> dict[str, FactDefinition]:
    """All facts by name. Raises ValueError on a definition that contradicts itself."""
    definitions = {}
    for name, row in yaml.safe_load(CATALOGUE_PATH.read_text(encoding="utf-8"))["facts"].items():
        unit = Unit(row["unit"])
        if (unit is Unit.CATEGORY) != ("values" in row):
            raise ValueError(f"{name}: a category lists its values, nothing else does")
        low, high = row.get("range", [None, None])
        definitions[name] = FactDefinition(
            name=name,
            label=row["label"],
            unit=unit,
            source=FactSource(row["source"]),
            risk_sign=row["risk_sign"],
            low=low,
            high=high,
            values=tuple(row.get("values", ())),
            note=row.get("note", ""),
            can_be_never=bool(row.get("can_be_never", False)),
        )
    return definitions
