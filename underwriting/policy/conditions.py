"""Reading facts for conditions: what an absent fact says, and which plain number or text a present one is. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

from underwriting.facts.catalogue import Unit, catalogue
from underwriting.facts.values import Absence, Facts, FactValue
from underwriting.policy.schema import AllOf, AnyOf, Condition, IfAbsent

RATIO_PLACES = 9  # ratios are compared at nine decimals: below that two computers may differ
Plain = int | float | str


class Verdict(IntEnum):
    """What a condition or a tree says; `all` takes the lowest of its members, `any` the highest."""

    NOT_MET = 0
    REFERS = 1
    MET = 2


ABSENT_VERDICT: Mapping[IfAbsent, Verdict] = {
    IfAbsent.PASSES: Verdict.NOT_MET,
    IfAbsent.REFERS: Verdict.REFERS,
    IfAbsent.FAILS: Verdict.MET,
}


class UnreadableFact(ValueError):
    """A fact is on file with a value its definition does not allow."""


def leaves(node: AllOf | AnyOf | Condition) -> Iterator[Condition]:
    """Every condition of a tree, left to right."""
    if isinstance(node, Condition):
        yield node
        return
    for member in node.all if isinstance(node, AllOf) else node.any:
        yield from leaves(member)


def depth(node: AllOf | AnyOf | Condition) -> int:
    """Levels of groups in a tree: 0 for a single condition."""
    if isinstance(node, Condition):
        return 0
    return 1 + max(depth(member) for member in (node.all if isinstance(node, AllOf) else node.any))


def is_on_file(fact: FactValue | None) -> bool:
    """Known: a value, or the knowledge that it never happened."""
    return fact is not None and (fact.value is not None or fact.absence is Absence.NEVER)


def absent_verdict(condition: Condition, fact: FactValue | None) -> Verdict | None:
    """What the condition says where there is no value; None where there is one."""
    if fact is not None and fact.value is not None:
        return None
    never = fact is not None and fact.absence is Absence.NEVER
    return ABSENT_VERDICT[condition.if_never if never else condition.if_absent]


def plain_value(name: str, fact: FactValue) -> Plain:
    """The one conversion of a fact into what an expression sees: whole minor units, whole counts, ratios at nine decimals, text.

    Raises UnreadableFact for anything else, so that no wrong type, NaN or out-of-range number reaches an operator.
    """
    definition = catalogue().get(name)
    value = fact.value
    if definition is None or value is None:
        raise UnreadableFact(f"{name} is not a fact with a value")
    if definition.unit is Unit.CATEGORY:
        if not isinstance(value, str) or value not in definition.values:
            raise UnreadableFact(f"{definition.label}: the value is not in the list of its catalogue")
        return value
    if isinstance(value, str):
        raise UnreadableFact(f"{definition.label}: a number was expected")
    number = int(value) if isinstance(value, bool) else value
    if isinstance(number, float):
        if not math.isfinite(number):
            raise UnreadableFact(f"{definition.label}: not a finite number")
        number = int(number) if number.is_integer() and abs(number) < 2**53 else round(number, RATIO_PLACES)
        if definition.unit is Unit.MONEY and isinstance(number, float):
            raise UnreadableFact(f"{definition.label}: money is held in whole minor units")
    if (definition.low is not None and number < definition.low) or (
        definition.high is not None and number > definition.high
    ):
        raise UnreadableFact(f"{definition.label}: outside its range")
    return number


def seen_values(node: AllOf | AnyOf | Condition, facts: Facts) -> dict[str, Any]:
    """Fact name -> the value a tree saw, or the name of the absence, for the finding."""
    seen: dict[str, Any] = {}
    for condition in leaves(node):
        fact = facts.get(condition.fact)
        if fact is None:
            seen[condition.fact] = Absence.NOT_ASKED.value
        else:
            seen[condition.fact] = fact.absence.value if fact.absence else fact.value
    return seen
