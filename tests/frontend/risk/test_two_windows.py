"""A draft open in two windows: whoever saves second is told, keeps what was typed, and may save over it knowingly."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.frontend.risk.screens import edit_url, field_values, own_draft, rule_values, text
from tests.underwriting.policy.conftest import Desk
from underwriting.models import PolicyVersion

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
TOLD = "The draft was saved from another window in between"


@pytest.fixture
def draft(desk: Desk) -> PolicyVersion:
    """The draft as this window still knows it."""
    return own_draft(desk)


@pytest.fixture
def saved_meanwhile(manager: Client, draft: PolicyVersion) -> PolicyVersion:
    """The same draft after another window moved its thresholds."""
    values = {"sha256": draft.document_sha256, "cut-approve": "632", "cut-refer": "600"}
    assert manager.post(edit_url(2, "edit", "cut-offs"), values).status_code == 302
    return PolicyVersion.objects.get(pk=draft.pk)


def cut_offs(version: PolicyVersion) -> Any:
    version.refresh_from_db()
    return version.document["cut_offs"]


def test_a_section_keeps_what_was_typed_and_is_saved_when_sent_again(
    manager: Client, draft: PolicyVersion, saved_meanwhile: PolicyVersion
) -> None:
    typed = {"sha256": draft.document_sha256, "cut-approve": "650", "cut-refer": "600"}

    told = manager.post(edit_url(2, "edit", "cut-offs"), typed)

    values = field_values(told.content.decode())
    assert (told.status_code, text(told).count(TOLD)) == (409, 1)
    assert (values["cut-approve"], values["sha256"]) == ("650", saved_meanwhile.document_sha256)
    assert cut_offs(draft)["approve"] == 632
    assert manager.post(edit_url(2, "edit", "cut-offs"), values).status_code == 302
    assert cut_offs(draft)["approve"] == 650


def test_a_tier_row_and_another_limit_keep_what_was_typed(
    manager: Client, draft: PolicyVersion, saved_meanwhile: PolicyVersion
) -> None:
    page = field_values(manager.get(edit_url(2, "edit")).content.decode())
    old = {"sha256": draft.document_sha256}

    tiers = manager.post(edit_url(2, "edit", "prices"), {**page, **old, "tier-0-rate": "7.77"})
    limits = manager.post(edit_url(2, "edit", "limits"), {**page, **old, "limit-working_minutes": "123"})

    assert (tiers.status_code, field_values(tiers.content.decode())["tier-0-rate"]) == (409, "7.77")
    assert (limits.status_code, field_values(limits.content.decode())["limit-working_minutes"]) == (
        409,
        "123",
    )


def test_a_mistake_in_an_old_window_does_not_hide_that_the_draft_moved_on(
    manager: Client, draft: PolicyVersion, saved_meanwhile: PolicyVersion
) -> None:
    answer = manager.post(
        edit_url(2, "edit", "cut-offs"),
        {"sha256": draft.document_sha256, "cut-approve": "six", "cut-refer": "600"},
    )

    assert (answer.status_code, TOLD in text(answer), "Enter a whole number." in text(answer)) == (
        409,
        True,
        True,
    )


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_rule_keeps_what_was_typed_and_is_saved_when_sent_again(
    manager: Client, draft: PolicyVersion, saved_meanwhile: PolicyVersion, headers: dict[str, str]
) -> None:
    told = manager.post(edit_url(2, "rules", "new"), rule_values(draft), headers=headers)

    page = told.content.decode()
    values = field_values(page)
    assert (told.status_code, text(told).count(TOLD), "<html" in page) == (409, 1, not headers)
    assert told["HX-Retarget"] == "#rule-new"
    assert (values["new-rule-name"], values["new-when-0-value"]) == ("Many enquiries", "250.50")
    assert values["sha256"] == saved_meanwhile.document_sha256
    again = manager.post(edit_url(2, "rules", "new"), values, headers=headers)
    assert again.status_code == (200 if headers else 302)
    draft.refresh_from_db()
    assert draft.document["rules"][-1]["id"] == "R-20"


@pytest.mark.parametrize("extra", [{"new-rule-name": ""}, {"add_row": "1"}])
def test_a_rule_form_that_comes_back_for_another_reason_tells_it_too(
    manager: Client, draft: PolicyVersion, saved_meanwhile: PolicyVersion, extra: dict[str, str]
) -> None:
    answer = manager.post(edit_url(2, "rules", "new"), {**rule_values(draft), **extra})

    assert (answer.status_code, TOLD in text(answer)) == (409, True)


def test_a_rule_changed_in_both_windows_is_shown_as_it_is_now(manager: Client, draft: PolicyVersion) -> None:
    old = field_values(manager.get(edit_url(2, "rules", "K-03")).content.decode())
    manager.post(edit_url(2, "rules", "K-03"), {**old, "K-03-when-0-value": "750"})

    told = manager.post(edit_url(2, "rules", "K-03"), {**old, "K-03-when-0-value": "900"})

    assert "In the draft it now reads: " in text(told)
    assert "over $750" in text(told)
    assert field_values(told.content.decode())["K-03-when-0-value"] == "900"


@pytest.mark.parametrize("action", ["remove", "move"])
def test_a_refused_change_of_the_list_is_told_above_it_and_leaves_open_forms_alone(
    manager: Client, draft: PolicyVersion, saved_meanwhile: PolicyVersion, action: str
) -> None:
    values = {"sha256": draft.document_sha256, "to": "up"}

    answer = manager.post(edit_url(2, "rules", "R-06", action), values, headers=HTMX)

    assert (answer.status_code, "<html" in answer.content.decode()) == (409, False)
    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#rules-refused", "innerHTML")
    assert "Nothing was changed. The draft was saved from another window" in text(answer)
    assert '<div id="rules-refused"></div>' in manager.get(edit_url(2, "edit")).content.decode()
