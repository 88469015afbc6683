"""The desk by keyboard only, without script, and with what a person must never lose."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from review_queue.models import HeldDecision, ReviewCase
from tests.browser.conftest import Axe, SignIn
from tests.browser.scene import set_scene
from tests.browsing import Complaints
from underwriting.enums import HeldState, Role
from underwriting.models import Preference

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_from_the_queue_to_the_next_case_by_keyboard_only(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints, axe: Axe
) -> None:
    scene = set_scene(hold_seconds=60)
    first, second = scene.cases[0], scene.cases[1]
    sign_in(scene.people[Role.CREDIT_OFFICER])
    page.goto(f"{live_server.url}/")
    press = page.keyboard.press

    press("g")
    press("q")
    page.wait_for_url("**/queue/")
    page.goto(f"{live_server.url}/queue/?view=all")
    press("j")
    expect(page.locator("[data-marked]")).to_contain_text(str(first))
    press("c")
    expect(page.locator("#case-head")).to_contain_text("You hold it")
    press("t")
    expect(page.locator("#explain table")).to_be_visible()
    press("d")
    expect(page.locator("#panel-title")).to_be_focused()
    press("s")
    expect(page.locator("#preview li")).to_have_count(2)
    assert axe(page) == []
    press("Control+Enter")
    page.wait_for_url(f"**/cases/{second}/**")
    expect(page.locator("#toasts")).to_contain_text(f"Declined {first}")
    assert ReviewCase.objects.get(pk=second.pk).holder == scene.people[Role.CREDIT_OFFICER]

    press("z")
    page.wait_for_url(f"**/cases/{first}/**")
    expect(page.locator("#case-head")).to_contain_text("You hold it")
    assert HeldDecision.objects.get(case=first).state == HeldState.CANCELLED
    press("u")
    page.wait_for_url("**/queue/**")
    assert complaints.everything() == []


def test_an_error_is_told_in_the_panel_and_takes_the_focus(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints, axe: Axe
) -> None:
    scene = set_scene()
    sign_in(scene.people[Role.CREDIT_OFFICER])
    page.goto(f"{live_server.url}/cases/{scene.cases[0]}/")
    page.keyboard.press("c")
    expect(page.locator("#open-approve")).to_be_visible()
    page.keyboard.press("a")
    page.locator("#sentence").fill("Seen the payslips")
    page.keyboard.press("Control+Enter")
    summary = page.locator("#panel .error-summary")
    expect(summary).to_be_focused()
    expect(page.locator("#sentence")).to_have_value("Seen the payslips")
    assert axe(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#panel form")).to_have_count(0)
    expect(page.locator("#open-approve")).to_be_focused()
    assert [line for line in complaints.everything() if "422" not in line] == []


def answer_late(route: Route) -> None:
    time.sleep(1.5)
    route.continue_()


def test_a_decision_sent_while_the_preview_is_on_its_way_is_sent(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints
) -> None:
    scene = set_scene()
    sign_in(scene.people[Role.CREDIT_OFFICER])
    page.goto(f"{live_server.url}/cases/{scene.cases[0]}/?view=all")
    page.keyboard.press("c")
    expect(page.locator("#open-decline")).to_be_visible()
    page.route("**/preview/**", answer_late)
    page.keyboard.press("d")
    expect(page.locator("#panel-title")).to_be_focused()
    page.keyboard.press("s")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/cases/{scene.cases[1]}/**")
    assert complaints.everything() == []


def test_typed_text_survives_a_closed_tab(page: Page, live_server: LiveServer, sign_in: SignIn) -> None:
    scene = set_scene()
    sign_in(scene.people[Role.CREDIT_OFFICER])
    address = f"{live_server.url}/cases/{scene.cases[0]}/"
    page.goto(address)
    page.keyboard.press("c")
    expect(page.locator("#open-decline")).to_be_visible()
    page.keyboard.press("d")
    page.locator("#sentence").type("half a sentence")
    expect(page.locator("#panel [data-draft-state]")).to_have_text(re.compile("Saved"), timeout=8000)
    page.goto(address)
    page.keyboard.press("d")
    expect(page.locator("#sentence")).to_have_value("half a sentence")


def test_letters_do_nothing_when_switched_off_or_typed_into_a_field(
    page: Page, live_server: LiveServer, sign_in: SignIn
) -> None:
    scene = set_scene()
    officer = scene.people[Role.CREDIT_OFFICER]
    Preference.objects.create(user=officer, shortcuts_enabled=False)
    sign_in(officer)
    page.goto(f"{live_server.url}/cases/{scene.cases[0]}/")
    page.keyboard.press("c")
    page.wait_for_timeout(300)
    expect(page.locator("#case-head")).to_contain_text("Nobody holds it")

    Preference.objects.update(shortcuts_enabled=True)
    page.goto(f"{live_server.url}/queue/?view=all")
    page.keyboard.press("/")
    page.keyboard.type("cj")
    expect(page.locator("#search-typed")).to_have_value("cj")
    expect(page.locator("[data-marked]")).to_have_count(0)


def test_the_whole_journey_works_with_scripts_off(
    browser: Browser, live_server: LiveServer, complaints: Complaints
) -> None:
    scene = set_scene()
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(scene.people[Role.CREDIT_OFFICER])
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                "url": live_server.url,
            }
        ]
    )
    page = context.new_page()
    page.goto(f"{live_server.url}/queue/?view=all")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#case-head")).to_contain_text("You hold it")
    page.get_by_role("link", name="Decline").click()
    page.get_by_role("checkbox", name="High share of card and line limits").check()
    page.locator("#commit").click()
    expect(page.locator("#toasts")).to_contain_text(f"Declined {scene.cases[0]}")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#case-head")).to_contain_text(str(scene.cases[0]))
    context.close()


def test_nothing_that_has_the_focus_is_hidden_behind_the_bar(
    page: Page, live_server: LiveServer, sign_in: SignIn
) -> None:
    scene = set_scene()
    sign_in(scene.people[Role.CREDIT_OFFICER])
    page.set_viewport_size({"width": 1366, "height": 650})
    page.goto(f"{live_server.url}/cases/{scene.cases[0]}/?view=all")
    for _ in range(40):
        page.keyboard.press("Tab")
        hidden = page.evaluate(
            """() => {
              const e = document.activeElement;
              if (!e || e === document.body) return '';
              const r = e.getBoundingClientRect();
              const hit = document.elementFromPoint(r.left + r.width / 2, r.top + Math.min(r.height / 2, 20));
              return hit && (e.contains(hit) || hit.contains(e)) ? '' : e.outerHTML.slice(0, 120);
            }"""
        )
        assert hidden == ""
