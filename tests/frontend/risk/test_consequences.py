"""The sentences to tick before a version comes into force say what exactly this change does."""

from __future__ import annotations

import copy

import pytest

from frontend.risk.consequences import consequences
from tests.underwriting.policy.conftest import Desk

pytestmark = pytest.mark.django_db


def test_reasons_that_rules_begin_or_cease_to_give_are_told_by_name(desk: Desk) -> None:
    version = desk.draft(632)
    version.document = copy.deepcopy(version.document)
    rule = next(rule for rule in version.document["rules"] if rule.get("reason_code"))
    was = rule["reason_code"]
    others = {other.get("reason_code") for other in version.document["rules"]}
    rule["reason_code"] = next(code for code in desk.codes if code not in others)

    said = consequences(version, desk.live)

    assert len(said) == 6
    assert said[4].startswith("Rules give these reasons from then on: “")
    assert f"({rule['reason_code']})" in said[4]
    assert said[5].startswith("Rules give these reasons no more: “")
    assert f"({was})" in said[5]


def test_a_cut_off_alone_changes_no_reason(desk: Desk) -> None:
    assert consequences(desk.draft(632), desk.live) == [
        "From that moment new applications are assessed with v2.",
        "v1 ends then. Between the two there is 1 change.",
        "There are no open cases.",
        "Going back means a new version that somebody approves again.",
    ]
