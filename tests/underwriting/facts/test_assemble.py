"""Facts of stored applications: every fact of the catalogue, with source, moment, origin, and the right absence."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.factories import make_application, make_lender, make_party, make_product
from underwriting.facts.assemble import assemble
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, FactSource, FactValue
from underwriting.models import Application, CreditReport, CustomerRecord, Party
from underwriting.outcomes.repaid import RepaymentRecord
from underwriting.policy.types import FaultKind, TechnicalFault

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 2, 14, 31, tzinfo=UTC)
REPORTED_AT = datetime(2026, 11, 2, 14, 30, 30, tzinfo=UTC)
CONTRACT = {
    "version": 1,
    "application": {
        "requested_amount": {"required": "submit"},
        "requested_term_months": {"required": "submit"},
    },
    "party": {"annual_income": {"required": "no"}, "monthly_obligations": {"required": "no"}},
}


@pytest.fixture
def application() -> Application:
    return make_application(make_product(make_lender(), contract=CONTRACT))


def report(party: Party, body: dict[str, Any], **changes: Any) -> CreditReport:
    return CreditReport(
        lender_id=party.lender_id, application_id=party.application_id, party=party, person_index=b"i" * 32,
        consent_id=party.consent_id, bureau="Demo Bureau", body=body, reported_at=REPORTED_AT, received_at=NOW, **changes,
    )  # fmt: skip


def assembled(
    application: Application,
    parties: list[Party],
    reports: list[CreditReport | None],
    records: dict[int, RepaymentRecord | None] | None = None,
    duplicate: bool = False,
) -> tuple[dict[str, FactValue], list[TechnicalFault]]:
    return assemble(
        application=application,
        parties=parties,
        reports={party.pk: found for party, found in zip(parties, reports, strict=True)},
        records=records or {},
        product=application.product,
        as_of=NOW,
        duplicate=duplicate,
    )


def said(facts: dict[str, FactValue], *names: str) -> list[object]:
    return [facts[name].value if facts[name].absence is None else facts[name].absence for name in names]


def test_every_fact_of_the_catalogue_is_there_once_with_its_source(application: Application) -> None:
    party = make_party(application)
    facts, faults = assembled(application, [party], [report(party, {"open_account_count": 5})])
    assert faults == []
    assert {name: fact.source for name, fact in facts.items()} == {
        definition.name: definition.source for definition in catalogue().values()
    }


def test_a_fact_says_where_it_is_from_whose_it_is_and_since_when(application: Application) -> None:
    party = make_party(application)
    facts, _ = assembled(application, [party], [report(party, {"open_account_count": 5}, bureau_score=710)])
    person = str(party.public_id)
    received = application.received_at
    assert [facts[name] for name in ("annual_income", "open_account_count", "bureau_score")] == [
        FactValue(5_220_000, None, FactSource.APPLICATION, received, person, "Application form"),
        FactValue(5, None, FactSource.BUREAU, REPORTED_AT, person, "Credit report, Demo Bureau"),
        FactValue(710, None, FactSource.BUREAU, REPORTED_AT, person, "Credit report, Demo Bureau"),
    ]


def test_the_ratios_rest_on_stated_values(application: Application) -> None:
    party = make_party(application)
    facts, _ = assembled(application, [party], [report(party, {})])
    assert said(facts, "monthly_income", "debt_to_income_ratio", "debt_to_income_without_mortgage_ratio") == [
        435_000, 120_000 * 12 / 5_220_000, 45_000 * 12 / 5_220_000,
    ]  # fmt: skip


def test_a_field_asked_for_and_not_given_is_unknown_and_one_not_asked_for_was_not_asked(
    application: Application,
) -> None:
    party = make_party(application, stated={})
    facts, faults = assembled(application, [party], [report(party, {})])
    names = ("annual_income", "debt_to_income_ratio", "loan_to_income_ratio", "housing", "employment_type")
    assert said(facts, *names) == [Absence.UNKNOWN] * 3 + [Absence.NOT_ASKED] * 2
    assert faults == []


def test_what_a_report_says_never_happened_is_never_and_what_it_leaves_out_it_does_not_cover(
    application: Application,
) -> None:
    party = make_party(application)
    body = {
        "months_since_last_delinquency": {"absence": "NEVER"},
        "revolving_utilisation_ratio": {"absence": "UNKNOWN"},
    }
    facts, faults = assembled(application, [party], [report(party, body)])
    names = ("months_since_last_delinquency", "revolving_utilisation_ratio", "dpd30_count_12m")
    assert (said(facts, *names), faults) == ([Absence.NEVER, Absence.UNKNOWN, Absence.NOT_ASKED], [])


def test_without_a_report_and_without_a_file_everything_of_the_bureau_is_unknown(
    application: Application,
) -> None:
    party = make_party(application)
    for found in (None, report(party, {"bureau_hit_flag": 0})):
        facts, _ = assembled(application, [party], [found])
        assert said(facts, "dpd30_count_12m", "open_account_count") == [Absence.UNKNOWN] * 2


def test_a_value_out_of_range_is_unknown_and_a_fault_and_never_clipped(application: Application) -> None:
    party = make_party(application)
    body = {
        "dpd30_count_12m": 201,
        "open_account_count": 3.5,
        "bureau_hit_flag": True,
        "oldest_account_age_months": 12.0,
    }
    facts, faults = assembled(application, [party], [report(party, body, bureau_score=1)])
    names = (
        "dpd30_count_12m",
        "open_account_count",
        "bureau_score",
        "bureau_hit_flag",
        "oldest_account_age_months",
    )
    assert said(facts, *names) == [Absence.UNKNOWN] * 3 + [1, 12]
    assert [fault.kind for fault in faults] == [FaultKind.FACT_OUT_OF_RANGE] * 3
    assert {fault.detail for fault in faults} >= {
        "Open accounts: the value from the credit report is not one this fact can have."
    }


@pytest.mark.parametrize("nonsense", ["7", float("nan"), [1], {"absence": "MAYBE"}, {}])
def test_nonsense_is_a_fault_too(application: Application, nonsense: object) -> None:
    party = make_party(application)
    facts, faults = assembled(application, [party], [report(party, {"dpd30_count_12m": nonsense})])
    assert (said(facts, "dpd30_count_12m"), [fault.kind for fault in faults]) == (
        [Absence.UNKNOWN], [FaultKind.FACT_OUT_OF_RANGE],
    )  # fmt: skip


def test_a_joint_application_adds_incomes_and_takes_the_worst_report(application: Application) -> None:
    other = make_party(application, ordinal=2, given_name="Paul")
    primary = make_party(application)
    reports: list[CreditReport | None] = [
        report(other, {"bankruptcy_count": 1, "revolving_balance": 900}, bureau_score=600),
        report(primary, {"bankruptcy_count": 0, "revolving_balance": 100}, bureau_score=700),
    ]
    facts, _ = assembled(application, [other, primary], reports)
    assert said(facts, "annual_income", "monthly_obligations") == [10_440_000, 240_000]
    told = {
        n: (facts[n].value, facts[n].party_id)
        for n in ("bankruptcy_count", "bureau_score", "revolving_balance")
    }
    assert told == {
        "bankruptcy_count": (1, str(other.public_id)),
        "bureau_score": (600, str(other.public_id)),
        "revolving_balance": (100, str(primary.public_id)),
    }


def test_the_record_with_us_is_a_source_of_its_own(application: Application) -> None:
    party = make_party(application)
    record = CustomerRecord(
        lender_id=party.lender_id, person_index=bytes(party.person_index), instalments_due_count=40,
        instalments_on_time_count=30, mean_days_late=Decimal("2.50"), restructure_request_count_24m=1, as_of=REPORTED_AT,
    )  # fmt: skip
    facts, _ = assembled(application, [party], [report(party, {})], {party.pk: RepaymentRecord.of(record)})
    names = ("prior_on_time_ratio", "prior_days_late_mean", "prior_restructure_count_24m")
    assert said(facts, *names) == [0.75, 2.5, 1]
    assert facts["prior_on_time_ratio"].origin == "Our record of earlier loans"
    without, _ = assembled(application, [party], [report(party, {})])
    assert said(without, *names) == [Absence.NOT_ASKED] * 3


def test_a_possible_duplicate_is_flagged(application: Application) -> None:
    party = make_party(application)
    found = [
        assembled(application, [party], [None], duplicate=flag)[0]["possible_duplicate_flag"].value
        for flag in (True, False)
    ]
    assert found == [1, 0]
