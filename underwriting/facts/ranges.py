"""Whether a value is one that its fact may have. Pure."""

from __future__ import annotations

import math

from underwriting.facts.catalogue import FactDefinition, Unit, catalogue
from underwriting.facts.values import FactScalar

_WHOLE = frozenset({Unit.COUNT, Unit.MONEY, Unit.FLAG, Unit.SEVERITY})


def legal_value(name: str, value: object) -> FactScalar | None:
    """Return the value in its fact's form, or None where the catalogue does not allow it.

    Money, counts, flags and severities are whole numbers: 3.0 becomes 3, 3.5 is refused. Raises KeyError for a fact that is
    not in the catalogue.
    """
    definition = catalogue()[name]
    if definition.unit is Unit.CATEGORY:
        return value if isinstance(value, str) and value in definition.values else None
    if isinstance(value, bool):
        value = int(value)
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    if not _within(definition, value):
        return None
    if definition.unit in _WHOLE:
        return int(value) if value == int(value) else None
    return (
        int(value)
        if isinstance(value, float) and value.is_integer() and definition.unit is not Unit.RATIO
        else value
    )


def _within(definition: FactDefinition, value: float) -> bool:
    above = definition.low is None or value >= definition.low
    return above and (definition.high is None or value <= definition.high)
