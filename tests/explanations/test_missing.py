"""What is said of a figure that is not on file: that it is missing, that there is no file, or nothing, and then the notice waits."""

from __future__ import annotations

import pytest

from explanations.reasons import PrincipalReasons
from tests.explanations.synthetic import KNOWN_AT
from tests.explanations.test_principal_reasons import given_reasons
from underwriting.facts.values import Absence, FactSource, FactValue


def absent(absence: Absence, source: FactSource = FactSource.BUREAU) -> FactValue:
    return FactValue(None, absence, source, KNOWN_AT)


def test_a_missing_figure_says_that_it_is_missing() -> None:
    found = given_reasons({"enquiry_count_90d": 0.4}, enquiry_count_90d=absent(Absence.UNKNOWN))

    assert [(r.code, r.text, r.value) for r in found.reasons] == [
        ("MI01", "Your credit report has no figure for this: number of recent enquiries.", None)
    ]


def test_a_missing_figure_without_a_credit_file_says_that_there_is_no_file() -> None:
    no_file = FactValue(0, None, FactSource.BUREAU, KNOWN_AT)

    found = given_reasons(
        {"enquiry_count_90d": 0.4}, enquiry_count_90d=absent(Absence.UNKNOWN), bureau_hit_flag=no_file
    )

    assert [(r.code, r.text) for r in found.reasons] == [
        ("CH04", "We could not find a credit record for you.")
    ]


def test_a_report_that_never_came_is_not_said_to_lack_a_figure() -> None:
    found = given_reasons(
        {"enquiry_count_90d": 0.4},
        enquiry_count_90d=absent(Absence.UNKNOWN),
        bureau_hit_flag=absent(Absence.UNKNOWN),
    )

    assert found == PrincipalReasons(
        (),
        "Number of recent enquiries: not on file, and its absence may not count against the applicant.",
    )


def test_an_income_that_was_not_given_is_told_so() -> None:
    found = given_reasons(
        {"annual_income": 0.4}, annual_income=absent(Absence.UNKNOWN, FactSource.APPLICATION)
    )

    assert [(r.code, r.text) for r in found.reasons] == [("IN04", "We did not have your income.")]


@pytest.mark.parametrize(
    ("income", "codes", "held_because"),
    [
        (FactValue(None, Absence.UNKNOWN, FactSource.APPLICATION, KNOWN_AT), ["IN04"], ""),
        (
            FactValue(0, None, FactSource.APPLICATION, KNOWN_AT),
            [],
            "Loan amount compared with income: not on file, and its absence may not count against the applicant.",
        ),
    ],
)
def test_an_income_that_was_given_is_not_said_to_be_missing_where_a_ratio_is(
    income: FactValue, codes: list[str], held_because: str
) -> None:
    found = given_reasons(
        {"loan_to_income_ratio": 0.4},
        loan_to_income_ratio=absent(Absence.UNKNOWN, FactSource.DERIVED),
        annual_income=income,
    )

    assert ([reason.code for reason in found.reasons], found.held_because) == (codes, held_because)


@pytest.mark.parametrize("absence", [Absence.UNKNOWN, Absence.NEVER, Absence.NOT_ASKED])
def test_never_having_missed_a_payment_holds_the_notice_and_the_next_group_does_not_step_up(
    absence: Absence,
) -> None:
    found = given_reasons(
        {"months_since_last_delinquency": 0.6, "enquiry_count_90d": 0.3},
        months_since_last_delinquency=absent(absence),
    )

    assert found.held_because.startswith("Time since last missed payment: ")
    assert [(r.code, r.rank) for r in found.reasons] == [("EN01", 2)]


def test_without_a_credit_file_an_absent_delinquency_is_told_as_no_file() -> None:
    found = given_reasons(
        {"months_since_last_delinquency": 0.6},
        months_since_last_delinquency=absent(Absence.UNKNOWN),
        bureau_hit_flag=FactValue(0, None, FactSource.BUREAU, KNOWN_AT),
    )

    assert (found.held_because, [r.code for r in found.reasons]) == ("", ["CH04"])
