"""How a code's sentence is filled in with the applicant's own figure, in any language. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from explanations.reason_codes.codes import ReasonCode
from explanations.reason_codes.figures import (
    counted,
    day_in_words,
    money,
    number,
    percent,
    value_in_words,
)
from underwriting.facts.catalogue import FactDefinition
from underwriting.facts.values import FactScalar

__all__ = ["counted", "day_in_words", "fill", "fill_named", "money", "number", "percent", "value_in_words"]

PLACEHOLDER = re.compile(r"\{(value_pct|rest_pct|value|label|factor)(?::([^{},]*),([^{},]*))?\}")


def fill(
    template: str,
    *,
    code: ReasonCode,
    definition: FactDefinition,
    value: FactScalar,
    currency: str,
    language: str = "en",
) -> str:
    """A sentence with the applicant's own figure. Raises TypeError where a category stands for a figure."""

    def replaced(match: re.Match[str]) -> str:
        name, one, many = match.groups()
        if name == "label":
            return code.adverse_values[str(value)]
        if name == "factor":
            return code.factor
        if isinstance(value, str):
            raise TypeError(f"{code.code}: {definition.name} is not a number")
        if name == "value_pct":
            return percent(value, language)
        if name == "rest_pct":
            return percent(1 - value, language)
        if one is not None:
            return counted(value, one, many, language)
        return value_in_words(value, definition, currency, language)

    return PLACEHOLDER.sub(replaced, template)


def fill_named(template: str, values: Mapping[str, str]) -> str:
    """A sentence of the affordability cap with its sums. Raises KeyError where it names one that is not given."""
    return re.sub(r"\{(\w+)\}", lambda match: values[match.group(1)], template)
