"""A fact's value as a person types it: read in the unit they see, checked against the catalogue, refused in words. Pure."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from underwriting.facts.catalogue import FactDefinition, Unit, catalogue
from underwriting.facts.ranges import legal_value
from underwriting.facts.values import Absence, FactScalar
from underwriting.policy.words import value_in_words

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
_IGNORED = re.compile(r"[\s,$€£%]|USD|EUR|GBP")
_ASKS = {
    Unit.MONEY: "an amount",
    Unit.RATIO: "a percentage",
    Unit.MONTHS: "a number of months",
    Unit.DAYS: "a number of days",
    Unit.COUNT: "a whole number",
    Unit.POINTS: "a number of points",
    Unit.SEVERITY: "a whole number from 0 (none) to 5 (worst)",
    Unit.FLAG: "yes or no",
    Unit.CATEGORY: "one of the list",
}
_FLAGS = {"yes": 1, "no": 0, "1": 1, "0": 0}
NEVER = "never"


class NotLegal(ValueError):
    """The fact cannot have this value; the message says which it can."""


def unit_in_words(name: str, currency: str) -> str:
    """In which unit the fact is typed: `USD`, `%`, `months`; for a choice, what can be chosen."""
    definition = catalogue()[name]
    words = {Unit.MONEY: currency, Unit.RATIO: "%", Unit.FLAG: "yes or no"}
    if definition.unit is Unit.CATEGORY:
        return "one of " + ", ".join(definition.values)
    return words.get(definition.unit, definition.unit.value)


def read_typed(name: str, text: str, currency: str) -> FactScalar | dict[str, str]:
    """The value in the catalogue's unit, or `{"absence": "NEVER"}` for the word never where the fact can be that.

    Money is typed in whole currency units with at most two decimals, a ratio as a percentage. Raises NotLegal, and KeyError
    for a fact that is not in the catalogue.
    """
    definition = catalogue()[name]
    plain = text.strip()
    if plain.lower() == NEVER and definition.can_be_never:
        return {"absence": Absence.NEVER.value}
    value = legal_value(name, _read(definition, plain))
    if value is None:
        raise NotLegal(_refusal(definition, currency))
    return value


def _read(definition: FactDefinition, text: str) -> Any:
    if definition.unit is Unit.CATEGORY:
        return text.lower().replace(" ", "_")
    if definition.unit is Unit.FLAG:
        return _FLAGS.get(text.lower())
    bare = _IGNORED.sub("", text)
    if not _NUMBER.fullmatch(bare):
        return None
    number = Decimal(bare)
    if definition.unit is Unit.MONEY:
        return float(number * 100)
    if definition.unit is Unit.RATIO:
        return float(number / 100)
    return float(number)


def _refusal(definition: FactDefinition, currency: str) -> str:
    words = f"{definition.label}: give {_ASKS[definition.unit]}"
    if definition.unit is Unit.CATEGORY:
        return f"{words}: {', '.join(definition.values)}."
    if (
        definition.low is not None
        and definition.high is not None
        and definition.unit not in (Unit.FLAG, Unit.SEVERITY)
    ):
        low, high = (
            value_in_words(definition.name, _whole(x), currency) for x in (definition.low, definition.high)
        )
        words += f" from {low} to {high}"
    return f"{words}{', or the word never' if definition.can_be_never else ''}."


def _whole(bound: float) -> float:
    return int(bound) if float(bound).is_integer() else bound
