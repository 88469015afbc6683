"""What a page that stays open tells: that the session ends, that the claim is lost. The browser's clock is moved by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from review_queue.models import ReviewCase
from tests.browser.conftest import Axe, SignIn
from tests.browser.scene import Scene, set_scene
from tests.browsing import Complaints
from underwriting.enums import Role
from underwriting.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
HEARTBEAT = "**/heartbeat/"
# Drafts are fetched too, whenever their own pause is over: heartbeats are counted alone.
COUNT_HEARTBEATS = """
const fetched = window.fetch;
window.fetch = (address, ...options) => {
  const answer = fetched(address, ...options);
  if (String(address).endsWith("/heartbeat/")) answer.finally(() => {
    const page = document.documentElement.dataset;
    page.heartbeats = Number(page.heartbeats ?? 0) + 1;
  });
  return answer;
};
"""


def open_claimed(page: Page, live_server: LiveServer, sign_in: SignIn) -> Scene:
    scene = set_scene()
    sign_in(scene.people[Role.CREDIT_OFFICER])
    page.clock.install()
    page.add_init_script(COUNT_HEARTBEATS)
    page.goto(f"{live_server.url}/cases/{scene.cases[0]}/")
    page.keyboard.press("c")
    expect(page.locator("#open-decline")).to_be_visible()
    return scene


def beat(page: Page) -> int:
    """Be at work after a while: the page tells the server. Answers the status of that request, once the page has it."""
    page.clock.fast_forward("01:01")
    page.keyboard.press("Shift")  # unlike a turn of the wheel, it has arrived when the call is back
    with page.expect_response(HEARTBEAT) as answer:
        page.clock.run_for(2_000)
    # The clock must not be moved on while the answer is still on its way into the page.
    expect(page.locator("html")).to_have_attribute("data-heartbeats", "1")
    return answer.value.status


def test_who_is_at_work_is_not_warned_that_the_session_ends(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints
) -> None:
    open_claimed(page, live_server, sign_in)
    warning = page.locator("#session-warning")

    page.clock.fast_forward("26:00")
    assert beat(page) == 204
    page.clock.fast_forward("05:00")
    page.clock.run_for(2_000)
    expect(warning).not_to_be_visible()

    page.clock.fast_forward("25:00")
    page.clock.run_for(2_000)
    expect(warning).to_be_visible()
    assert complaints.everything() == []


def test_a_page_that_nobody_touches_keeps_neither_session_nor_lease(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints
) -> None:
    """Opened and last touched in the same millisecond, which a clock that stands still makes sure of."""
    scene = open_claimed(page, live_server, sign_in)
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    page.goto(f"{live_server.url}/cases/{scene.cases[0]}/")
    expect(page.locator("#open-decline")).to_be_visible()
    beats: list[str] = []
    page.on("request", lambda request: beats.append(request.url) if "heartbeat" in request.url else None)

    for _ in range(3):
        page.clock.run_for(70_000)

    assert beats == []
    assert beat(page) == 204
    assert len(beats) == 1
    assert complaints.everything() == []


def test_a_lost_claim_is_told_once_and_the_typed_text_stays(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints, axe: Axe
) -> None:
    scene = open_claimed(page, live_server, sign_in)
    page.keyboard.press("d")
    page.locator("#sentence").fill("half a sentence")
    ReviewCase.objects.filter(pk=scene.cases[0].pk).update(holder=User.objects.get(name="Tom Berg"))
    beats: list[str] = []
    page.on("request", lambda request: beats.append(request.url) if "heartbeat" in request.url else None)

    assert beat(page) == 409
    notice = page.locator("#decision > .notice")
    expect(notice).to_have_text("Tom Berg holds this case now. Your text is kept.")
    for _ in range(3):
        page.mouse.wheel(0, 40)
        page.clock.fast_forward("01:01")
        page.clock.run_for(2_000)

    expect(notice).to_have_count(1)
    expect(page.locator("#sentence")).to_have_value("half a sentence")
    assert len(beats) == 1
    assert axe(page) == []
    assert [line for line in complaints.everything() if "409" not in line] == []


def test_an_empty_view_says_so_in_the_middle(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints
) -> None:
    scene = set_scene()
    sign_in(scene.people[Role.CREDIT_OFFICER])
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{live_server.url}/queue/?view=mine")

    middles = page.locator(".empty, .empty > *").evaluate_all(
        "parts => parts.map(e => { const r = e.getBoundingClientRect(); return Math.round(r.left + r.right); })"
    )

    assert len(middles) > 2
    assert len(set(middles)) == 1
    assert complaints.everything() == []
