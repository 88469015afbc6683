"""The decision table and the effect panel in a real browser: keys alone, narrow screens, nothing for axe to complain about."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browsing import Complaints
from tests.frontend.risk.test_policy_in_browser import (  # noqa: F401 - fixtures
    SLUG,
    browser_beside_database,
    desk,
    look,
    sign_in,
)
from tests.underwriting.policy.conftest import NOW, Desk, acting
from underwriting.policy.lifecycle import create_draft

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_row_of_the_table_is_edited_by_keys_alone_on_a_narrow_screen(
    page: Page,
    complaints: Complaints,
    live_server: Any,
    desk: Desk,  # noqa: F811 - the fixture
) -> None:
    draft = create_draft(policy=desk.policy, actor=acting(desk.manager), now=NOW)
    sign_in(page, live_server.url, desk.manager)
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(f"{live_server.url}/policies/{SLUG}/drafts/2/table/?kind=KNOCKOUT")

    page.locator("#open-K-03").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#form-rule-K-03")
    page.wait_for_selector("#lease-rule-K-03 >> text=Yours while you work on it")
    page.locator("#row-K-03 input[name^='cell past_due_amount']").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("750")
    look(page, "table-open-320")
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#row-K-03 >> text=$750")

    assert page.evaluate("document.activeElement.id") == "open-K-03"
    assert "Rule K-03 saved." in page.inner_text("#live")
    draft.refresh_from_db()
    assert draft.document["rules"][2]["when"]["value"] == 75_000
    assert complaints.everything() == []


def test_what_is_typed_moves_the_effect_before_it_is_saved(
    page: Page,
    complaints: Complaints,
    live_server: Any,
    desk: Desk,  # noqa: F811 - the fixture
) -> None:
    draft = create_draft(policy=desk.policy, actor=acting(desk.manager), now=NOW)
    sign_in(page, live_server.url, desk.manager)
    page.goto(f"{live_server.url}/policies/{SLUG}/drafts/2/edit/")

    page.locator("#id_cut-approve").focus()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#effect >> text=Not saved yet")

    assert page.input_value("#id_cut-approve") == "629"
    assert page.evaluate("document.activeElement.id") == "id_cut-approve"
    page.wait_for_selector("#lease-cut-offs >> text=Yours while you work on it")
    draft.refresh_from_db()
    assert draft.document["cut_offs"]["approve"] == 640
    assert complaints.everything() == []
