"""JSON Schema of a product's application, with complete examples that the contract accepts."""

from __future__ import annotations

from typing import Any

from underwriting.facts.catalogue import Unit, catalogue
from underwriting.intake.body import application_model
from underwriting.intake.contract import FieldRule, ProductContract, check_contract
from underwriting.intake.fields import minor_units, money_text
from underwriting.models import Product

_TYPICAL: dict[str, Any] = {
    "requested_amount": "12000.00", "requested_term_months": 36, "purpose": "debt_consolidation", "annual_income": "58000.00",
    "monthly_obligations": "1450.00", "monthly_obligations_without_mortgage": "450.00", "employment_type": "salaried",
    "employment_tenure_months": 84, "housing": "rent",
}  # fmt: skip
_REPORT: dict[str, Any] = {
    "bureau_hit_flag": 1, "bureau_score": 712, "delinquency_30d_count_24m": 0, "months_since_last_delinquency": {"absence": "NEVER"},
    "enquiry_count_6m": 1, "open_account_count": 9, "total_account_count": 22, "public_record_count": 0,
    "revolving_utilisation_ratio": 0.42, "revolving_balance": "8120.00", "oldest_account_age_months": 164,
}  # fmt: skip


def application_schema(product: Product) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a product's application."""
    schema = application_model(product).model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Application for {product.name}",
        **{name: part for name, part in schema.items() if name != "title"},
        "examples": application_examples(product),
    }


def application_examples(product: Product) -> list[dict[str, Any]]:
    """One applicant with every field, and, where the contract takes them, a joint application with a credit report sent along."""
    contract = check_contract(product.contract)
    single = _application(product, contract)
    examples = [single]
    if contract.credit_report == "accepted" or contract.co_applicants_maximum:
        joint = _application(product, contract)
        if contract.credit_report == "accepted":
            joint["applicant"]["credit_report"] = {"facts": dict(_REPORT)}
        if contract.co_applicants_maximum:
            joint["co_applicants"] = [
                _party(contract, given_name="Jonas", national_id="TEST-900-00-0002", consent="consent-0002")
            ]
        examples.append(joint)
    return examples


def _application(product: Product, contract: ProductContract) -> dict[str, Any]:
    return {
        "product": product.code,
        "currency": product.lender.currency,
        "language": "en",
        **{name: _value(name, rule) for name, rule in contract.application.items()},
        "applicant": _party(
            contract, given_name="Maria", national_id="TEST-900-00-0001", consent="consent-0001"
        ),
    }


def _party(contract: ProductContract, *, given_name: str, national_id: str, consent: str) -> dict[str, Any]:
    return {
        "identity": {
            "given_name": given_name,
            "family_name": "Example",
            "birth_date": "1988-04-17",
            "national_id": national_id,
            "email": f"{given_name.lower()}@example.test",
            "telephone": "+1 207 555 0199",
            "address": {"lines": ["12 Elm Street", "Portland, ME"], "postcode": "04101"},
        },
        "consent": {"id": consent, "given_at": "2026-01-05T14:30:00Z"},
        "electronic_consent": {"given_at": "2026-01-05T14:30:00Z"},
        **{name: _value(name, rule) for name, rule in contract.party.items()},
    }


def _value(name: str, rule: FieldRule) -> Any:
    typical = _TYPICAL[name]
    if rule.choices:
        return typical if typical in rule.choices else rule.choices[0]
    if catalogue()[name].unit is not Unit.MONEY:
        return typical
    low = minor_units(rule.minimum) if rule.minimum else 0
    high = minor_units(rule.maximum) if rule.maximum else minor_units(typical)
    return money_text(min(max(minor_units(typical), low), high))
