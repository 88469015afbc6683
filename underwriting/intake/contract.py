"""The contract of a product: which fields its application has, and how a body is checked against it.

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
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, model_validator
from pydantic_core import PydanticCustomError

from underwriting.bureau.inline import says_something
from underwriting.enums import Language, PartyRole
from underwriting.facts.catalogue import Unit, catalogue
from underwriting.intake.fields import (
    MONEY_PATTERN,
    BirthDate,
    PastInstant,
    choice_type,
    minor_units,
    money_type,
    report_facts,
    report_value_type,
    text_type,
    whole_number_type,
)
from underwriting.intake.payload import (
    ApplicationPayload,
    ContractError,
    ContractViolated,
    NotOffered,
    PartyPayload,
)
from underwriting.models import Product
from underwriting.people.identity import Identity

APPLICATION_FIELDS = ("requested_amount", "requested_term_months", "purpose")
PARTY_FIELDS = (
    "annual_income", "monthly_obligations", "monthly_obligations_without_mortgage",
    "employment_type", "employment_tenure_months", "housing",
)  # fmt: skip
CO_APPLICANTS_LIMIT = 3
_CODES = {"missing": "required", "extra_forbidden": "unknown_field"}


class Strict(BaseModel):
    """Unknown fields are errors, nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


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


def check_contract(document: Mapping[str, Any]) -> ProductContract:
    """Read a contract. Raises ValueError that names what is wrong: form, an unknown field, or a choice that is no value."""
    contract = ProductContract.model_validate(document)
    unknown = [name for name in contract.party if name not in PARTY_FIELDS]
    if unknown:
        raise ValueError(f"party: unknown fields {', '.join(unknown)}")
    for name, rule in [*contract.application.items(), *contract.party.items()]:
        field_type(name, rule)
    return contract


def read_application(*, product: Product, body: Mapping[str, Any], now: datetime) -> ApplicationPayload:
    """Check a body (parsed JSON) against its product's contract.

    Raises:
        NotOffered: the product takes no applications at the moment.
        ContractViolated: with every error.
    """
    if not product.is_open:
        raise NotOffered(f"{product.name} takes no applications at the moment.")
    model = application_model(product)
    try:
        parsed: Any = model.model_validate(body, context={"now": now})
    except ValidationError as error:
        raise ContractViolated(_errors(error)) from error
    contract = check_contract(product.contract)
    people = [parsed.applicant, *(getattr(parsed, "co_applicants", None) or [])]
    twice = _same_person_twice(people)
    if twice:
        raise ContractViolated(twice)
    statements = _given(parsed, contract.application)
    return ApplicationPayload(
        product=product,
        currency=parsed.currency,
        requested_amount_minor=statements.get("requested_amount"),
        requested_term_months=statements.get("requested_term_months"),
        purpose=statements.get("purpose", ""),
        stated=statements,
        parties=tuple(_party(index, person, contract) for index, person in enumerate(people)),
        missing_fields=_missing(parsed, people, contract),
        language=Language(parsed.language),
    )


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


def _errors(error: ValidationError) -> tuple[ContractError, ...]:
    return tuple(
        ContractError(
            path=detail["loc"], code=_CODES.get(detail["type"], detail["type"]), message=detail["msg"]
        )
        for detail in error.errors(include_url=False, include_context=False, include_input=False)
    )


def _same_person_twice(people: list[Any]) -> tuple[ContractError, ...]:
    keys = [(person.identity.national_id.upper(), person.identity.birth_date) for person in people]
    return tuple(
        ContractError(
            ("co_applicants", index - 1, "identity"),
            "same_person_twice",
            "This person is on the application already.",
        )
        for index in range(1, len(keys))
        if keys[index] in keys[:index]
    )


def _given(parsed: Any, rules: Mapping[Any, FieldRule]) -> dict[str, Any]:
    return {name: getattr(parsed, name) for name in rules if name in parsed.model_fields_set}


def _party(index: int, person: Any, contract: ProductContract) -> PartyPayload:
    fields = person.identity
    report = getattr(person, "credit_report", None)
    return PartyPayload(
        role=PartyRole.CO_APPLICANT if index else PartyRole.PRIMARY,
        ordinal=index + 1,
        identity=Identity(
            given_name=fields.given_name,
            family_name=fields.family_name,
            birth_date=fields.birth_date,
            national_id=fields.national_id,
            email=fields.email or "",
            telephone=fields.telephone or "",
            address_lines=tuple(fields.address.lines),
            postcode=fields.address.postcode,
        ),
        consent_id=person.consent.id,
        consented_at=person.consent.given_at,
        esign_consented_at=person.electronic_consent.given_at if person.electronic_consent else None,
        stated=_given(person, contract.party),
        report=None
        if report is None
        else {name: getattr(report.facts, name) for name in sorted(report.facts.model_fields_set)},
    )


def _missing(parsed: Any, people: list[Any], contract: ProductContract) -> tuple[str, ...]:
    places = ["/applicant", *(f"/co_applicants/{index}" for index in range(len(people) - 1))]
    of_application = [f"/{name}" for name in _absent(parsed, contract.application)]
    return tuple(
        of_application
        + [
            f"{place}/{name}"
            for place, person in zip(places, people, strict=True)
            for name in _absent(person, contract.party)
        ]
    )


def _absent(parsed: Any, rules: Mapping[Any, FieldRule]) -> list[str]:
    return [
        name
        for name, rule in rules.items()
        if rule.required == "decide" and name not in parsed.model_fields_set
    ]
