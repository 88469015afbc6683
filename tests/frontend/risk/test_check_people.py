"""The list of checks shows who shows each fault, and whether the whole decision was checked."""

from __future__ import annotations

import copy

from tests.factories import make_policy_check
from tests.frontend.risk.screens import signed_in
from tests.underwriting.policy.conftest import NOW, Desk, acting
from underwriting.policy.lifecycle import create_draft
from underwriting.policy.schema import Complaint, Fault, ShownBy


def test_a_complaint_shows_its_person_and_what_the_live_engine_says(desk: Desk) -> None:
    document = copy.deepcopy(desk.document(632))
    referral = {**document["rules"][0], "id": "R-90", "kind": "REVIEW", "reason_code": None}
    document["rules"].append(referral)
    draft = create_draft(policy=desk.policy, document=document, actor=acting(desk.manager), now=NOW)
    manager = signed_in(desk.manager)
    place = f"/policies/{desk.policy.slug}/drafts/{draft.number}/"

    page = manager.get(place).content.decode()

    assert "Rule R-90 is about the same people as rule K-01" in page
    assert "Show a person" in page
    assert "Bankruptcies: 1; score" in page
    assert "Decline: K-01" in page
    assert "are being checked" in page

    person = ShownBy({"annual_income": 9_000_000})
    found = Complaint("/price_grid", "Somebody fares worse.", False, Fault.INCOME_HURTS, person, person)
    make_policy_check(
        draft,
        complaints=[
            {"complaint": found.to_json(), "person_says": "Refer, score 601", "other_says": "Approve"}
        ],
    )
    fragment = manager.get(f"{place}checks/").content.decode()
    assert "Somebody fares worse." in fragment
    assert "Yearly income: $90,000" in fragment
    assert "Refer, score 601" in fragment
    assert "Checked whole" in fragment
