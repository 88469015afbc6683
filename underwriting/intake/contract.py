"""The contract of a product: which fields its application has, and what each of them takes.

A contract is the JSON document in `Product.contract`:

    {"version": 1,
     "application": {"requested_amount": {"required": "submit", "minimum": "1000.00", "maximum": "40000.00"},
                     "requested_term_months": {"required": "submit", "choices": [36, 60]},
                     "purpose": {"required": "decide", "choices": ["car", ...]}},
     "party": {"annual_income": {"required": "decide"}, "housing": {"required": "no"}, ...},
     "co_applicants_maximum": 3,
     "credit_report": "accepted"}

A field's type, unit and widest range come from the facts catalogue; the contract can only narrow them. `required` is
`submit` (absent: the body is refused), `decide` (absent: the application waits as INCOMPLETE) or `no` (absent: the fact is
UNKNOWN). A fact that is not named was not asked for. Identity and consent are always required to submit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from underwriting.facts.catalogue import Unit, catalogue
from underwriting.intake.fields import (
    MONEY_PATTERN,
    choice_type,
    minor_units,
    money_type,
    whole_number_type,
)

PARTY_FIELDS = (
    "annual_income", "monthly_obligations", "monthly_obligations_without_mortgage",
    "employment_type", "employment_tenure_months", "housing",
)  # fmt: skip
CO_APPLICANTS_LIMIT = 3


class Strict(BaseModel):
    """Unknown fields are errors, nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class FieldRule(Strict):
    """What a contract says about one field."""

    required: Literal["submit", "decide", "no"]
    minimum: str | None = Field(default=None, pattern=MONEY_PATTERN)
    maximum: str | None = Field(default=None, pattern=MONEY_PATTERN)
    choices: list[str] | list[int] | None = None


class ProductContract(Strict):
    """The document in `Product.contract`."""

    version: Literal[1]
    application: dict[Literal["requested_amount", "requested_term_months", "purpose"], FieldRule]
    party: dict[str, FieldRule]
    co_applicants_maximum: int = Field(ge=0, le=CO_APPLICANTS_LIMIT)
    credit_report: Literal["accepted", "refused"]


def check_contract(document: Mapping[str, Any]) -> ProductContract:
    """Read a contract. Raises ValueError that names what is wrong: form, an unknown field, or a choice that is no value."""
    return _checked(json.dumps(document, sort_keys=True))


@lru_cache(maxsize=128)
def _checked(document_json: str) -> ProductContract:
    """The contract, read once in a process however many applications it is asked for."""
    document = json.loads(document_json)
    contract = ProductContract.model_validate(document)
    unknown = [name for name in contract.party if name not in PARTY_FIELDS]
    if unknown:
        raise ValueError(f"party: unknown fields {', '.join(unknown)}")
    for name, rule in [*contract.application.items(), *contract.party.items()]:
        field_type(name, rule)
    return contract


def field_type(name: str, rule: FieldRule) -> Any:
    """The type of a field as its contract narrows it. Raises ValueError for a choice that is no value of the fact."""
    fact = catalogue()[name]
    low, high = int(fact.low or 0), int(fact.high or 0)
    if fact.unit is Unit.MONEY:
        minimum = max(low, minor_units(rule.minimum) if rule.minimum else low)
        maximum = min(high, minor_units(rule.maximum) if rule.maximum else high)
        return money_type(minimum_minor=minimum, maximum_minor=maximum)
    if fact.unit is Unit.CATEGORY:
        words = tuple(str(choice) for choice in rule.choices) if rule.choices else fact.values
        if not set(words) <= set(fact.values):
            raise ValueError(f"{name}: a choice is not in the facts catalogue")
        return choice_type(words)
    numbers = tuple(int(choice) for choice in rule.choices) if rule.choices else ()
    if any(not low <= number <= high for number in numbers):
        raise ValueError(f"{name}: a choice lies outside the fact's range")
    return whole_number_type(low=low, high=high, choices=numbers)
