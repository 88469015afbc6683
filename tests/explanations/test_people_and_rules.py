"""Reasons of rules and of people: those of the part that said no, each tested against the case."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from explanations.merge import merge_for_person
from explanations.officer_reasons import (
    CaseFile,
    ReasonNotTrue,
    reason_holds,
    reasons_from_officer,
    selectable_reasons,
)
from explanations.reason_codes.catalogue import current_catalogue
from explanations.reasons import PrincipalReasons, Reason, ReferenceSummary
from explanations.rule_reasons import rule_reasons
from tests.explanations.synthetic import KNOWN_AT
from tests.explanations.test_principal_reasons import given_reasons
from underwriting.enums import DecisionStage, Outcome
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import FactSource, FactValue
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
    ("CP12", LIMIT | BY_DEBTS, "CP12", "The credit limit that your income and debts allow is below the smallest limit we offer.",
     "The limit your income and debts allow is $200.", "Pay down other debts, or apply again if your income rises."),
    ("CP12", LIMIT | BY_INCOME, "CP17", "The credit limit that your income allows is below the smallest limit we offer.",
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
    assert enquiries.officer_text == "Number of recent enquiries"
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


def test_a_person_who_declines_a_passing_case_gives_their_reasons_alone() -> None:
    person = reasons_from_officer(
        ["PR02"], stage=DecisionStage.JUDGEMENT, case=CASE, codes=current_catalogue()
    )
    score = given_reasons({"enquiry_count_90d": 0.5})

    merged = merge_for_person(stage=DecisionStage.JUDGEMENT, person=person, score=score, max_reasons=4)

    assert [(r.rank, r.code, r.stage) for r in merged.reasons] == [(1, "PR02", DecisionStage.JUDGEMENT)]


def test_in_the_grey_band_the_persons_reasons_come_first_and_the_score_fills_up_to_four() -> None:
    person = reasons_from_officer(
        ["PR06", "EN01"], stage=DecisionStage.GREY_BAND, case=CASE, codes=current_catalogue()
    )
    score = given_reasons(
        {
            "enquiry_count_90d": 0.9,
            "revolving_utilisation_ratio": 0.5,
            "annual_income": 0.4,
            "loan_to_income_ratio": 0.3,
        }
    )

    merged = merge_for_person(stage=DecisionStage.GREY_BAND, person=person, score=score, max_reasons=4)

    assert [(r.rank, r.code, r.stage) for r in merged.reasons] == [
        (1, "PR06", DecisionStage.GREY_BAND),
        (2, "EN01", DecisionStage.GREY_BAND),
        (3, "UT01", DecisionStage.SCORE),
        (4, "CP10", DecisionStage.SCORE),
    ]


FOUR = {
    "credit_seeking": "enquiry_count_90d",
    "utilisation": "revolving_utilisation_ratio",
    "income_level": "annual_income",
    "amount_vs_income": "loan_to_income_ratio",
}


def score_without(*unworded: str, groups: int = 4) -> PrincipalReasons:
    """The score's reasons as an assessment stores them, most important first; those of `unworded` groups failed their test."""
    ranked = list(FOUR)[:groups]
    found = given_reasons(
        {FOUR[group]: 0.9 - 0.1 * place for place, group in enumerate(ranked)},
        repair={group: 0.1 if group in unworded else -0.2 for group in ranked},
    )
    return PrincipalReasons(
        tuple(Reason.from_json(reason.to_json()) for reason in found.reasons), found.held_because
    )


def not_named(group: str) -> str:
    return f"With usual values for '{group}' the risk would not fall, so it may not be named as a reason."


@pytest.mark.parametrize(
    ("person", "score", "codes", "held_because"),
    [
        (["PR06"], score_without("credit_seeking"), ["PR06", "UT01", "CP10", "CP02"], not_named("credit_seeking")),
        (["PR06"], score_without("income_level", groups=3), ["PR06", "EN01", "UT01"], not_named("income_level")),
        (["PR06"], score_without("credit_seeking", groups=1), ["PR06"], not_named("credit_seeking")),
        (["PR06"], score_without("income_level"), ["PR06", "EN01", "UT01", "CP02"], not_named("income_level")),
        (["PR06"], PrincipalReasons((), "Not explained."), ["PR06"], "Not explained."),
        # told without it: it would have been the fifth
        (["PR06"], score_without("amount_vs_income"), ["PR06", "EN01", "UT01", "CP10"], ""),
        (["PR06", "PR02", "CP10"], score_without("utilisation"), ["PR06", "PR02", "CP10", "EN01"], ""),
        (["PR06"], score_without(groups=1), ["PR06", "EN01"], ""),
    ],
)  # fmt: skip
def test_a_score_reason_that_belongs_among_the_four_and_could_not_be_worded_holds_the_persons_notice(
    person: list[str], score: PrincipalReasons, codes: list[str], held_because: str
) -> None:
    chosen = reasons_from_officer(person, stage=DecisionStage.GREY_BAND, case=CASE, codes=current_catalogue())

    merged = merge_for_person(stage=DecisionStage.GREY_BAND, person=chosen, score=score, max_reasons=4)

    assert ([reason.code for reason in merged.reasons], merged.held_because) == (codes, held_because)
    assert [reason.rank for reason in merged.reasons] == list(range(1, len(codes) + 1))


def test_at_an_automatic_stage_no_person_decides() -> None:
    with pytest.raises(ValueError, match="knockout"):
        merge_for_person(
            stage=DecisionStage.KNOCKOUT,
            person=PrincipalReasons(()),
            score=PrincipalReasons(()),
            max_reasons=4,
        )
