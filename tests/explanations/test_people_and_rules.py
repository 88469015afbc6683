"""Reasons of rules and of people: those of the part that said no, each tested against the case."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from explanations.officer_reasons import (
    CaseFile,
    ReasonNotTrue,
    reason_holds,
    reasons_from_officer,
    selectable_reasons,
)
from explanations.reason_codes.catalogue import current_catalogue
from explanations.reasons import PrincipalReasons, ReferenceSummary
from explanations.rule_reasons import rule_reasons
from tests.explanations.synthetic import KNOWN_AT
from underwriting.enums import DecisionStage, Outcome
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, FactSource, FactValue
from underwriting.policy.types import Finding, FindingKind, FindingResult


def fact(name: str, value: Any) -> FactValue:
    source = catalogue()[name].source
    origin = "Credit report, Demo Bureau" if source is FactSource.BUREAU else ""
    return FactValue(value, None, source, KNOWN_AT, "party-1", origin)


def finding(
    rule: str,
    code: str | None,
    priority: int = 100,
    result: FindingResult = FindingResult.FAIL,
    **values: Any,
) -> Finding:
    return Finding(
        rule_id=rule, kind=FindingKind.KNOCKOUT, result=result, outcome=Outcome.DECLINE, sentence=f"{rule} holds.", values=values,
        reason_code=code, priority=priority,
    )  # fmt: skip


FACTS = {name: fact(name, value) for name, value in {
    "bankruptcy_count": 1, "dpd90_count_12m": 2, "enquiry_count_90d": 9, "past_due_amount": 31_050, "tax_lien_count": 1,
    "revolving_utilisation_ratio": 0.2, "annual_income": 3_100_000,
}.items()}  # fmt: skip
CASE = CaseFile(
    facts=FACTS,
    findings=[
        finding("enquiries", "EN01", result=FindingResult.REFER, enquiry_count_90d=9),
        finding(
            "mixed", None, result=FindingResult.REFER, revolving_utilisation_ratio=0.2, enquiry_count_90d=9
        ),
    ],
    reference=ReferenceSummary(
        {"enquiry_count_90d": 1.0, "revolving_utilisation_ratio": 0.35, "annual_income": 52_000.0}
    ),
    currency="USD",
)


def test_failed_rules_give_their_codes_by_priority_each_once_at_most_four() -> None:
    findings = [
        finding("late", "PH02", 30, dpd90_count_12m=2),
        finding("passed", "PH15", 1, FindingResult.PASS, past_due_account_count=0),
        finding("bankrupt", "PR02", 10, bankruptcy_count=1),
        finding("bankrupt_again", "PR02", 11, bankruptcy_count=1),
        finding("enquiries", "EN01", 40, enquiry_count_90d=9),
        finding("past_due", "PH04", 50, past_due_amount=31_050),
        finding("lien", "PR06", 60, tax_lien_count=1),
    ]

    found = rule_reasons(findings=findings, facts=FACTS, codes=current_catalogue(), currency="USD")

    assert found.held_because == ""
    assert [(r.rank, r.code, r.text, r.detail, r.stage) for r in found.reasons] == [
        (1, "PR02", "Your credit report shows a bankruptcy.", "Your credit report shows 1 bankruptcy.", DecisionStage.KNOCKOUT),
        (
            2, "PH02", "You had payments that were 90 days late or more in the last 12 months.",
            "You had 2 payments 90 days late or more in the last 12 months.", DecisionStage.KNOCKOUT,
        ),
        (
            3, "EN01", "You applied for credit too many times in the last 90 days.",
            "You applied for credit 9 times in the last 90 days.", DecisionStage.KNOCKOUT,
        ),
        (4, "PH04", "One or more of your accounts is past due now.", "Your credit report shows $311 past due now.", DecisionStage.KNOCKOUT),
    ]  # fmt: skip


@pytest.mark.parametrize("code", [None, "CP04", "BS01", "XX99"])
def test_a_failed_rule_without_a_usable_code_holds_the_notice(code: str | None) -> None:
    found = rule_reasons(
        findings=[finding("odd", code)], facts=FACTS, codes=current_catalogue(), currency="USD"
    )

    assert found == PrincipalReasons((), "Rule odd failed and has no reason code that may be used.")


@pytest.mark.parametrize(
    ("code", "name", "given", "missing", "is_told"),
    [
        ("IN04", "annual_income", {"annual_income": 0}, [], False),
        ("IN04", "annual_income", {}, ["annual_income"], True),
        ("IN05", "debt_to_income_ratio", {"annual_income": 0, "monthly_obligations": 0}, ["debt_to_income_ratio"], False),
        ("IN05", "debt_to_income_ratio", {"annual_income": 0}, ["debt_to_income_ratio", "monthly_obligations"], True),
    ],
)  # fmt: skip
def test_a_rule_says_that_something_was_not_given_only_where_it_was_not(
    code: str, name: str, given: dict[str, int], missing: list[str], is_told: bool
) -> None:
    facts = {each: fact(each, value) for each, value in given.items()} | {
        each: FactValue(None, Absence.UNKNOWN, FactSource.APPLICATION, KNOWN_AT) for each in missing
    }

    values: dict[str, Any] = {name: None}

    found = rule_reasons(
        findings=[finding("missing", code, **values)], facts=facts, codes=current_catalogue(), currency="USD"
    )  # fmt: skip

    assert ([reason.code for reason in found.reasons], bool(found.held_because)) == (
        ([code], False) if is_told else ([], True)
    )


@pytest.mark.parametrize(("name", "value"), [("bankruptcy_count", 0), ("bankruptcy_count", None)])
def test_a_rule_that_failed_by_another_condition_than_its_code_speaks_about_holds_the_notice(
    name: str, value: int | None
) -> None:
    facts = {} if value is None else {name: fact(name, value)}
    findings = [finding("bankrupt_or_lien", "PR02", bankruptcy_count=value, tax_lien_count=2)]

    found = rule_reasons(findings=findings, facts=facts, codes=current_catalogue(), currency="USD")

    assert found == PrincipalReasons(
        (), "Rule bankrupt_or_lien failed, but its reason code PR02 is not true of bankruptcy_count."
    )


def cap_reasons(code: str, **values: Any) -> PrincipalReasons:
    cap = replace(finding("cap", code, **values), kind=FindingKind.AFFORDABILITY)
    return rule_reasons(findings=[cap], facts=FACTS, codes=current_catalogue(), currency="USD")


PAYMENT = {"instalment_minor": 41_200, "monthly_income": 150_000, "largest_payment_minor": 30_000}
LIMIT = {"limit_minor": 20_000, "tier": "C"}
BY_INCOME, BY_DEBTS, BY_TIER = ({"bound": bound} for bound in ("income", "debts", "tier"))
CAPS = [
    ("CP15", PAYMENT | BY_DEBTS, "CP15", "The monthly payment on this loan is more than your income and debts leave room for.",
     "The monthly payment would be $412. The most your income and debts allow is $300.", "or pay down other debts."),
    ("CP15", PAYMENT | BY_INCOME, "CP16", "The monthly payment on this loan is more than your income leaves room for.",
     "The monthly payment would be $412. The most your income allows is $300.", "Ask for a smaller loan or a longer time to repay it."),
    ("CP01", PAYMENT | BY_INCOME, "CP16", "The monthly payment on this loan is more than your income leaves room for.",
     "The monthly payment would be $412. The most your income allows is $300.", "Ask for a smaller loan or a longer time to repay it."),
    ("CP08", PAYMENT | BY_INCOME, "CP08", "The monthly payment on this loan is too large compared with your income.",
     "The monthly payment would be $412. The most your income allows is $300.", "Ask for a smaller loan or a longer time to repay it."),
    ("CP12", LIMIT | BY_DEBTS, "CP12", "The credit limit your income and debts leave room for is below the least we offer.",
     "The limit your income and debts allow is $200.", "Pay down other debts, or apply again if your income rises."),
    ("CP12", LIMIT | BY_INCOME, "CP17", "The credit limit your income leaves room for is below the least we offer.",
     "The limit your income allows is $200.", "Apply again if your income rises."),
]  # fmt: skip


@pytest.mark.parametrize(("code", "values", "told", "text", "detail", "do"), CAPS)
def test_a_cap_is_told_in_the_figures_it_compared_and_names_debts_where_they_were_the_bound(
    code: str, values: dict[str, Any], told: str, text: str, detail: str, do: str
) -> None:
    found = cap_reasons(code, **values)

    [reason] = found.reasons
    assert (reason.code, reason.text, reason.detail, reason.stage) == (told, text, detail, DecisionStage.CAP)
    assert do in reason.do
    assert ("debts" in f"{reason.text} {reason.detail} {reason.factor} {reason.do}") is (
        values["bound"] == "debts"
    )
    assert found.held_because == ""


@pytest.mark.parametrize(
    ("code", "values"),
    [("CP12", LIMIT | BY_TIER), ("CP08", PAYMENT | BY_DEBTS), ("CP06", PAYMENT | BY_INCOME)],
)
def test_a_cap_that_was_not_reached_by_what_its_code_says_holds_the_notice(
    code: str, values: dict[str, Any]
) -> None:
    assert cap_reasons(code, **values) == PrincipalReasons(
        (), f"Rule cap failed, but not by what its reason code {code} says."
    )


@pytest.mark.parametrize(
    ("code", "holds", "because"),
    [
        ("EN01", True, "Credit enquiries, 90 days is 9; the rule was not met: enquiries holds."),
        (
            "UT01",
            False,
            "Share of card and line limits in use is 20%, which is no worse than the 35% usual for people who just qualify.",
        ),
        (
            "CP10",
            True,
            "Yearly income is $31,000, which is worse than the $52,000 usual for people who just qualify.",
        ),
        ("PR02", True, "Bankruptcies is 1."),
        ("PH01", False, "Payments 30 days late or more, 12 months is not on file."),
        (
            "PH02",
            False,
            "Payments 90 days late or more, 12 months is 2; no rule objects to it and the score does not read it.",
        ),
    ],
)
def test_a_chosen_reason_is_tested_against_the_case(code: str, holds: bool, because: str) -> None:
    test = reason_holds(current_catalogue().codes[code], CASE)

    assert (test.holds, test.because) == (holds, because)


def test_the_list_of_reasons_starts_with_those_that_hold() -> None:
    listed = selectable_reasons(CASE, current_catalogue())

    assert [reason.code for reason in listed if reason.test.holds] == ["PR02", "EN01", "CP10", "PR06"]
    assert [reason.test.holds for reason in listed] == sorted(
        (reason.test.holds for reason in listed), reverse=True
    )
    enquiries = next(reason for reason in listed if reason.code == "EN01")
    assert enquiries.officer_text == "Many enquiries in the last 90 days"
    assert "PU01" not in {reason.code for reason in listed}


@pytest.mark.parametrize(
    ("chosen", "complaint"),
    [
        ([], "Choose one to 4 different reasons."),
        (["PR02", "PR02"], "Choose one to 4 different reasons."),
        (["PR02", "EN01", "CP10", "PR06", "PH04"], "Choose one to 4 different reasons."),
        (
            ["UT01"],
            "Share of credit limits in use: Share of card and line limits in use is 20%, which is no worse",
        ),
        (["PU01"], "PU01 is not a reason that can be chosen."),
    ],
)
def test_a_person_cannot_give_a_reason_that_is_not_true(chosen: list[str], complaint: str) -> None:
    with pytest.raises(ReasonNotTrue, match=complaint.replace(".", r"\.")):
        reasons_from_officer(chosen, stage=DecisionStage.JUDGEMENT, case=CASE, codes=current_catalogue())


@pytest.mark.parametrize(
    ("code", "values", "usual", "text"),
    [
        ("CP10", {"annual_income": 3_100_000}, 30_000.0, "Your yearly income is too low for what you asked for."),
        ("CP10", {"annual_income": 3_100_000}, 31_000.0, "Your yearly income is too low for what you asked for."),
        ("CP10", {"annual_income": 3_100_000}, None, "Your yearly income is too low for what you asked for."),
        ("CP10", {"annual_income": 3_100_000}, 52_000.0, "Your yearly income is lower than is usual for those who just pass our checks."),
        ("CP04", {"monthly_income": 258_300}, None, "Your monthly income is too low for what you asked for."),
    ],
)  # fmt: skip
def test_a_person_compares_with_those_who_just_qualify_only_where_the_comparison_holds(
    code: str, values: dict[str, int], usual: float | None, text: str
) -> None:
    [name] = values
    case = CaseFile(
        facts={name: fact(name, values[name])},
        findings=[finding("income", None, result=FindingResult.REFER, **values)],
        reference=ReferenceSummary({name: usual}),
        currency="USD",
    )

    [told] = reasons_from_officer(
        [code], stage=DecisionStage.JUDGEMENT, case=case, codes=current_catalogue()
    ).reasons

    assert told.text == text
