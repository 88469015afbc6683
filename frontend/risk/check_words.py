"""The people who show what is wrong with a policy: their facts in words, and what the live engine says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from frontend.risk.finding_words import ABSENT_WORDS
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence
from underwriting.policy.schema import Complaint, PolicyRefused, ShownBy
from underwriting.policy.soundness.show import show
from underwriting.policy.types import PolicyResult
from underwriting.policy.whole_check import Checks, CheckState
from underwriting.policy.words import label, rate_in_words, value_in_words

SHOWN_MAX = 30  # complaints whose people are weighed for one page
FACTS_MAX = 12
Said = Mapping[tuple[str, str], tuple[str, str]]
STATES = {
    CheckState.CHECKED: "Checked whole: model, rules, prices and authority together.",
    CheckState.WITHOUT_MODEL: "Checked without a model: rules, prices and authority together. No model is in charge.",
    CheckState.BEING_CHECKED: "Model, rules, prices and authority together are being checked.",
    CheckState.NOT_CHECKED: "Not checked with the model yet.",
    CheckState.FAILED: "Model, rules, prices and authority together could not be checked.",
}


@dataclass(frozen=True, slots=True)
class PersonWords:
    """A person: what is different about them, and what the live engine says. Everything else is as safe as it can be."""

    who: str
    facts: str
    says: str


def state_in_words(checks: Checks) -> str:
    """Whether the whole decision was checked, and if not why."""
    return f"{STATES[checks.state]} {checks.why}".strip()


def people_in_words(
    document: Mapping[str, Any], complaints: Sequence[Complaint], said: Said
) -> list[tuple[PersonWords, ...]]:
    """The people of each complaint; none where nobody can show it."""
    currency = str(document.get("currency", "USD"))
    return [
        _people(document, complaint, said, currency) if place < SHOWN_MAX else ()
        for place, complaint in enumerate(complaints)
    ]


def _people(
    document: Mapping[str, Any], complaint: Complaint, said: Said, currency: str
) -> tuple[PersonWords, ...]:
    if complaint.person is None:
        return ()
    first, second = said.get((complaint.place, complaint.message), ("", ""))
    if not first:
        try:
            shown = show(document, complaint)
        except PolicyRefused:
            shown = None
        if shown is not None:
            first = _says(shown.person)
            second = "" if shown.other is None else _says(shown.other)
    found = [PersonWords("This person", _facts(complaint.person, complaint.other, currency), first)]
    if complaint.other is not None:
        found.append(
            PersonWords("Compared with", _facts(complaint.other, complaint.person, currency), second)
        )
    return tuple(found)


def _facts(person: ShownBy, beside: ShownBy | None, currency: str) -> str:
    """Facts in words, first those in which the two differ."""
    other = {} if beside is None else beside.facts
    names = sorted(person.facts, key=lambda name: other.get(name, person.facts[name]) == person.facts[name])
    words = [f"{label(name)}: {_value(name, person.facts[name], currency)}" for name in names[:FACTS_MAX]]
    if person.score is not None:
        words.append(f"score {person.score}")
    if person.price_tier:
        words.append(f"price tier {person.price_tier}")
    return "; ".join(words)


def _value(name: str, value: float | str, currency: str) -> str:
    if value in {absence.value for absence in Absence}:
        return ABSENT_WORDS[Absence(value)]
    return value_in_words(name, value, currency) if name in catalogue() else str(value)


def _says(result: PolicyResult) -> str:
    """`Decline: K-01` or `Approve at 12.99 %`."""
    words = result.outcome.value.capitalize()
    if result.offer is not None:
        return f"{words} at {rate_in_words(result.offer.annual_rate_bps)}"
    because = [finding.rule_id for finding in result.findings if finding.outcome is result.outcome]
    return f"{words}: {', '.join(because)}" if because and words != "Approve" else words
