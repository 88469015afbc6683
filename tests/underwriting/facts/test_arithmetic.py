"""Derived facts: the instalment against values worked by hand, the ratios, and their absences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from underwriting.facts.arithmetic import (
    at_terms,
    instalment_minor,
    monthly_from_annual_minor,
    ratio,
    ratios_before_the_loan,
)
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, FactSource, FactValue

NOW = datetime(2026, 11, 2, 14, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Terms:
    amount_minor: int | None
    term_months: int | None


@dataclass(frozen=True)
class Product:
    reference_rate_bps: int


def stated(value: int | None, absence: Absence | None = None) -> FactValue:
    return FactValue(value, absence, FactSource.APPLICATION, NOW)


def facts(income: FactValue, debts: FactValue | None = None) -> dict[str, FactValue]:
    return {
        "annual_income": income,
        "monthly_obligations": debts or stated(100_000),
        "monthly_obligations_without_mortgage": stated(None, Absence.NOT_ASKED),
        "requested_amount": stated(1_000_000),
        "requested_term_months": stated(36),
    }


@pytest.mark.parametrize(
    ("amount", "rate_bps", "term", "instalment"),
    [
        (1_000_000, 1200, 36, 33_214),  # 10,000.00 at 12 %: 332.143...
        (1_000_000, 0, 36, 27_778),  # 277.777...
        (1_000_000, 1075, 60, 21_618),
        (100, 0, 8, 13),  # 12.5 rounds up
        (0, 1200, 36, 0),
    ],
)
def test_the_level_instalment(amount: int, rate_bps: int, term: int, instalment: int) -> None:
    assert instalment_minor(amount, rate_bps, term) == instalment


@given(st.integers(0, 10_000_000), st.integers(1, 6_000), st.integers(1, 120))
def test_the_instalment_is_the_exact_one_rounded_half_up(amount: int, rate_bps: int, term: int) -> None:
    monthly = Fraction(rate_bps, 120_000)
    exact = amount * monthly / (1 - (1 + monthly) ** -term)
    assert instalment_minor(amount, rate_bps, term) == int(exact + Fraction(1, 2))


def test_a_twelfth_rounds_half_up_and_a_ratio_to_nothing_is_unknown() -> None:
    assert [monthly_from_annual_minor(value) for value in (12, 18, 17, 5_220_000)] == [1, 2, 1, 435_000]
    assert [ratio(1, 4), ratio(1, 0), ratio(1, -1)] == [0.25, None, None]


def values_at(income: FactValue, terms: Terms, debts: FactValue | None = None) -> dict[str, object]:
    found = at_terms(facts(income, debts), terms=terms, product=Product(reference_rate_bps=1200))
    names = ("loan_to_income_ratio", "instalment_to_income_ratio", "debt_service_ratio")
    return {name: found[name].value if found[name].absence is None else found[name].absence for name in names}


def test_the_ratios_follow_the_terms() -> None:
    assert values_at(stated(5_000_000), Terms(1_000_000, 36)) == {
        "loan_to_income_ratio": 0.2,
        "instalment_to_income_ratio": 12 * 33_214 / 5_000_000,
        "debt_service_ratio": 12 * (100_000 + 33_214) / 5_000_000,
    }


def test_where_the_income_is_not_known_every_ratio_is_unknown() -> None:
    unknown = dict.fromkeys(
        ("loan_to_income_ratio", "instalment_to_income_ratio", "debt_service_ratio"), Absence.UNKNOWN
    )
    assert values_at(stated(None, Absence.UNKNOWN), Terms(1_000_000, 36)) == unknown


@pytest.mark.parametrize("income", [0, 1])
def test_no_income_or_next_to_none_is_the_worst_there_is_and_not_unknown(income: int) -> None:
    assert values_at(stated(income), Terms(1_000_000, 36)) == {
        name: catalogue()[name].high
        for name in ("loan_to_income_ratio", "instalment_to_income_ratio", "debt_service_ratio")
    }
    before = ratios_before_the_loan(facts(stated(income)))
    assert (before["debt_to_income_ratio"].value, before["debt_to_income_ratio"].absence) == (1000, None)
    assert before["debt_to_income_without_mortgage_ratio"].absence is Absence.NOT_ASKED


@pytest.mark.parametrize("income", [0, 1, 5_000_000])
def test_whoever_owes_nothing_owes_no_share_of_any_income(income: int) -> None:
    assert ratios_before_the_loan(facts(stated(income), stated(0)))["debt_to_income_ratio"].value == 0


def test_a_line_has_no_amount_and_so_no_ratio_that_rests_on_it() -> None:
    not_asked = dict.fromkeys(
        ("loan_to_income_ratio", "instalment_to_income_ratio", "debt_service_ratio"), Absence.NOT_ASKED
    )
    assert values_at(stated(5_000_000), Terms(None, None)) == not_asked


def test_unknown_debts_leave_the_other_ratios_alone() -> None:
    found = values_at(stated(5_000_000), Terms(1_000_000, 36), stated(None, Absence.UNKNOWN))
    assert found == {
        "loan_to_income_ratio": 0.2,
        "instalment_to_income_ratio": 12 * 33_214 / 5_000_000,
        "debt_service_ratio": Absence.UNKNOWN,
    }


@given(
    st.integers(1, 10_000_000_000), st.integers(1, 5_000_000), st.integers(1, 5_000_000), st.integers(1, 120)
)
def test_a_larger_loan_never_improves_a_ratio(income: int, smaller: int, more: int, term: int) -> None:
    low = values_at(stated(income), Terms(smaller, term))
    high = values_at(stated(income), Terms(smaller + more, term))
    for name, value in low.items():
        # also beyond the range, whose end it keeps
        assert high[name] >= value  # type: ignore[operator]


def test_only_what_depends_on_the_terms_changes() -> None:
    before = facts(stated(5_000_000))
    after = at_terms(before, terms=Terms(500_000, 60), product=Product(1200))
    assert {name for name in after if after[name] != before.get(name)} == {
        "requested_amount", "requested_term_months", "loan_to_income_ratio", "instalment_to_income_ratio", "debt_service_ratio",
    }  # fmt: skip
    assert (after["requested_amount"].value, after["requested_term_months"].value) == (500_000, 60)
