"""The queue in the browser: searching and saved views by keyboard, on the narrowest screen, with nothing in the address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import Axe, SignIn
from tests.browser.scene import set_scene
from tests.browsing import Complaints
from underwriting.enums import Role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
NARROWEST = 320


def test_a_search_keeps_its_words_in_the_box_and_out_of_the_address(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints
) -> None:
    scene = set_scene()
    sign_in(scene.people[Role.CREDIT_OFFICER])
    page.goto(f"{live_server.url}/queue/?view=mine")
    page.keyboard.press("/")
    page.keyboard.type("O'Brien sean")
    page.keyboard.press("Enter")

    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator("[data-row]")).to_contain_text("S. O'Brien")
    expect(page.locator("#search-typed")).to_be_focused()
    expect(page.locator("#view-tabs [aria-current]")).to_contain_text("All open")
    expect(page.locator("#live")).to_have_text(re.compile("^1 case, late first"))
    assert re.search(r"/queue/\?view=all&person=[0-9a-f.]{33}$", page.url)

    page.locator("#filter-columns").check()
    expect(page.get_by_role("link", name="In queue")).to_be_visible()
    expect(page.locator("#search-typed")).to_have_value("O'Brien sean")
    page.reload()
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator("#search-found")).to_contain_text("An address names nobody")
    assert complaints.everything() == []


def test_a_changed_view_shows_its_dot_at_once_and_reset_takes_it_away(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints, axe: Axe
) -> None:
    scene = set_scene()
    sign_in(scene.people[Role.CREDIT_OFFICER])
    page.set_viewport_size({"width": NARROWEST, "height": 640})
    page.goto(f"{live_server.url}/queue/?view=all")
    page.locator("#save-as-new summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Everything")
    page.keyboard.press("Enter")
    mine = page.locator("#saved-views .tabs a")
    expect(mine).to_have_text("Everything")

    page.keyboard.press("f")
    expect(page.locator("#filter-kind")).to_be_focused()
    page.locator("#filter-amount").select_option("small")
    expect(mine).to_contain_text("changed")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == NARROWEST

    page.locator("#reset-view").click()
    expect(mine).to_have_text("Everything")
    expect(page.locator("#filter-amount")).to_have_value("")
    assert complaints.everything() == []
