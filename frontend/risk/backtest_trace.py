"""Two traces of one application side by side: each finding of either version once, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from frontend.operations.words import ABSENCE_WORDS
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence
from underwriting.policy.types import Finding, PolicyResult
from underwriting.policy.words import money_in_words, value_in_words

_ABSENCES = {absence.value: words for absence, words in ABSENCE_WORDS.items()}
_OTHER = {
    "score": "Score",
    "instalment_minor": "Instalment",
    "largest_payment_minor": "Largest payment that fits",
    "limit_minor": "Limit",
    "tier": "Price tier",
    "bound": "Bounded by",
    "channel": "Channel",
}


@dataclass(frozen=True, slots=True)
class FindingWords:
    """One finding as a cell: its result, its sentence, and what it saw."""

    result: str
    sentence: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TraceRow:
    """A finding under both versions; None where a version has no such rule."""

    rule_id: str
    live: FindingWords | None
    draft: FindingWords | None

    @property
    def differs(self) -> bool:
        return self.live != self.draft


def side_by_side(live: PolicyResult, draft: PolicyResult, currency: str) -> list[TraceRow]:
    """In the draft's order; what only the version in force has comes last."""
    left, right = ({finding.rule_id: finding for finding in result.findings} for result in (live, draft))
    keys = [*right, *(key for key in left if key not in right)]
    return [TraceRow(key, _words(left.get(key), currency), _words(right.get(key), currency)) for key in keys]


def _words(finding: Finding | None, currency: str) -> FindingWords | None:
    if finding is None:
        return None
    values = tuple(_value(name, value, currency) for name, value in finding.values.items())
    return FindingWords(finding.result.value, finding.sentence, values)


def _value(name: str, value: Any, currency: str) -> str:
    label = catalogue()[name].label if name in catalogue() else _OTHER.get(name, name)
    if value is None or value in list(Absence):
        return f"{label}: {_ABSENCES.get(value, 'Not provided').lower()}"
    if name.endswith("_minor"):
        return f"{label}: {money_in_words(int(value), currency)}"
    return f"{label}: {value_in_words(name, value, currency)}"
