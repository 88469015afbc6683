"""Whose data one person may read: their own and the loan's with values, everybody else's by name alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explanations.notices.subject import OF_THE_LOAN
from explanations.reason_codes.figures import value_in_words
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, FactSource, FactValue
from underwriting.models import Application, Party

SOURCE_WORDS = {
    FactSource.APPLICATION: "what was stated",
    FactSource.BUREAU: "a credit report",
    FactSource.RECORD: "the lender's own record of earlier loans",
    FactSource.DOCUMENT: "a document, read by a person",
    FactSource.DERIVED: "worked out from other facts",
}
ABSENCE_WORDS = {
    Absence.NEVER: "has not happened",
    Absence.UNKNOWN: "not known",
    Absence.NOT_ASKED: "not asked",
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """One person on an application, and how many there are."""

    application: Application
    party: Party
    party_count: int

    @property
    def public_id(self) -> str:
        return str(self.party.public_id)

    @property
    def is_alone(self) -> bool:
        return self.party_count == 1

    def owns(self, name: str, party_id: str | None) -> bool:
        """Whether a fact may be shown with its value: it is about this person, or about nobody but them or the loan."""
        if party_id is not None:
            return party_id == self.public_id
        return self.is_alone or name in OF_THE_LOAN

    def fact(self, name: str, fact: FactValue) -> dict[str, Any]:
        return {
            **self.value(name, fact.value if fact.absence is None else fact.absence),
            "source": SOURCE_WORDS[fact.source],
            "read_in": fact.origin,
            "read_at": fact.known_at.isoformat(),
        }

    def value(self, name: str, value: Any) -> dict[str, Any]:
        """A value as stored (money in minor units) and in words."""
        known = catalogue().get(name)
        row = {"name": name, "label": known.label if known else label_of(name)}
        if isinstance(value, Absence):
            return {**row, "value": None, "in_words": ABSENCE_WORDS[value]}
        if value is None or known is None or isinstance(value, list | Mapping):
            return {**row, "value": value, "in_words": "not known" if value is None else str(value)}
        return {
            **row,
            "value": value,
            "in_words": value_in_words(value, known, self.application.currency),
        }


def label_of(name: str) -> str:
    """What a fact is called; a name that the catalogue does not know, as words."""
    known = catalogue().get(name)
    return known.label if known else name.replace("_", " ").capitalize()
