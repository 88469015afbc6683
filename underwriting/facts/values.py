"""A fact: a named quantity with where it came from, when it was known, and, where there is none, why. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

FactScalar = int | float | str | bool


class Absence(StrEnum):
    """Why a fact has no value. LightGBM sees NEVER as the safe end of the scale, the other two as missing."""

    NEVER = "NEVER"  # it has not happened: no missed payment, no enquiry
    UNKNOWN = "UNKNOWN"  # asked and not given, or the source has no value
    NOT_ASKED = "NOT_ASKED"  # the source does not cover it


class FactSource(StrEnum):
    APPLICATION = "APPLICATION"
    BUREAU = "BUREAU"
    RECORD = "RECORD"  # this lender's own record of the person
    DOCUMENT = "DOCUMENT"
    DERIVED = "DERIVED"


@dataclass(frozen=True, slots=True)
class FactValue:
    """`value` in the catalogue's unit (money: whole minor units), or None with an absence; never both, never neither."""

    value: FactScalar | None
    absence: Absence | None
    source: FactSource
    known_at: datetime
    party_id: str | None = None  # public id of the party whose value this is, for facts of a person
    origin: str = ""  # in words: "Credit report, Demo Bureau"

    def __post_init__(self) -> None:
        if (self.value is None) == (self.absence is None):
            raise ValueError("a fact has either a value or an absence")

    def to_json(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "absence": self.absence.value if self.absence else None,
            "source": self.source.value,
            "known_at": self.known_at.isoformat(),
            "party": self.party_id,
            "origin": self.origin,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FactValue:
        return cls(
            value=data["value"],
            absence=Absence(data["absence"]) if data["absence"] else None,
            source=FactSource(data["source"]),
            known_at=datetime.fromisoformat(data["known_at"]),
            party_id=data.get("party"),
            origin=data.get("origin", ""),
        )


Facts = Mapping[str, FactValue]


def facts_to_json(facts: Facts) -> dict[str, Any]:
    return {name: fact.to_json() for name, fact in facts.items()}


def facts_from_json(data: Mapping[str, Any]) -> dict[str, FactValue]:
    return {name: FactValue.from_json(fact) for name, fact in data.items()}
