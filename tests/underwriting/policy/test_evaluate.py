"""Single promises of an evaluation that no demo policy's rules happen to exercise."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from tests.properties.policy_cases import absent_fact, case_from, demo_document, value_fact
from underwriting.enums import DecisionStage, Outcome
from underwriting.facts.values import Absence, FactValue
from underwriting.policy.compile import CompiledPolicy, compile_policy
from underwriting.policy.evaluate import evaluate, offer_at
from underwriting.policy.types import FaultKind, FindingKind, FindingResult, PolicyCase, TechnicalFault, Terms

TERMS = Terms(500_000, 36)
TIMEOUT = TechnicalFault(FaultKind.BUREAU_TIMEOUT, "The bureau did not answer in time.")


@pytest.fixture(scope="module")
def either() -> CompiledPolicy:
    """The demo policy with a knock-out that needs only one of two facts."""
    document = copy.deepcopy(demo_document("harbour"))
    first, second = document["rules"][0]["when"], document["rules"][1]["when"]
    document["rules"][0]["when"] = {"any": [first, second]}
    del document["rules"][1]
    return compile_policy(document)


def case(base: int = 760, **facts: FactValue) -> PolicyCase:
    known = {"monthly_income": value_fact(900_000), "monthly_obligations": value_fact(0)}
    return case_from({**known, **facts}, base, TERMS)


def test_a_fault_refers_where_a_knock_out_failed_on_part_of_its_facts(either: CompiledPolicy) -> None:
    partly = case(bankruptcy_count=value_fact(1), dpd90_count_12m=absent_fact(Absence.UNKNOWN))
    wholly = case(bankruptcy_count=value_fact(1), dpd90_count_12m=absent_fact(Absence.NEVER))

    def outcome(each: PolicyCase) -> tuple[Outcome, DecisionStage | None]:
        result = evaluate(either, each)
        return result.outcome, result.stage

    assert outcome(partly) == (Outcome.DECLINE, DecisionStage.KNOCKOUT)
    assert outcome(replace(partly, faults=(TIMEOUT,))) == (Outcome.REFER, None)
    assert outcome(replace(wholly, faults=(TIMEOUT,))) == (Outcome.DECLINE, DecisionStage.KNOCKOUT)


def test_a_rule_that_cannot_be_answered_refers_and_never_declines(either: CompiledPolicy) -> None:
    unreadable = case(base=500, past_due_amount=value_fact("much"))

    result = evaluate(either, unreadable)

    assert (result.outcome, result.stage, result.offer) == (Outcome.REFER, None, None)
    assert (
        result.referral_sentences[0]
        == "Rule K-03 could not be read: Amount past due now: a number was expected."
    )


def test_without_a_score_and_without_a_fallback_a_person_decides(either: CompiledPolicy) -> None:
    unscored = replace(case(), scores=(), facts_at=())

    result = evaluate(either, unscored)

    assert (result.outcome, result.score, result.used_fallback) == (Outcome.REFER, None, False)
    assert result.referral_sentences == ("There is no score.",)


def test_every_rule_has_a_finding_whatever_the_outcome(either: CompiledPolicy) -> None:
    knocked_out = evaluate(
        either, case(bankruptcy_count=value_fact(1), possible_duplicate_flag=value_fact(1))
    )

    rules = [f for f in knocked_out.findings if f.kind in (FindingKind.KNOCKOUT, FindingKind.REVIEW)]
    assert [f.rule_id for f in rules] == [r.rule.id for r in either.rules]
    assert {f.rule_id for f in rules if f.result is FindingResult.REFER} == {"R-01"}
    assert rules[0].values == {"bankruptcy_count": 1, "dpd90_count_12m": "NOT_ASKED"}


def test_a_channel_outside_the_policy_of_today_goes_to_a_person() -> None:
    document = copy.deepcopy(demo_document("harbour"))
    document["segments"]["channels"] = ["branch"]

    result = evaluate(compile_policy(document), case())

    assert result.outcome is Outcome.REFER
    assert result.referral_sentences == (
        "This product is not offered for this channel or purpose under the policy now in force.",
    )


def test_a_person_can_be_shown_the_price_of_a_referral(either: CompiledPolicy) -> None:
    referred = case(possible_duplicate_flag=value_fact(1))

    offer = offer_at(either, referred.scores[0], referred.facts)

    assert evaluate(either, referred).offer is None
    assert offer is not None
    assert (offer.amount_minor, offer.term_months, offer.price_tier) == (500_000, 36, "A")
