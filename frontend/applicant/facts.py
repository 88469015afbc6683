"""The facts of an assessment as one party may see them: their own with value and origin, another person's by name alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from explanations.notices.subject import OF_THE_LOAN
from frontend.applicant.access import Visit
from frontend.applicant.words import value_in_words
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, FactSource, FactValue, facts_from_json
from underwriting.models import Assessment

REPORT_ORIGIN = "Credit report, "


@dataclass(frozen=True, slots=True)
class ShownFact:
    """`about` says where it came from and when it was read; it and the value are empty for a sum over all applicants."""

    name: str
    label: str
    value: str
    about: str


@dataclass(frozen=True, slots=True)
class UsedFacts:
    """`own` by source; `joint` are sums over all parties and `other` another party's by name, both without value."""

    own: Mapping[FactSource, Sequence[ShownFact]]
    joint: Sequence[ShownFact] = ()
    other: Sequence[str] = ()

    @property
    def disputable(self) -> dict[str, ShownFact]:
        """By name, what this person may say is wrong: their own, and what is added up over all of them."""
        return {fact.name: fact for facts in (*self.own.values(), self.joint) for fact in facts}


@dataclass(slots=True)
class _Sorted:
    own: dict[FactSource, list[ShownFact]] = field(default_factory=dict)
    joint: list[ShownFact] = field(default_factory=list)
    other: list[str] = field(default_factory=list)


def used_facts(visit: Visit, assessment: Assessment, *, party_count: int) -> UsedFacts:
    """The frozen facts of an assessment, in the order of the catalogue. What was never asked for was not used."""
    found = _Sorted()
    facts = facts_from_json(assessment.facts)
    for name in catalogue():
        fact = facts.get(name)
        if fact is None or fact.absence is Absence.NOT_ASKED:
            continue
        if is_own(visit, name, fact.party_id, party_count=party_count):
            found.own.setdefault(fact.source, []).append(_shown(visit, name, fact))
        elif fact.party_id is None:
            found.joint.append(ShownFact(name, visit.texts.fact(name), value="", about=""))
        else:
            found.other.append(visit.texts.fact(name))
    own = {source: found.own[source] for source in FactSource if source in found.own}
    return UsedFacts(own=own, joint=found.joint, other=found.other)


def is_own(visit: Visit, name: str, party_id: str | None, *, party_count: int) -> bool:
    """Whether a fact may be shown with its value: it is about this party, or about nobody but them or the loan."""
    if party_id is not None:
        return party_id == str(visit.party.public_id)
    return party_count == 1 or name in OF_THE_LOAN


def in_words(visit: Visit, name: str, value: Any) -> str:
    """A value of a fact, money in minor units; what is not there is said to be unknown."""
    if value is None:
        return visit.say("data.unknown")
    return value_in_words(value, catalogue()[name], visit.application.currency, visit.texts)


def _shown(visit: Visit, name: str, fact: FactValue) -> ShownFact:
    value = visit.say("data.never") if fact.absence is Absence.NEVER else in_words(visit, name, fact.value)
    return ShownFact(
        name=name,
        label=visit.texts.fact(name),
        value=value,
        about=visit.say(
            "data.about", origin=origin_in_words(visit, fact.origin), day=visit.day(fact.known_at)
        ),
    )


def origin_in_words(visit: Visit, origin: str) -> str:
    """Where a fact came from. What a person wrote about its source stays in their words."""
    known = visit.texts.find(f"sources.{origin}")
    if known is not None:
        return known
    if origin.startswith(REPORT_ORIGIN):
        return visit.say("sources.report", bureau=origin.removeprefix(REPORT_ORIGIN))
    return origin
