"""The list of checks shows who shows each fault, and whether the whole decision was checked."""

from __future__ import annotations

import copy

import pytest
from django.test import Client

from tests.factories import make_policy_check
from tests.frontend.risk.screens import SLUG, edit_url, signed_in, text
from tests.underwriting.policy.conftest import NOW, Desk, acting
from underwriting.enums import ModelState, WorkKind, WorkState
from underwriting.models import AuditEntry, ModelVersion, WorkItem
from underwriting.policy.lifecycle import create_draft
from underwriting.policy.schema import Complaint, Fault, ShownBy

pytestmark = pytest.mark.django_db


def test_a_complaint_shows_its_person_and_what_the_live_engine_says(desk: Desk) -> None:
    document = copy.deepcopy(desk.document(632))
    referral = {**document["rules"][0], "id": "R-90", "kind": "REVIEW", "reason_code": None}
    document["rules"].append(referral)
    draft = create_draft(policy=desk.policy, document=document, actor=acting(desk.manager), now=NOW)
    manager = signed_in(desk.manager)
    place = edit_url(draft.number)

    page = manager.get(f"{place}checks/").content.decode()

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


def test_a_check_that_failed_every_time_says_why_and_is_asked_for_again_by_a_button(
    desk: Desk, manager: Client, approver: Client
) -> None:
    draft = desk.draft()
    page, button = (
        f"/policies/{SLUG}/changes/{draft.number}/",
        f"/policies/{SLUG}/changes/{draft.number}/check/",
    )
    assert "Check again" not in text(manager.get(page))
    WorkItem.objects.filter(kind=WorkKind.POLICY_CHECK).update(
        state=WorkState.QUARANTINED, last_error="CheckImpossible: The model in charge did not answer in time."
    )

    told = manager.get(page)
    assert "could not be checked. The model in charge did not answer in time." in text(told)
    assert f'<form method="post" action="{button}"' in told.content.decode()
    assert "Check again" not in text(approver.get(page))
    assert approver.post(button).status_code == 403
    after = manager.post(button, follow=True)

    assert "v2 is being checked again." in text(after)
    assert "Model, rules, prices and authority together are being checked." in text(after)
    assert "Check again" not in text(after)
    item = WorkItem.objects.get(kind=WorkKind.POLICY_CHECK, state=WorkState.READY)
    assert item.subject_id == draft.pk
    assert AuditEntry.objects.filter(action="policy.check_requested").count() == 1
    assert manager.post(f"/policies/{SLUG}/changes/1/check/").status_code == 409


def test_a_check_without_a_model_says_so(desk: Desk, manager: Client) -> None:
    ModelVersion.objects.update(state=ModelState.RETIRED)
    draft = desk.draft()
    make_policy_check(draft)

    told = text(manager.get(f"/policies/{SLUG}/changes/{draft.number}/"))

    assert "Checked without a model: rules, prices and authority together. No model is in charge." in told
    assert "Checked whole" not in told
