"""The rules of a draft as a decision table: one row is opened, saved and swapped at a time."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.frontend.risk.screens import edit_url, field_values, own_draft, text
from tests.underwriting.policy.conftest import Desk
from underwriting.models import PolicyVersion

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def draft(desk: Desk) -> PolicyVersion:
    return own_draft(desk)


def opened(client: Client, rule_id: str) -> dict[str, str]:
    return field_values(client.get(edit_url(2, "table", rule_id), headers=HTMX).content.decode())


def when(draft: PolicyVersion, rule_id: str) -> Any:
    draft.refresh_from_db()
    return next(rule["when"] for rule in draft.document["rules"] if rule["id"] == rule_id)


def test_the_table_has_a_row_for_each_plain_rule_and_names_the_others(
    manager: Client, draft: PolicyVersion
) -> None:
    knock_outs = manager.get(edit_url(2, "table"), {"kind": "KNOCKOUT"})
    reviews = manager.get(edit_url(2, "table"))

    assert re.findall(r'<tr id="row-([^"]+)"', knock_outs.content.decode()) == [
        "K-01",
        "K-02",
        "K-03",
        "K-04",
    ]
    assert "$500" in text(knock_outs)
    assert "R-04" not in re.findall(r'<tr id="row-([^"]+)"', reviews.content.decode())
    assert "Not in the table, because they say “or”: R-04" in text(reviews)


def test_saving_a_row_untouched_changes_nothing(manager: Client, draft: PolicyVersion) -> None:
    before = draft.document

    for rule_id in ("K-01", "K-03", "R-05", "R-06"):
        answer = manager.post(edit_url(2, "table", rule_id), opened(manager, rule_id), headers=HTMX)
        assert answer.status_code == 200

    draft.refresh_from_db()
    assert draft.document == before


def test_a_cell_is_changed_filled_and_emptied_in_a_persons_units_and_only_its_row_comes_back(
    manager: Client, draft: PolicyVersion
) -> None:
    row = opened(manager, "K-03")
    money = next(name for name in row if name.startswith("cell past_due_amount"))
    income = next(name for name in row if name.startswith("cell monthly_income"))

    answer = manager.post(
        edit_url(2, "table", "K-03"), {**row, money: "750.50", income: "2000"}, headers=HTMX
    )

    page = answer.content.decode()
    assert re.findall(r'<tr id="row-([^"]+)"', page) == ["K-03"]
    assert (answer["HX-Trigger"], "$751" in page, "$2,000" in page) == ("draft-saved", True, True)
    members = when(draft, "K-03")["all"]
    assert [(c["fact"], c["value"]) for c in members] == [
        ("past_due_amount", 75_050),
        ("monthly_income", 200_000),
    ]
    row = opened(manager, "K-03")
    assert manager.post(edit_url(2, "table", "K-03"), {**row, income: ""}).status_code == 302
    assert [c["fact"] for c in when(draft, "K-03")["all"]] == ["past_due_amount"]


@pytest.mark.parametrize(
    ("typed", "message"),
    [("lots", "Enter a number (amount)."), ("", "remove the rule instead"), ("99999999999", "lies between")],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_makes_no_sense_stays_in_its_cell(
    manager: Client, draft: PolicyVersion, typed: str, message: str, headers: dict[str, str]
) -> None:
    row = opened(manager, "K-03")
    money = next(name for name in row if name.startswith("cell past_due_amount"))

    answer = manager.post(edit_url(2, "table", "K-03"), {**row, money: typed}, headers=headers)

    assert (answer.status_code, message in text(answer)) == (422, True)
    assert field_values(answer.content.decode())[money] == typed
    assert when(draft, "K-03")["value"] == 50_000


def test_a_row_that_another_window_saved_keeps_what_was_typed(manager: Client, draft: PolicyVersion) -> None:
    row = opened(manager, "K-03")
    money = next(name for name in row if name.startswith("cell past_due_amount"))
    manager.post(edit_url(2, "table", "K-03"), {**row, money: "750"})

    told = manager.post(edit_url(2, "table", "K-03"), {**row, money: "900"}, headers=HTMX)

    values = field_values(told.content.decode())
    assert (told.status_code, values[money]) == (409, "900")
    assert manager.post(edit_url(2, "table", "K-03"), values, headers=HTMX).status_code == 200
    assert when(draft, "K-03")["value"] == 90_000


@pytest.mark.parametrize(
    "name", ["cell nonsense", "cell sex == refers passes 1", "cell past_due_amount ~ x y 1"]
)
def test_a_column_there_cannot_be_is_refused(manager: Client, draft: PolicyVersion, name: str) -> None:
    row = opened(manager, "K-03")

    answer = manager.post(edit_url(2, "table", "K-03"), {**row, name: "1"}, headers=HTMX)

    assert answer.status_code == 422
    assert when(draft, "K-03")["value"] == 50_000
