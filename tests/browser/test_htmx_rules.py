"""The rules of UX 3.1 that a browser alone can show: focus, announcements, polling, and what is seen while the server works."""

from __future__ import annotations

import json
import time

import pytest
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from review_queue.models import ReviewCase
from tests.browser.conftest import Axe, SignIn
from tests.browser.scene import Scene, set_scene
from tests.browser.typing import take, write_decline
from tests.browsing import Complaints
from underwriting.enums import Role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
HIDE = "Object.defineProperty(document, 'visibilityState', {value: '%s', configurable: true})"

# the line at the top, whether the button is busy, and what the panel says; ten times a second
WATCH = """() => setInterval(() => window.__note([
  getComputedStyle(document.getElementById('progress-line')).opacity,
  String(document.getElementById('commit')?.disabled), document.querySelector('#panel [data-draft-state]')?.textContent || '',
]), 100)"""


@pytest.fixture
def scene(sign_in: SignIn) -> Scene:
    scene = set_scene(hold_seconds=60)
    sign_in(scene.people[Role.CREDIT_OFFICER])
    return scene


@pytest.fixture
def case(scene: Scene) -> ReviewCase:
    return scene.cases[0]


def answer_after(seconds: float, route: Route) -> None:
    time.sleep(seconds)
    route.continue_()


def test_the_configuration_is_the_one_the_rules_were_tried_with(
    page: Page, live_server: LiveServer, scene: Scene, complaints: Complaints
) -> None:
    """H-1, H-2, H-5: no style of its own, no eval, no page kept in the browser, conflicts and errors are swapped in."""
    page.goto(f"{live_server.url}/queue/?view=all")
    given = json.loads(page.locator("meta[name=htmx-config]").get_attribute("content") or "{}")
    wanted = {
        "includeIndicatorStyles": False, "allowEval": False, "allowScriptTags": False, "historyCacheSize": 0,
        "refreshOnHistoryMiss": True, "historyRestoreAsHxRequest": False, "selfRequestsOnly": True,
    }  # fmt: skip
    assert {name: given[name] for name in wanted} == wanted
    assert {"code": "409|422", "swap": True, "error": False} in given["responseHandling"]
    assert page.evaluate("document.querySelectorAll('style').length") == 0
    assert complaints.violations == []


def test_focus_stays_on_a_swapped_control_and_goes_to_an_opened_panel_and_to_an_error(
    page: Page, live_server: LiveServer, case: ReviewCase, axe: Axe
) -> None:
    """H-6; axe after each step."""
    take(page, live_server.url, case)
    toggle = page.locator("#explain-toggle")
    toggle.focus()
    page.keyboard.press("Enter")
    expect(toggle).to_have_text("Show as drawing")
    expect(toggle).to_be_focused()
    assert axe(page) == []
    page.keyboard.press("d")
    expect(page.locator("#panel-title")).to_be_focused()
    assert axe(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.locator("#panel .error-summary")).to_be_focused()
    assert axe(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#open-decline")).to_be_focused()


def test_what_happens_is_announced_in_one_place_that_was_there_from_the_start(
    page: Page, live_server: LiveServer, case: ReviewCase
) -> None:
    """H-7."""
    page.goto(f"{live_server.url}/queue/?view=all")
    live = page.locator("#live[role=status][aria-live=polite]")
    expect(live).to_have_count(1)
    expect(live).to_have_text("")
    page.keyboard.press("j")
    expect(live).to_contain_text(f"{case}, M. Okafor")


def test_a_form_is_sent_once_while_its_answer_is_on_the_way(
    page: Page, live_server: LiveServer, case: ReviewCase
) -> None:
    """H-8, H-11: the pressed control shows it is busy, the line comes after 150 ms, and after two seconds words."""
    take(page, live_server.url, case)
    write_decline(page, "Both cards are full.")
    sent: list[str] = []
    page.on(
        "request",
        lambda request: (
            sent.append(request.url) if request.method == "POST" and "/decide/" in request.url else None
        ),
    )
    seen: list[list[str]] = []
    page.expose_function("__note", lambda state: seen.append(state))  # noqa: PLW0108 - needs a real function
    page.evaluate(WATCH)
    page.route("**/decide/decline/", lambda route: answer_after(3, route))
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text(f"Declined {case}", timeout=8000)
    assert ["0", "true", "The server is still at it."] not in seen
    assert ["1", "true", "The server is still at it."] in seen, seen[-12:]
    assert len(sent) == 1


def test_polling_rests_while_nobody_looks(page: Page, live_server: LiveServer, scene: Scene) -> None:
    """H-9."""
    polls: list[str] = []
    page.on(
        "request",
        lambda request: polls.append(request.url) if request.headers.get("uw-poll") == "1" else None,
    )
    page.goto(f"{live_server.url}/queue/?view=all")
    page.evaluate(HIDE % "hidden")
    page.evaluate("document.body.dataset.pollSeconds = '1'")
    page.wait_for_timeout(2500)
    assert polls == []
    page.evaluate(HIDE % "visible")
    page.wait_for_timeout(2500)
    assert polls


def test_a_draft_that_cannot_be_saved_says_so_and_is_saved_as_soon_as_it_can_be(
    page: Page, live_server: LiveServer, case: ReviewCase
) -> None:
    """H-12, C-4."""
    take(page, live_server.url, case)
    page.route("**/draft/**", lambda route: route.abort())
    write_decline(page, "Both cards")
    state = page.locator("#panel [data-draft-state]")
    expect(state).to_have_text("Could not save. Your text is still here.", timeout=6000)
    page.unroute("**/draft/**")
    page.keyboard.type(" are full.")
    expect(state).to_contain_text("Saved", timeout=6000)
    case.refresh_from_db()
    assert "Both cards are full." in json.dumps(case.draft)
