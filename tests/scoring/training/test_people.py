"""Invented people: the same ones everywhere, consistent in themselves, with the risk that was put in."""

from __future__ import annotations

from statistics import mean
from typing import Any, get_args

import pytest

from scoring.training.bundles import people_matrix
from scoring.training.mapping import mapping_for
from underwriting.bureau.people import (
    SHAPE_OF_LENDER,
    GeneratedPerson,
    NotAGeneratedPerson,
    Shape,
    invented_identity,
    national_id_for,
    person,
    person_from_national_id,
)
from underwriting.bureau.people_risk import risk_term
from underwriting.facts.catalogue import catalogue
from underwriting.facts.ranges import legal_value

SHAPES = get_args(Shape)
PEOPLE = 1_500


def _people(shape: Shape) -> list[GeneratedPerson]:
    return [person(4, index, shape) for index in range(PEOPLE)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_person_is_rebuilt_from_the_national_id(shape: Shape) -> None:
    someone = person(31, 70_412, shape)

    assert person_from_national_id(someone.identity.national_id) == someone
    assert person_from_national_id(someone.identity.national_id.replace("-", " ").lower()) == someone


@pytest.mark.parametrize("national_id", ["GA-00031-00070412-00", "123-45-6789", "", "GD-00031-00070412-11"])
def test_an_id_that_is_none_of_ours_is_refused(national_id: str) -> None:
    with pytest.raises(NotAGeneratedPerson):
        person_from_national_id(national_id)


@pytest.mark.parametrize(("seed", "index"), [(-1, 0), (100_000, 0), (0, 100_000_000)])
def test_an_id_cannot_carry_more_than_its_digits(seed: int, index: int) -> None:
    with pytest.raises(ValueError, match="seed below"):
        national_id_for(seed, index, "A")


@pytest.mark.parametrize("shape", SHAPES)
def test_every_number_is_one_its_fact_may_have(shape: Shape) -> None:
    given: list[tuple[str, Any]] = [
        pair
        for one in _people(shape)
        for part in (one.stated_party, one.stated_application, one.report)
        for pair in part.items()
    ]

    assert {(n, v) for n, v in given if not isinstance(v, dict) and legal_value(n, v) is None} == set()
    assert {v["absence"] for _, v in given if isinstance(v, dict)} <= {"NEVER", "UNKNOWN"}


@pytest.mark.parametrize("lender", SHAPE_OF_LENDER)
def test_people_supply_every_fact_of_the_lender_s_model(lender: str) -> None:
    mapping = mapping_for(lender)
    people = _people(SHAPE_OF_LENDER[lender])

    matrix = people_matrix(people, mapping)

    assert not (matrix != matrix).all(axis=0).any()  # noqa: PLR0124 NaN differs from itself


def test_a_late_payment_lies_within_the_window_that_counts_it() -> None:
    for one in _people("A"):
        late, since = (
            one.report.get("delinquency_30d_count_24m"),
            one.report.get("months_since_last_delinquency"),
        )
        if isinstance(late, int) and since is not None:
            assert (late > 0) == (not isinstance(since, dict) and since < 24)
            assert one.report["dpd30_count_12m"] <= late
            assert one.report["enquiry_count_90d"] <= one.report["enquiry_count_6m_without_auto_and_mortgage"]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_few_have_no_record_and_nothing_is_reported_of_them(shape: Shape) -> None:
    without = [one for one in _people(shape) if one.report["bureau_hit_flag"] == 0]

    assert 0.003 < len(without) / PEOPLE < 0.03
    assert {(tuple(one.report), one.bureau_score) for one in without} == {(("bureau_hit_flag",), None)}


@pytest.mark.parametrize(("shape", "bad_rate"), [("A", 0.149), ("B", 0.067), ("C", 0.08)])
def test_the_population_defaults_at_its_lender_s_rate(shape: Shape, bad_rate: float) -> None:
    people = _people(shape)

    assert mean(one.true_probability for one in people) == pytest.approx(bad_rate, abs=0.015)
    assert mean(one.defaults(draw_seed=1) for one in people) == pytest.approx(bad_rate, abs=0.03)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_bureau_score_falls_as_the_true_risk_rises(shape: Shape) -> None:
    people = sorted((one for one in _people(shape) if one.bureau_score), key=lambda one: one.true_log_odds)
    third = len(people) // 3

    safe, risky = (mean(one.bureau_score or 0 for one in part) for part in (people[:third], people[-third:]))

    assert safe > risky + 40
    assert all(300 <= (one.bureau_score or 0) <= 850 for one in people)


def test_identities_are_adults_under_example_addresses() -> None:
    people = [one.identity for one in _people("A")]

    assert all(one.email.endswith("@example.test") for one in people)
    assert all(one.birth_date.year <= 2005 for one in people)
    assert len({one.national_id for one in people}) == PEOPLE
    assert invented_identity(4, 7, "A").national_id == people[7].national_id


def test_the_oldest_account_was_not_opened_by_a_child() -> None:
    for one in _people("A"):
        months = one.report.get("oldest_account_age_months")
        if isinstance(months, int):
            assert (2026 - one.identity.birth_date.year) * 12 - months >= 14 * 12


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_report_what_their_bureau_covers(shape: Shape) -> None:
    always = {
        "A": {"dpd30_count_12m", "dpd90_count_12m", "enquiry_count_90d", "secured_share_ratio", "thin_file_flag", "past_due_amount"},
        "B": {"revolving_utilisation_ratio", "delinquency_90d_count_24m", "open_account_count"},
        "C": {"worst_delinquency_severity_12m", "never_delinquent_share_ratio", "months_since_last_enquiry_without_last_7d"},
    }[shape]  # fmt: skip

    assert all(
        always <= set(one.report) <= set(catalogue())
        for one in _people(shape)
        if one.report["bureau_hit_flag"]
    )


def test_a_transform_nobody_defined_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown transform cube"):
        risk_term("cube", 3)
