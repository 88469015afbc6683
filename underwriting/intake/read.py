"""A body checked against its product's contract, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from underwriting.enums import Language, PartyRole
from underwriting.intake.body import application_model
from underwriting.intake.contract import FieldRule, ProductContract, check_contract
from underwriting.intake.payload import (
    ApplicationPayload,
    ContractError,
    ContractViolated,
    NotOffered,
    PartyPayload,
)
from underwriting.models import Product
from underwriting.people.identity import Identity

_CODES = {"missing": "required", "extra_forbidden": "unknown_field"}


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
