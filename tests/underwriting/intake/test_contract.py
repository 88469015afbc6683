"""Contracts: the demo's three, what a contract may say, and the JSON Schema made of it."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.factories import make_lender, make_policy_version, make_product
from tests.underwriting.api.calling import KINDS, body, contract
from underwriting.enums import PolicyState
from underwriting.facts.catalogue import catalogue
from underwriting.intake.contract import check_contract
from underwriting.intake.examples import application_examples, application_schema
from underwriting.intake.fields import report_facts
from underwriting.intake.offered import check_offered
from underwriting.intake.payload import ContractViolated, NotOffered
from underwriting.intake.read import read_application
from underwriting.models import Product

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DEMO_POLICIES = Path(__file__).resolve().parents[3] / "underwriting" / "policy" / "demo"
pytestmark = pytest.mark.django_db


@pytest.fixture(params=sorted(KINDS))
def product(request: pytest.FixtureRequest) -> Product:
    return make_product(make_lender(), request.param, KINDS[request.param], contract=contract(request.param))


def test_the_examples_of_each_schema_are_complete_and_accepted(product: Product) -> None:
    schema = application_schema(product)
    rules = check_contract(product.contract)

    assert schema["examples"] == application_examples(product)
    for example in schema["examples"]:
        payload = read_application(product=product, body=example, now=NOW)
        assert payload.missing_fields == ()
        assert set(payload.stated) == set(rules.application)
        assert all(set(party.stated) == set(rules.party) for party in payload.parties)


def test_each_schema_names_the_facts_a_report_may_carry(product: Product) -> None:
    facts = application_schema(product)["$defs"]["ReportFacts"]["properties"]

    assert set(facts) == set(report_facts())
    assert all(catalogue()[name].source == "BUREAU" for name in facts)


@pytest.mark.parametrize(
    ("where", "name", "rule"),
    [
        ("party", "shoe_size", {"required": "no"}),
        ("party", "annual_income", {"required": "always"}),
        ("party", "annual_income", {"required": "no", "minimum": "10"}),
        ("party", "housing", {"required": "no", "choices": ["castle"]}),
        ("application", "requested_term_months", {"required": "submit", "choices": [36, 1000]}),
        ("application", "annual_income", {"required": "no"}),
        ("application", "purpose", {"required": "no", "colour": "red"}),
    ],
)
def test_a_contract_that_cannot_be_kept_is_refused(where: str, name: str, rule: dict[str, Any]) -> None:
    document = copy.deepcopy(contract("instalment-loan"))
    document[where][name] = rule

    with pytest.raises(ValueError, match=r"."):
        check_contract(document)


def test_choices_and_bounds_narrow_the_catalogue() -> None:
    document = copy.deepcopy(contract("instalment-loan"))
    document["party"]["housing"] = {"required": "submit", "choices": ["own", "rent"]}
    document["party"]["annual_income"] = {"required": "no", "minimum": "58000.01"}
    product = make_product(make_lender(), contract=document)
    content = body()
    content["applicant"]["housing"] = "mortgage"

    with pytest.raises(ContractViolated) as violation:
        read_application(product=product, body=content, now=NOW)

    assert [(error.path, error.code) for error in violation.value.errors] == [
        (("applicant", "annual_income"), "amount_out_of_range"), (("applicant", "housing"), "choice_invalid"),
    ]  # fmt: skip


def test_a_field_that_is_not_in_the_contract_was_not_asked_for() -> None:
    document = copy.deepcopy(contract("instalment-loan"))
    del document["party"]["housing"]
    document["credit_report"] = "refused"
    document["co_applicants_maximum"] = 0
    product = make_product(make_lender(), contract=document)
    content = body(co_applicants=[])
    content["applicant"]["credit_report"] = {"facts": {}}

    with pytest.raises(ContractViolated) as violation:
        read_application(product=product, body=content, now=NOW)

    assert {error.path for error in violation.value.errors} == {
        ("applicant", "housing"), ("applicant", "credit_report"), ("co_applicants",),
    }  # fmt: skip


@pytest.mark.parametrize("facts", [{}, {"dpd30_count_12m": {"absence": "UNKNOWN"}}])
def test_a_report_without_a_single_value_is_refused(facts: dict[str, Any]) -> None:
    product = make_product(make_lender(), contract=contract("instalment-loan"))
    content = body()
    content["applicant"]["credit_report"] = {"facts": facts}

    with pytest.raises(ContractViolated) as violation:
        read_application(product=product, body=content, now=NOW)

    assert [(error.path, error.code) for error in violation.value.errors] == [
        (("applicant", "credit_report", "facts"), "report_empty")
    ]
    assert application_schema(product)["$defs"]["ReportFacts"]["minProperties"] == 1


def test_a_broken_policy_document_does_not_turn_anybody_away() -> None:
    product = make_product(make_lender(), contract=contract("instalment-loan"))
    check_offered(product=product, channel="web", purpose="car", now=NOW)
    make_policy_version(product, {"nonsense": True})

    check_offered(product=product, channel="web", purpose="car", now=NOW)


def test_outside_the_segments_of_the_active_policy_nothing_is_offered() -> None:
    document = json.loads((DEMO_POLICIES / "harbour.json").read_text(encoding="utf-8"))
    document["segments"] = {**document["segments"], "channels": ["web"], "purposes": ["car"]}
    product = make_product(make_lender(), contract=contract("instalment-loan"))
    make_policy_version(product, document)

    check_offered(product=product, channel="web", purpose="car", now=NOW)
    for channel, purpose in (("branch", "car"), ("web", "wedding")):
        with pytest.raises(NotOffered):
            check_offered(product=product, channel=channel, purpose=purpose, now=NOW)


def test_a_scheduled_version_whose_moment_has_come_is_the_one_asked() -> None:
    document = json.loads((DEMO_POLICIES / "harbour.json").read_text(encoding="utf-8"))
    scheduled = {**document, "segments": {**document["segments"], "purposes": ["car"]}}
    product = make_product(make_lender(), contract=contract("instalment-loan"))
    make_policy_version(product, document, document_sha256="1" * 64)
    make_policy_version(
        product, scheduled, document_sha256="2" * 64, number=2, state=PolicyState.APPROVED, active_from=NOW
    )

    check_offered(product=product, channel="web", purpose="medical", now=NOW - timedelta(seconds=1))
    with pytest.raises(NotOffered):
        check_offered(product=product, channel="web", purpose="medical", now=NOW)
