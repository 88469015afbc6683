"""Whose facts a person sees with their values: their own, the loan's, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import timezone

from frontend.applicant.access import Visit, stranger
from frontend.applicant.facts import used_facts
from frontend.applicant.texts import texts_in
from tests.explanations.synthetic import KNOWN_AT
from tests.factories import make_application, make_assessment, make_lender, make_party, make_product
from underwriting.facts.values import Absence, FactSource, FactValue, facts_to_json
from underwriting.models import ApplicantLink, Party


@pytest.fixture
def parties(db: None) -> tuple[Party, Party]:
    application = make_application(make_product(make_lender()))
    return make_party(application), make_party(application, ordinal=2, given_name="Johan")


def seen(party: Party, facts: dict[str, FactValue], *, language: str = "en", party_count: int = 2) -> Any:
    request = RequestFactory().get("/")
    link = ApplicantLink(application=party.application, party=party)
    visit = Visit(
        request=request,
        link=link,
        token="t",
        texts=texts_in(language),
        actor=stranger(request),
        now=timezone.now(),
    )
    assessment = make_assessment(party.application, facts=facts_to_json(facts))
    return used_facts(visit, assessment, party_count=party_count)


def fact(
    value: Any, source: FactSource, party: Party | None, *, absence: Absence | None = None, origin: str = ""
) -> FactValue:
    return FactValue(value, absence, source, KNOWN_AT, str(party.public_id) if party else None, origin)


def test_a_joint_sum_and_the_other_persons_facts_are_named_without_value(
    parties: tuple[Party, Party],
) -> None:
    mine, other = parties
    facts = {
        "requested_amount": fact(1_000_000, FactSource.APPLICATION, None, origin="Application form"),
        "annual_income": fact(9_900_000, FactSource.APPLICATION, None),
        "debt_to_income_ratio": fact(0.31, FactSource.DERIVED, None),
        "bankruptcy_count": fact(1, FactSource.BUREAU, other),
        "open_account_count": fact(7, FactSource.BUREAU, mine, origin="Credit report, Demo Bureau"),
    }

    found = seen(mine, facts)

    shown = {one.name: (one.value, one.about) for rows in found.own.values() for one in rows}
    assert shown == {
        "requested_amount": ("$10,000", "Your application, read on November 3, 2026."),
        "open_account_count": ("7", "Credit report, Demo Bureau, read on November 3, 2026."),
    }
    assert [(one.label, one.value, one.about) for one in found.joint] == [
        ("Yearly income", "", ""),
        ("Debt payments compared with income", "", ""),
    ]
    assert set(found.disputable) == {*shown, "annual_income", "debt_to_income_ratio"}
    assert found.other == ["Bankruptcies"]


def test_somebody_alone_sees_every_fact_that_was_used(parties: tuple[Party, Party]) -> None:
    mine, _ = parties
    facts = {
        "annual_income": fact(9_900_000, FactSource.APPLICATION, mine),
        "debt_to_income_ratio": fact(0.31, FactSource.DERIVED, None),
        "months_since_last_delinquency": fact(None, FactSource.BUREAU, mine, absence=Absence.NEVER),
        "bureau_score": fact(None, FactSource.BUREAU, mine, absence=Absence.UNKNOWN),
        "tax_lien_count": fact(None, FactSource.BUREAU, mine, absence=Absence.NOT_ASKED),
    }

    found = seen(mine, facts, party_count=1)

    assert {one.name: one.value for rows in found.own.values() for one in rows} == {
        "annual_income": "$99,000",
        "debt_to_income_ratio": "31%",
        "months_since_last_delinquency": "It has not happened",
        "bureau_score": "Not known",
    }
    assert (found.joint, found.other) == ([], [])


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("es", ("Vivienda", "Alquilada", "Su solicitud, consultado el 3 de noviembre de 2026.")),
        ("hi", ("रहने की जगह", "किराये का", "आपका आवेदन, 3 नवंबर 2026 को पढ़ा गया।")),
    ],
)
def test_facts_are_named_in_the_language_of_the_page(
    parties: tuple[Party, Party], language: str, expected: tuple[str, str, str]
) -> None:
    mine, _ = parties
    facts = {"housing": fact("rent", FactSource.APPLICATION, mine, origin="Application form")}

    rows = seen(mine, facts, language=language).own[FactSource.APPLICATION]

    assert [(one.label, one.value, one.about) for one in rows] == [expected]
