"""A draft open in two windows: whoever saves second is told, keeps what was typed, and may save over it knowingly."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.frontend.risk.screens import (
    edit_url,
    field_values,
    own_draft,
    rule_sha256,
    rule_values,
    section_values,
    text,
    typed_cut_offs,
)
from tests.underwriting.policy.conftest import Desk
from underwriting.models import PolicyVersion

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
TOLD = "It was saved from another window in between"


@pytest.fixture
def draft(desk: Desk) -> PolicyVersion:
    """The draft as this window still knows it."""
    return own_draft(desk)


@pytest.fixture
def saved_meanwhile(manager: Client, draft: PolicyVersion) -> PolicyVersion:
    """The same draft after another window moved its thresholds."""
    values = typed_cut_offs(draft, 632, 600)
    assert manager.post(edit_url(2, "edit", "cut-offs"), values).status_code == 302
    return PolicyVersion.objects.get(pk=draft.pk)


def cut_offs(version: PolicyVersion) -> Any:
    version.refresh_from_db()
    return version.document["cut_offs"]


def test_a_section_keeps_what_was_typed_and_is_saved_when_sent_again(
    manager: Client, draft: PolicyVersion, saved_meanwhile: PolicyVersion
) -> None:
    typed = typed_cut_offs(draft, 650, 600)

    told = manager.post(edit_url(2, "edit", "cut-offs"), typed)

    values = section_values(told.content.decode(), "cut-offs")
    assert (told.status_code, text(told).count(TOLD)) == (409, 1)
    assert (values["cut-approve"], values["sha256"]) == ("650", typed_cut_offs(saved_meanwhile, 0)["sha256"])
    assert cut_offs(draft)["approve"] == 632
    assert manager.post(edit_url(2, "edit", "cut-offs"), values).status_code == 302
    assert cut_offs(draft)["approve"] == 650


def test_a_tier_row_and_another_limit_keep_what_was_typed(manager: Client, draft: PolicyVersion) -> None:
    page = manager.get(edit_url(2, "edit")).content.decode()
    tiers, service = section_values(page, "prices"), section_values(page, "sla")
    for section, values in (
        ("prices", {**tiers, "tier-0-rate": "6.66"}),
        ("sla", {**service, "sla-working_minutes": "99"}),
    ):
        assert manager.post(edit_url(2, "edit", section), values).status_code == 302

    told = manager.post(edit_url(2, "edit", "prices"), {**tiers, "tier-0-rate": "7.77"})
    other = manager.post(edit_url(2, "edit", "sla"), {**service, "sla-working_minutes": "123"})

    assert (told.status_code, field_values(told.content.decode())["tier-0-rate"]) == (409, "7.77")
    assert (other.status_code, field_values(other.content.decode())["sla-working_minutes"]) == (409, "123")


def test_what_another_window_saved_elsewhere_stands_in_nobodys_way(
    manager: Client, draft: PolicyVersion, saved_meanwhile: PolicyVersion
) -> None:
    rule = rule_values(**{"rule-id": "R-30"})
    removal = {"sha256": rule_sha256(draft, "K-02")}

    assert manager.post(edit_url(2, "rules", "new"), rule).status_code == 302
    assert manager.post(edit_url(2, "rules", "K-02", "remove"), removal).status_code == 302
    assert manager.post(edit_url(2, "rules", "R-06", "move"), {"to": "up"}).status_code == 302

    draft.refresh_from_db()
    ids = [rule["id"] for rule in draft.document["rules"]]
    assert (draft.document["cut_offs"]["approve"], ids[1], ids[-3:]) == (
        632,
        "K-03",
        ["R-06", "R-05", "R-30"],
    )


def test_a_mistake_in_an_old_window_does_not_hide_that_the_section_moved_on(
    manager: Client, draft: PolicyVersion, saved_meanwhile: PolicyVersion
) -> None:
    answer = manager.post(edit_url(2, "edit", "cut-offs"), typed_cut_offs(draft, "six"))

    assert (answer.status_code, TOLD in text(answer), "Enter a whole number." in text(answer)) == (
        409,
        True,
        True,
    )


@pytest.fixture
def old(manager: Client, draft: PolicyVersion) -> dict[str, str]:
    """The form of a rule as this window still knows it, after another window changed the rule."""
    old = field_values(manager.get(edit_url(2, "rules", "K-03")).content.decode())
    manager.post(edit_url(2, "rules", "K-03"), {**old, "K-03-when-0-value": "750"})
    return old


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_rule_changed_in_both_windows_is_shown_as_it_is_now_and_saved_when_sent_again(
    manager: Client, draft: PolicyVersion, old: dict[str, str], headers: dict[str, str]
) -> None:
    told = manager.post(edit_url(2, "rules", "K-03"), {**old, "K-03-when-0-value": "900"}, headers=headers)

    page = told.content.decode()
    values = field_values(page)
    assert (told.status_code, text(told).count(TOLD), "<html" in page) == (409, 1, not headers)
    assert told["HX-Retarget"] == "#rule-K-03"
    assert "In the draft it now reads: " in text(told)
    assert "over $750" in text(told)
    assert values["K-03-when-0-value"] == "900"
    again = manager.post(edit_url(2, "rules", "K-03"), values, headers=headers)
    assert again.status_code == (200 if headers else 302)
    draft.refresh_from_db()
    assert draft.document["rules"][2]["when"]["value"] == 90_000


@pytest.mark.parametrize("extra", [{"K-03-rule-name": ""}, {"add_row": "1"}])
def test_a_rule_form_that_comes_back_for_another_reason_tells_it_too(
    manager: Client, old: dict[str, str], extra: dict[str, str]
) -> None:
    answer = manager.post(edit_url(2, "rules", "K-03"), {**old, **extra})

    assert (answer.status_code, TOLD in text(answer)) == (409, True)


def test_a_refused_removal_is_told_above_the_rules_and_leaves_open_forms_alone(
    manager: Client, draft: PolicyVersion, old: dict[str, str]
) -> None:
    answer = manager.post(edit_url(2, "rules", "K-03", "remove"), {"sha256": old["sha256"]}, headers=HTMX)

    assert (answer.status_code, "<html" in answer.content.decode()) == (409, False)
    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#rules-refused", "innerHTML")
    assert "Nothing was changed. This was saved from another window" in text(answer)
    assert '<div id="rules-refused"></div>' in manager.get(edit_url(2, "edit")).content.decode()
