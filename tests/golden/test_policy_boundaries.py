"""The demo policies at each of their thresholds: the cases are data, readable without this file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.properties.policy_cases import absent_fact, demo_policy, value_fact
from underwriting.enums import Outcome
from underwriting.facts.catalogue import Unit, catalogue
from underwriting.facts.values import Absence, FactValue
from underwriting.policy.evaluate import evaluate
from underwriting.policy.types import (
    FaultKind,
    FindingKind,
    FindingResult,
    PairScore,
    PolicyCase,
    TechnicalFault,
    Terms,
)

CASES = yaml.safe_load(Path(__file__).with_name("policy_boundaries.yaml").read_text(encoding="utf-8"))


def minor(amount: float) -> int:
    return round(amount * 100)


def fact(name: str, written: Any) -> FactValue:
    if written in list(Absence):
        return absent_fact(Absence(written))
    return value_fact(minor(written) if catalogue()[name].unit is Unit.MONEY else written)


def pair(terms: Terms, score: int) -> PairScore:
    return PairScore(terms, margin=0.0, points=score + 0.5, score=score, probability_of_default=0.05)


def terms_of(row: dict[str, Any]) -> Terms:
    return Terms(minor(row["amount"]) if "amount" in row else None, row.get("term_months"))


def written_case(row: dict[str, Any]) -> PolicyCase:
    money = ("monthly_income", "monthly_obligations")
    facts = {name: fact(name, row[name]) for name in money}
    income = facts["monthly_income"].value
    if "amount" in row:
        in_years = (
            absent_fact(Absence.UNKNOWN)
            if not isinstance(income, int)
            else value_fact(row["amount"] * 100 / income / 12)
        )
        facts["loan_to_income_ratio"] = in_years
        if not isinstance(income, int) or row["amount"] * 100 > income * 7.2:
            # Cases about other thresholds: the rule on the loan compared with income must not speak.
            facts["loan_to_income_ratio"] = value_fact(0.5)
    facts |= {name: fact(name, written) for name, written in row.get("facts", {}).items()}
    is_late = row["score"] == "LATE"
    grid = (
        []
        if is_late
        else [(terms_of(row), row["score"])] + [(terms_of(g), g["score"]) for g in row.get("grid", [])]
    )
    return PolicyCase(
        facts=facts,
        requested=terms_of(row),
        scores=tuple(pair(terms, score) for terms, score in grid),
        facts_at=tuple(facts for _ in grid),
        faults=(TechnicalFault(FaultKind(row["fault"]), "It failed."),) if "fault" in row else (),
        model_late=is_late,
        channel="web",
    )


@pytest.mark.parametrize(
    ("lender", "row"),
    [(lender, row) for lender, part in CASES.items() for row in part["cases"]],
    ids=lambda v: v if isinstance(v, str) else v["what"],
)
def test_boundary(lender: str, row: dict[str, Any]) -> None:
    case = written_case({**CASES[lender]["applicant"], **row})

    result = evaluate(demo_policy(lender), case)

    failed = sorted(
        (f.priority, f.reason_code)
        for f in result.findings
        if f.result is FindingResult.FAIL and f.reason_code
    )
    assert (result.outcome, result.stage) == (Outcome(row["outcome"]), row.get("stage"))
    assert [code for _, code in failed] == row.get("codes", [])
    if "says" in row:
        assert row["says"] in result.referral_sentences
    if "bound" in row:
        assert [f.values["bound"] for f in result.findings if f.kind is FindingKind.AFFORDABILITY] == [
            row["bound"]
        ]
    if "tier" in row:
        assert result.offer is not None
        assert result.offer.price_tier == row["tier"]
    if "instalment" in row:
        assert result.offer is not None
        assert result.offer.instalment_minor == minor(row["instalment"])
    if "offer" in row:
        assert result.offer is not None
        assert (result.offer.amount_minor, result.offer.term_months, result.offer.price_tier) == (
            minor(row["offer"]["amount"]),
            row["offer"].get("term_months"),
            row["offer"]["tier"],
        )


def test_every_threshold_of_every_demo_policy_has_cases() -> None:
    for lender, part in CASES.items():
        written = {name for row in part["cases"] for name in (*row.get("facts", {}), *row)}
        read = {condition.fact for rule in demo_policy(lender).rules for condition in rule.conditions}
        shared = {
            "bankruptcy_count",
            "dpd90_count_12m",
            "past_due_amount",
            "possible_duplicate_flag",
            "thin_file_flag",
            "bureau_hit_flag",
            "prior_on_time_ratio",
        }
        assert read - written <= (set() if lender == "harbour" else shared), lender
