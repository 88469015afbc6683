"""The bar of a case: always at the foot of the window, with an opened panel above it and the case still in sight."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import SignIn
from tests.browser.scene import set_scene
from tests.browser.typing import take
from underwriting.enums import Role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
WINDOW_HEIGHT = 768
PLACES = """() => {
  const at = (selector) => document.querySelector(selector).getBoundingClientRect();
  const covering = document.elementFromPoint(200, 10);
  return {foot: Math.round(at('#decision').bottom), panelEnds: at('#panel').bottom, rowBegins: at('#decision .bar__row').top,
          bar: at('#decision').top, isCovered: Boolean(covering.closest('#decision, dialog'))};
}"""


def test_the_bar_stays_at_the_foot_and_its_panel_leaves_the_case_in_sight(
    page: Page, live_server: LiveServer, sign_in: SignIn
) -> None:
    scene = set_scene()
    sign_in(scene.people[Role.CREDIT_OFFICER])
    page.set_viewport_size({"width": 1366, "height": WINDOW_HEIGHT})
    take(page, live_server.url, scene.cases[0])
    at_top = page.evaluate(PLACES)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    at_end = page.evaluate(PLACES)
    page.evaluate("scrollTo(0, 0)")
    page.keyboard.press("d")
    expect(page.locator("#panel-title")).to_be_focused()
    opened = page.evaluate(PLACES)

    assert [places["foot"] for places in (at_top, at_end, opened)] == [WINDOW_HEIGHT] * 3
    assert opened["panelEnds"] <= opened["rowBegins"]
    assert (opened["isCovered"], page.locator("dialog[open]").count()) == (False, 0)
    assert opened["bar"] > 0
