"""A demo's applications: as many as asked for, nobody twice, the named ones as they are, and a few that differ."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from scoring.demo.roster import LENDERS
from scoring.demo.stream import Submission
from scoring.demo.variety import demo_submissions
from underwriting.bureau.scripted import SCRIPTED
from underwriting.enums import Language

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
HARBOUR = LENDERS[0].code


def streamed(total: int, first_index: int = 0) -> list[Submission]:
    return demo_submissions(total=total, first_index=first_index, now=NOW)


def people_of(submissions: list[Submission]) -> list[str]:
    return [
        person["identity"]["national_id"]
        for one in submissions
        for person in [one.body["applicant"], *one.body.get("co_applicants", [])]
    ]


def stays_incomplete(one: Submission) -> bool:
    return one.lender_code == HARBOUR and "purpose" not in one.body and not one.later


@pytest.mark.parametrize("total", [0, 1, len(SCRIPTED), 60, 300])
def test_as_many_as_asked_for_and_nobody_twice(total: int) -> None:
    submissions = streamed(total)

    people = people_of(submissions)
    assert sum(not stays_incomplete(one) for one in submissions) == total
    assert len(set(people)) == len(people)


def test_a_second_stream_brings_other_people() -> None:
    first, second = streamed(120), streamed(120, first_index=120)

    assert not set(people_of(first)) & set(people_of(second))


def test_the_named_test_applicants_apply_whole_and_alone() -> None:
    named = streamed(60)[: len(SCRIPTED)]

    assert [one.body["applicant"]["identity"]["national_id"] for one in named] == [
        one.national_id for one in SCRIPTED.values()
    ]
    assert all("purpose" in one.body and "co_applicants" not in one.body and not one.later for one in named)


@pytest.mark.parametrize(("total", "first_index"), [(60, 0), (120, 120)])
def test_of_a_small_stream_some_lack_something_and_two_apply_together(total: int, first_index: int) -> None:
    submissions = streamed(total, first_index)
    at_harbour = [one for one in submissions if one.lender_code == HARBOUR]

    left_out = [one for one in at_harbour if "purpose" not in one.body]
    assert {one.body["language"] for one in left_out if one.later} == {Language.SPANISH}
    assert {one.body["language"] for one in left_out if not one.later} == {Language.HINDI}
    assert all(set(one.later) == {"/purpose"} for one in left_out if one.later)
    assert any(one.body.get("co_applicants") for one in at_harbour)
    assert not any(one.later or one.body.get("co_applicants") for one in submissions if one not in at_harbour)


def test_the_few_stay_few() -> None:
    kinds = Counter(
        "together" if one.body.get("co_applicants") else "later" if one.later else "never"
        for one in streamed(300)
        if one.lender_code == HARBOUR and ("purpose" not in one.body or one.body.get("co_applicants"))
    )

    assert set(kinds) == {"together", "later", "never"}
    assert max(kinds.values()) <= 300 // 30
