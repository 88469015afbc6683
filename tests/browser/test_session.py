"""The door and the end of a session: fields that a password manager fills, and the question before the half hour is over."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import Axe, SignIn
from tests.browser.scene import set_scene
from tests.browser.typing import enrolled
from tests.browsing import Complaints
from tests.factories.lending import PASSWORD
from underwriting.enums import Role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
PASTE = """(words) => {
  const data = new DataTransfer(); data.setData('text/plain', words);
  const event = new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true});
  return document.activeElement.dispatchEvent(event);
}"""


def test_both_steps_of_the_door_can_be_filled_and_pasted(page: Page, live_server: LiveServer) -> None:
    officer = enrolled(set_scene().people[Role.CREDIT_OFFICER])
    page.goto(f"{live_server.url}/sign-in/")
    expect(page.locator("#id_email")).to_have_attribute("autocomplete", "username")
    expect(page.locator("#id_password")).to_have_attribute("autocomplete", "current-password")
    page.locator("#id_email").fill(officer.email)
    page.locator("#id_password").focus()
    assert page.evaluate(PASTE, PASSWORD), "pasting is not stopped"
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    code = page.locator("#id_code")
    expect(code).to_be_focused()
    expect(code).to_have_attribute("autocomplete", "one-time-code")
    expect(page.locator("#id_code, [name^=code]")).to_have_count(1)
    assert page.evaluate(PASTE, "123456"), "pasting is not stopped"


def test_who_wants_to_stay_signed_in_says_so_and_stays(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints, axe: Axe
) -> None:
    sign_in(set_scene().people[Role.CREDIT_OFFICER])
    page.clock.install()
    page.goto(f"{live_server.url}/queue/?view=all")
    warning = page.locator("#session-warning")
    page.clock.fast_forward("27:55")
    page.clock.run_for(2_000)
    expect(warning).not_to_be_visible()
    page.clock.run_for(10_000)
    expect(warning).to_be_visible()
    assert axe(page) == []

    with page.expect_response("**/me/stay/") as answer:
        page.get_by_role("button", name="Stay signed in").click()
    assert answer.value.status == 204
    expect(warning).not_to_be_visible()
    page.clock.run_for(60_000)
    expect(warning).not_to_be_visible()
    assert complaints.everything() == []
