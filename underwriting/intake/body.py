"""The body of an application as its product's contract wants it: a pydantic model, built once for each contract."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from underwriting.bureau.inline import says_something
from underwriting.enums import Language
from underwriting.facts.catalogue import catalogue
from underwriting.intake.contract import FieldRule, Strict, check_contract, field_type
from underwriting.intake.fields import (
    BirthDate,
    PastInstant,
    choice_type,
    report_facts,
    report_value_type,
    text_type,
)
from underwriting.models import Product


class SomeFacts(Strict):
    """The facts of a report that was sent along. Without a single value there is no report, and the field is left out."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    @model_validator(mode="after")
    def _has_a_value(self) -> Self:
        if not says_something({name: getattr(self, name) for name in self.model_fields_set}):
            raise PydanticCustomError(
                "report_empty",
                "A credit report has at least one value. Leave credit_report out if there is none.",
            )
        return self


class Address(Strict):
    lines: list[text_type(longest=120)] = Field(min_length=1, max_length=4)  # type: ignore[valid-type]
    postcode: text_type(longest=16)  # type: ignore[valid-type]


class IdentityFields(Strict):
    given_name: text_type(longest=80)  # type: ignore[valid-type]
    family_name: text_type(longest=80)  # type: ignore[valid-type]
    birth_date: BirthDate
    national_id: text_type(shortest=4, longest=32, pattern=r"^[A-Za-z0-9 .-]*[A-Za-z0-9]$")  # type: ignore[valid-type]
    email: text_type(longest=254, pattern=r"^[^\s@]+@[^\s@]+$") | None = None  # type: ignore[valid-type]
    telephone: text_type(longest=40, pattern=r"^[0-9+(][0-9 ()./-]*$") | None = None  # type: ignore[valid-type]
    address: Address


class Consent(Strict):
    id: text_type(longest=64, pattern=r"^[A-Za-z0-9._:-]+$")  # type: ignore[valid-type]
    given_at: PastInstant


class ElectronicConsent(Strict):
    """A person's consent to letters by e-mail instead of paper (15 USC 7001(c))."""

    given_at: PastInstant


def application_model(product: Product) -> type[BaseModel]:
    """The pydantic model of a product's application; built once for each contract."""
    return _model(json.dumps(product.contract, sort_keys=True), product.code, product.lender.currency)


_BY_E_MAIL = "When this person agreed to get letters by e-mail. Left out: letters go by post."
_LANGUAGE = "In which the applicants are told; English unless given."


@lru_cache(maxsize=128)
def _model(contract_json: str, product_code: str, currency: str) -> type[BaseModel]:
    contract = check_contract(json.loads(contract_json))
    party_fields: dict[str, Any] = {
        "identity": (IdentityFields, ...),
        "consent": (Consent, ...),
        "electronic_consent": (ElectronicConsent, Field(default=None, description=_BY_E_MAIL)),
        **{name: _field(name, rule) for name, rule in contract.party.items()},
    }
    if contract.credit_report == "accepted":
        party_fields["credit_report"] = (_report_model() | None, None)
    party = create_model("Party", __base__=Strict, **party_fields)
    fields: dict[str, Any] = {
        "product": (choice_type((product_code,)), ...),
        "currency": (choice_type((currency,)), ...),
        "language": (choice_type(tuple(Language)), Field(default=Language.ENGLISH, description=_LANGUAGE)),
        **{name: _field(name, rule) for name, rule in contract.application.items()},
        "applicant": (party, ...),
    }
    if contract.co_applicants_maximum:
        fields["co_applicants"] = (list[party], Field(default=[], max_length=contract.co_applicants_maximum))
    return create_model("Application", __base__=Strict, **fields)


@lru_cache(maxsize=1)
def _report_model() -> type[BaseModel]:
    values: dict[str, Any] = {name: (report_value_type(fact), None) for name, fact in report_facts().items()}
    facts = create_model("ReportFacts", __base__=SomeFacts, **values)
    return create_model("CreditReport", __base__=Strict, facts=(facts, ...))


_ADVICE = {
    "submit": "Required to submit.",
    "decide": "Required to decide: without it the application waits as INCOMPLETE.",
    "no": "May be left out.",
}


def _field(name: str, rule: FieldRule) -> tuple[Any, Any]:
    kind = field_type(name, rule)
    extra: dict[str, Any] = {"x-required": rule.required}
    description = f"{catalogue()[name].label}. {_ADVICE[rule.required]}"
    if rule.required == "submit":
        return kind, Field(description=description, json_schema_extra=extra)
    # No default: an absent field and a null one are told apart, and null is an error.
    return kind, Field(default=None, description=description, json_schema_extra=extra)
