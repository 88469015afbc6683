"""Keys of roles other than an officer's."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import SignIn
from tests.browser.scene import set_scene
from underwriting.enums import Role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_keys_lead_a_risk_manager_to_policies_and_monitoring(
    page: Page, live_server: LiveServer, sign_in: SignIn
) -> None:
    scene = set_scene()
    sign_in(scene.people[Role.RISK_MANAGER])
    page.goto(f"{live_server.url}/")
    for keys, address in (("gp", "**/policies/"), ("gm", "**/monitoring/**"), ("gh", f"{live_server.url}/")):
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_url(address)


def test_a_lead_chooses_the_marked_row_by_its_key(
    page: Page, live_server: LiveServer, sign_in: SignIn
) -> None:
    scene = set_scene()
    sign_in(scene.people[Role.TEAM_LEAD])
    page.goto(f"{live_server.url}/queue/?view=all")
    chosen = page.locator("[data-row-key=x]:checked")
    page.keyboard.press("x")
    expect(chosen).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(chosen).to_have_count(1)
    expect(page.locator("[data-marked]").locator(chosen)).to_have_count(1)
    page.keyboard.press("x")
    expect(chosen).to_have_count(0)
