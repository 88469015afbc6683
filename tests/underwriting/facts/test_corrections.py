"""A corrected fact takes the place of what was stated or reported, for its party, and what is worked out follows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.factories import make_party, make_user
from tests.underwriting.facts.test_assemble import CONTRACT, NOW, application, report, said
from underwriting.enums import Role
from underwriting.facts.assemble import assemble
from underwriting.facts.corrections import correctable, newest_corrections, value_before
from underwriting.facts.typed import NotLegal, read_typed, unit_in_words
from underwriting.facts.values import Absence, FactSource, FactValue
from underwriting.models import Application, CreditReport, FactCorrection, Party, User

__all__ = ["CONTRACT", "application"]
LATER = datetime(2026, 11, 4, 9, 0, tzinfo=UTC)


def correct(
    application: Application, party: Party, fact: str, value: Any, source: str = "payslip of July"
) -> FactCorrection:
    return FactCorrection.objects.create(
        lender_id=application.lender_id, application=application, party=party, fact=fact, value=value, source=source,
        corrected_by=User.objects.first() or make_user("Ana Ruiz", (application.lender, Role.CREDIT_OFFICER)), corrected_at=LATER,
    )  # fmt: skip


def facts_of(
    application: Application, parties: list[Party], reports: list[CreditReport | None]
) -> dict[str, FactValue]:
    facts, faults = assemble(
        application=application, parties=parties, reports={p.pk: r for p, r in zip(parties, reports, strict=True)}, records={},
        product=application.product, as_of=NOW, duplicate=False, corrections=newest_corrections([application.pk]),
    )  # fmt: skip
    assert faults == []
    return facts


@pytest.mark.django_db
def test_a_corrected_income_has_its_source_and_the_ratios_follow(application: Application) -> None:
    party = make_party(application)
    before = facts_of(application, [party], [report(party, {})])

    correct(application, party, "annual_income", 6_000_000)
    correct(application, party, "annual_income", 7_200_000, "bank statements of May to July")
    after = facts_of(application, [party], [report(party, {})])

    assert after["annual_income"] == FactValue(
        7_200_000, None, FactSource.DOCUMENT, LATER, str(party.public_id), "Corrected from: bank statements of May to July"
    )  # fmt: skip
    assert said(after, "monthly_income", "debt_to_income_ratio") == [600_000, 120_000 * 12 / 7_200_000]
    assert {name for name in after if after[name] != before[name]} >= {"annual_income", "monthly_income"}
    assert after["monthly_obligations"] == before["monthly_obligations"]


@pytest.mark.django_db
def test_a_verified_income_is_the_same_and_read_from_its_document(application: Application) -> None:
    party = make_party(application)
    before = facts_of(application, [party], [report(party, {})])
    row = correct(application, party, "annual_income", 5_220_000)
    assert not row.is_verification
    FactCorrection.objects.create(
        **{name: getattr(row, name) for name in ("lender", "application", "party", "fact", "value", "source", "corrected_by")},
        before=5_220_000,
        corrected_at=LATER,
    )  # fmt: skip

    after = facts_of(application, [party], [report(party, {})])

    assert after["annual_income"] == FactValue(
        5_220_000, None, FactSource.DOCUMENT, LATER, str(party.public_id), "Verified against: payslip of July"
    )
    assert [name for name in after if after[name].value != before[name].value] == []


@pytest.mark.django_db
def test_a_disputed_credit_report_is_corrected_without_touching_the_report(application: Application) -> None:
    party = make_party(application)
    filed = report(party, {"dpd30_count_12m": 2, "months_since_last_delinquency": 3})
    correct(application, party, "dpd30_count_12m", 0, "letter of the bank")
    correct(application, party, "months_since_last_delinquency", {"absence": "NEVER"}, "letter of the bank")

    facts = facts_of(application, [party], [filed])

    assert said(facts, "dpd30_count_12m", "months_since_last_delinquency") == [0, Absence.NEVER]
    assert facts["dpd30_count_12m"].source is FactSource.DOCUMENT
    assert filed.body["dpd30_count_12m"] == 2


@pytest.mark.django_db
def test_of_two_applicants_one_is_corrected(application: Application) -> None:
    first, second = make_party(application), make_party(application, ordinal=2)
    reports: list[CreditReport | None] = [
        report(first, {"dpd30_count_12m": 1}),
        report(second, {"dpd30_count_12m": 4}),
    ]
    correct(application, second, "annual_income", 1_000_000)
    correct(application, second, "dpd30_count_12m", 0)

    facts = facts_of(application, [first, second], reports)

    assert said(facts, "annual_income", "dpd30_count_12m") == [6_220_000, 1]
    assert facts["annual_income"].source is FactSource.DOCUMENT
    assert facts["annual_income"].origin == "Application form; Corrected from: payslip of July"
    assert facts["dpd30_count_12m"].party_id == str(first.public_id)


@pytest.mark.django_db
def test_what_stood_before_and_what_may_be_corrected(application: Application) -> None:
    party = make_party(application)
    facts = facts_of(application, [party], [report(party, {"open_account_count": 5})])

    names = correctable(facts)

    assert {"annual_income", "open_account_count", "employment_type"} <= set(names)
    assert not {
        "requested_amount",
        "purpose",
        "monthly_income",
        "debt_service_ratio",
        "total_account_count",
    } & set(names)
    assert value_before(application=application, party=party, fact="annual_income") == 5_220_000
    correct(application, party, "annual_income", 6_000_000)
    assert value_before(application=application, party=party, fact="annual_income") == 6_000_000
    assert newest_corrections([application.pk + 1]) == {}


@pytest.mark.parametrize(
    ("fact", "typed", "value"),
    [
        ("annual_income", "72,000", 7_200_000),
        ("annual_income", "$72 000.50", 7_200_050),
        ("revolving_utilisation_ratio", "84.5 %", 0.845),
        ("dpd30_count_12m", "0", 0),
        ("employment_tenure_months", "84", 84),
        ("employment_type", "Self employed", "self_employed"),
        ("thin_file_flag", "no", 0),
        ("months_since_last_delinquency", "Never", {"absence": "NEVER"}),
    ],
)
def test_a_value_is_read_in_the_unit_it_is_typed_in(fact: str, typed: str, value: object) -> None:
    assert read_typed(fact, typed, "USD") == value


@pytest.mark.parametrize(
    ("fact", "typed", "sentence"),
    [
        ("annual_income", "-1", "Yearly income: give an amount from $0 to $100,000,000."),
        ("annual_income", "100000001", "Yearly income: give an amount from $0 to $100,000,000."),
        ("annual_income", "12.345", "give an amount"),
        ("annual_income", "never", "give an amount"),
        ("annual_income", "1e9", "give an amount"),
        ("annual_income", "", "give an amount"),
        ("dpd30_count_12m", "1.5", "give a whole number"),
        ("employment_type", "astronaut", "one of the list: salaried, self_employed"),
        ("thin_file_flag", "maybe", "give yes or no."),
        ("months_since_last_delinquency", "soon", "or the word never."),
    ],
)
def test_what_a_fact_cannot_be_is_refused_in_words(fact: str, typed: str, sentence: str) -> None:
    with pytest.raises(NotLegal) as refused:
        read_typed(fact, typed, "USD")
    assert sentence in str(refused.value)


def test_units_are_named() -> None:
    assert [unit_in_words(name, "USD") for name in ("annual_income", "revolving_utilisation_ratio", "thin_file_flag")] == [
        "USD", "%", "yes or no",
    ]  # fmt: skip
    assert unit_in_words("employment_tenure_months", "USD") == "months"
