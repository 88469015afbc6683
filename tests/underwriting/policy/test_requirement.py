"""How many people a change needs: by points of approval rate and by knock-out rules."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.underwriting.policy.conftest import desk_document
from underwriting.enums import Role
from underwriting.policy.diff import Change, ChangeKind, diff_in_words
from underwriting.policy.requirement import Requirement, is_met, points_moved, required_approvals

APPROVER, COMPLIANCE = frozenset({Role.RISK_APPROVER}), frozenset({Role.COMPLIANCE})
BOTH = APPROVER | COMPLIANCE
CUT_OFF = Change(ChangeKind.CHANGED, "Cut-offs", "Approve at", "640", "632")


def summary(after: int, *, covered: int = 1000) -> dict[str, Any]:
    return {"applications": 1000, "covered": covered, "approved_before": 500, "approved_after": after}


@pytest.mark.parametrize(
    ("after", "people", "words"),
    [
        (500, 1, "moves by 0.0 points"), (520, 1, "moves by 2.0 points"), (480, 1, "moves by 2.0 points"),
        (521, 2, "moves by 2.1 points, which is more than 2"), (479, 2, "moves by 2.1 points, which is more than 2"),
    ],
)  # fmt: skip
def test_more_than_two_points_either_way_take_two_people(after: int, people: int, words: str) -> None:
    found = required_approvals(summary(after), [CUT_OFF])

    assert (found.people, found.needs_compliance) == (people, people == 2)
    assert words in found.because


def moves(count: int) -> list[dict[str, Any]]:
    """As many people in as out: the rate stays."""
    return [
        {"before": "REFER", "after": "APPROVE", "known": {"applications": count}},
        {"before": "COUNTEROFFER", "after": "DECLINE", "known": {"applications": count}},
        {"before": "APPROVE", "after": "COUNTEROFFER", "known": {"applications": 500}},
    ]


@pytest.mark.parametrize(("count", "people"), [(10, 1), (11, 2)])
def test_people_in_for_people_out_are_no_small_change(count: int, people: int) -> None:
    found = required_approvals({**summary(500), "moves": moves(count)}, [CUT_OFF])

    assert (found.people, found.needs_compliance) == (people, people == 2)
    assert ("for 2.2 of 100 applicants the answer turns" in found.because) == (people == 2)


@pytest.mark.parametrize(("covered", "people"), [(199, 2), (200, 1)])
def test_a_backtest_of_few_applications_takes_two_people(covered: int, people: int) -> None:
    flat = {"applications": 5_000, "covered": covered, "approved_before": 100, "approved_after": 100}

    assert required_approvals(flat, [CUT_OFF]).people == people


def test_points_are_of_all_that_were_weighed_as_the_approvals_are() -> None:
    """Few of them had every field of the draft; the approvals are counted over all."""
    found = {**summary(510, covered=250), "moves": moves(8)}

    assert points_moved(found) == 1.0
    assert required_approvals(found, [CUT_OFF]).people == 1
    assert required_approvals({**found, "moves": moves(11)}, [CUT_OFF]).people == 2


@pytest.mark.parametrize("unknown", [None, {}, summary(500, covered=0)])
def test_an_effect_that_nobody_can_tell_takes_two_people(unknown: Any) -> None:
    assert required_approvals(unknown, [CUT_OFF]).people == 2


@pytest.mark.parametrize("how", ["added", "removed", "loosened", "made a review rule"])
def test_any_change_of_a_knock_out_takes_two_people(how: str) -> None:
    before = desk_document()
    after = copy.deepcopy(before)
    rules = after["rules"]
    knock_out = next(rule for rule in rules if rule["kind"] == "KNOCKOUT")
    if how == "added":
        rules.append({**knock_out, "id": "K-77"})
    elif how == "removed":
        rules.remove(knock_out)
    elif how == "loosened":
        knock_out["when"] = {**knock_out["when"], "value": 2}
    else:
        knock_out["kind"] = "REVIEW"

    found = required_approvals(summary(500), diff_in_words(before, after))

    assert (found.people, found.needs_compliance) == (2, True)
    assert ("K-77" if how == "added" else str(knock_out["id"])) in found.because


def test_a_review_rule_alone_does_not() -> None:
    before = desk_document()
    after = copy.deepcopy(before)
    after["rules"] = [rule for rule in after["rules"] if rule["kind"] == "KNOCKOUT"]

    assert required_approvals(summary(500), diff_in_words(before, after)).people == 1


def test_an_emergency_and_a_first_version_take_one() -> None:
    assert required_approvals(None, [CUT_OFF], is_emergency=True).people == 1
    assert required_approvals(None, [], is_first=True).people == 1


@pytest.mark.parametrize(
    ("held", "one", "two"),
    [
        ([], False, False), ([APPROVER], True, False), ([COMPLIANCE], False, False), ([BOTH], True, False),
        ([APPROVER, APPROVER], True, False), ([COMPLIANCE, COMPLIANCE], False, False), ([APPROVER, COMPLIANCE], True, True),
        ([BOTH, APPROVER], True, True), ([BOTH, COMPLIANCE], True, True), ([BOTH, BOTH], True, True),
    ],
)  # fmt: skip
def test_two_people_are_two_and_one_of_them_is_of_compliance(
    held: list[frozenset[Role]], one: bool, two: bool
) -> None:
    assert is_met(Requirement(1, False, ""), held) is one
    assert is_met(Requirement(2, True, ""), held) is two
