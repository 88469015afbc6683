"""Which reasons are given, in which order, and that each sentence is true of the value on file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explanations.principal_reasons import principal_reasons
from explanations.ranking import rank_groups
from explanations.reason_codes.catalogue import current_catalogue
from explanations.reasons import PrincipalReasons, ReferenceSummary
from tests.explanations.synthetic import SPECS, facts_of
from underwriting.facts.values import FactValue

USUAL = {
    "dpd30_count_12m": 0.0, "months_since_last_delinquency": 60.0, "revolving_utilisation_ratio": 0.3, "enquiry_count_90d": 1.0,
    "annual_income": 60_000.0, "loan_to_income_ratio": 0.2, "open_account_count": 8.0, "purpose_small_business": 0.0,
    "housing_rent": 0.0,
}  # fmt: skip
ADVERSE = (3.0, 4.0, 0.92, 6.0, 31_000.0, 0.5, 8.0, 1.0, 1.0)
NOTHING = dict.fromkeys((spec.name for spec in SPECS), 0.0)


def given_reasons(
    shares: Mapping[str, float],
    row: tuple[float, ...] = ADVERSE,
    **facts: FactValue,
) -> PrincipalReasons:
    return principal_reasons(
        shares={**NOTHING, **shares},
        specs=SPECS,
        facts=facts_of(row, **facts),
        reference=ReferenceSummary(USUAL),
        codes=current_catalogue(),
        points_share=lambda log_odds: -28.85 * log_odds,
        currency="USD",
    )


share = st.floats(-2, 2).map(lambda value: round(value, 6))


@given(
    st.tuples(*[share] * len(SPECS)), st.tuples(*[st.sampled_from([0.0, 1.0, 5.0, math.nan])] * len(SPECS))
)
@settings(max_examples=300, deadline=None)
def test_never_more_than_four_never_padded_none_left_out(
    shares: tuple[float, ...], row: tuple[float, ...]
) -> None:
    by_name = dict(zip((spec.name for spec in SPECS), shares, strict=True))
    totals: dict[str, float] = {}
    for spec in SPECS:
        group = current_catalogue().group_of(spec.fact) or spec.name
        totals[group] = math.fsum([totals.get(group, 0.0), by_name[spec.name]])
    passing = [total for total in totals.values() if total >= 0.05 + 1e-9]
    doubtful = [total for total in totals.values() if abs(total - 0.05) < 1e-9]

    found = given_reasons(by_name, row)

    assert len(found.reasons) <= 4
    assert all(
        reason.share_log_odds is not None and reason.share_log_odds >= 0.05 - 1e-9 for reason in found.reasons
    )
    assert len({reason.group for reason in found.reasons}) == len(found.reasons)
    if not found.held_because and not doubtful:
        assert len(found.reasons) == min(4, len(passing))
    ranked = [round((reason.share_log_odds or 0) / 0.005) for reason in found.reasons]
    assert ranked == sorted(ranked, reverse=True)


@given(
    st.tuples(*[share] * len(SPECS)),
    st.tuples(*[st.floats(0, 100)] * 7, st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1.0])),
)
@settings(max_examples=300, deadline=None)
def test_a_sentence_that_claims_a_side_is_true_of_the_value(
    shares: tuple[float, ...], row: tuple[float, ...]
) -> None:
    found = given_reasons(dict(zip((spec.name for spec in SPECS), shares, strict=True)), row)

    for reason in found.reasons:
        code = current_catalogue().codes[reason.code]
        value = dict(zip((spec.fact for spec in SPECS), row, strict=True))[reason.fact]
        if reason.fact in (
            "dpd30_count_12m",
            "enquiry_count_90d",
            "open_account_count",
            "months_since_last_delinquency",
        ):
            value = int(value)
        if code.adverse.value == "high" and not reason.is_neutral:
            assert value > USUAL[reason.fact]
        if code.adverse.value == "low" and not reason.is_neutral:
            assert value < USUAL[reason.fact]
        assert reason.text == (code.factor if reason.is_neutral else code.text)
        assert not (reason.is_neutral and (reason.detail or reason.do))


def test_a_decline_for_card_use_late_payments_and_loan_size() -> None:
    found = given_reasons(
        {
            "revolving_utilisation_ratio": 0.9,
            "dpd30_count_12m": 0.3,
            "months_since_last_delinquency": 0.2,
            "loan_to_income_ratio": 0.049,
        }
    )

    assert found.held_because == ""
    assert [(r.rank, r.code, r.text, r.detail) for r in found.reasons] == [
        (
            1,
            "UT01",
            "You use more of your card and credit line limits than is usual for those who just pass our checks.",
            "You are using 92% of your card and credit line limits.",
        ),
        (
            2,
            "PH01",
            "You had payments that were 30 days late or more in the last 12 months.",
            "You had 3 payments 30 days late or more in the last 12 months.",
        ),
    ]
    assert found.reasons[1].share_log_odds == pytest.approx(0.5)
    assert found.reasons[1].share_points == pytest.approx(-14.425)
    assert (
        found.reasons[0].value,
        found.reasons[0].typical,
        found.reasons[0].source,
        found.reasons[0].party,
    ) == (
        0.92,
        0.3,
        "Credit report, Demo Bureau",
        "party-1",
    )


def test_a_group_is_summed_so_that_one_cause_is_told_once() -> None:
    found = given_reasons({"dpd30_count_12m": 0.5, "months_since_last_delinquency": -0.46})

    assert found == PrincipalReasons(())


def test_the_driver_picks_the_sentence() -> None:
    found = given_reasons({"dpd30_count_12m": 0.1, "months_since_last_delinquency": 0.2})

    assert [(r.code, r.detail) for r in found.reasons] == [
        ("PH03", "Time since your last missed payment: 4 months.")
    ]


def test_a_value_on_the_good_side_gives_the_neutral_factor_and_promises_nothing() -> None:
    found = given_reasons({"revolving_utilisation_ratio": 0.4}, (0, 60, 0.1, 0, 90_000, 0.1, 8, 0, 0))

    [reason] = found.reasons
    assert (reason.text, reason.detail, reason.do, reason.actionable, reason.form_c1, reason.is_neutral) == (
        "Share of credit limits in use",
        "",
        "",
        "no",
        "specific",
        True,
    )


def test_a_value_equal_to_the_usual_one_gives_the_neutral_factor() -> None:
    found = given_reasons({"enquiry_count_90d": 0.4}, (0, 60, 0.1, 1, 90_000, 0.1, 8, 0, 0))

    assert [(r.text, r.is_neutral) for r in found.reasons] == [("Number of recent enquiries", True)]


@pytest.mark.parametrize(
    ("accounts", "code", "is_neutral"), [(2.0, "CH02", False), (20.0, "CH03", False), (8.0, "CH02", True)]
)
def test_a_two_sided_fact_is_told_on_the_side_it_lies(accounts: float, code: str, is_neutral: bool) -> None:
    found = given_reasons({"open_account_count": 0.4}, (0, 60, 0.1, 0, 90_000, 0.1, accounts, 0, 0))

    assert [(r.code, r.is_neutral) for r in found.reasons] == [(code, is_neutral)]


def test_a_purpose_is_named_only_where_the_applicants_own_counted() -> None:
    stated = given_reasons({"purpose_small_business": 0.3}, (0, 60, 0.1, 0, 90_000, 0.1, 8, 1, 0))
    not_stated = given_reasons({"purpose_small_business": 0.3}, (0, 60, 0.1, 0, 90_000, 0.1, 8, 0, 0))

    assert [(r.text, r.detail) for r in stated.reasons] == [
        (
            "The purpose you gave for the loan counted against you.",
            "You said the loan is for: a small business.",
        )
    ]
    assert [(r.text, r.detail) for r in not_stated.reasons] == [("Purpose of the loan", "")]


def test_housing_is_always_told_neutrally() -> None:
    assert [(r.text, r.detail) for r in given_reasons({"housing_rent": 0.3}).reasons] == [
        ("Housing situation", "")
    ]


def test_a_group_without_a_code_holds_the_notice() -> None:
    codes = current_catalogue()
    without = replace(codes, codes={name: code for name, code in codes.codes.items() if name != "UT01"})

    found = principal_reasons(
        shares={**NOTHING, "revolving_utilisation_ratio": 0.5, "annual_income": 0.2},
        specs=SPECS,
        facts=facts_of(ADVERSE),
        reference=ReferenceSummary(USUAL),
        codes=without,
        points_share=lambda log_odds: -log_odds,
        currency="USD",
    )

    assert found.held_because == "No reason code speaks about revolving_utilisation_ratio."
    assert [r.code for r in found.reasons] == ["CP10"]


def test_ties_within_the_rounding_go_to_policy_then_what_can_be_acted_on_then_the_alphabet() -> None:
    shares: dict[str, Any] = {
        **NOTHING, "revolving_utilisation_ratio": 0.3001, "enquiry_count_90d": 0.3011, "annual_income": 0.3019, "housing_rent": 0.302,
    }  # fmt: skip

    ranked = rank_groups(shares=shares, specs=SPECS, codes=current_catalogue())

    # utilisation can be acted on; enquiries partly; income is read by no rule of its own code; housing cannot be changed
    assert [group.name for group in ranked] == ["utilisation", "credit_seeking", "income_level", "housing"]


def test_a_reason_survives_storage_unchanged() -> None:
    [reason] = given_reasons({"enquiry_count_90d": 0.4}).reasons

    assert type(reason).from_json(reason.to_json()) == reason
