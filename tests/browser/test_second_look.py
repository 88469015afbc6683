"""Two people on one case by keyboard, and other terms in one press; nothing for axe or the content policy to complain about."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from review_queue.models import HeldDecision
from tests.browser.conftest import Axe, SignIn
from tests.browser.scene import set_scene
from tests.browser.second_looks import changeable, large, waiting
from tests.browsing import Complaints
from underwriting.enums import HeldState, Role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_a_second_look_by_keyboard_only(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints, axe: Axe
) -> None:
    scene = set_scene()
    case = waiting(scene)
    sign_in(scene.people[Role.CREDIT_OFFICER])
    press = page.keyboard.press
    page.goto(f"{live_server.url}/queue/?view=second-look")
    press("s")
    page.wait_for_url(f"**/cases/{case}/**")
    expect(page.locator("#second-look")).to_contain_text("Second look. Tom Berg decided 40 min ago.")
    expect(page.locator("body")).not_to_contain_text("A car loan that no report shows.")
    press("a")
    expect(page.locator("#panel-title")).to_be_focused()
    assert axe(page) == []
    press("Control+Enter")
    expect(page.locator("#panel .error-summary")).to_be_focused()
    page.get_by_label("Decline", exact=True).check()
    page.locator("#second-sentence").fill("The loan is on her bank statement.")
    press("Control+Enter")
    expect(page.locator("#answers")).to_contain_text("A car loan that no report shows.")
    expect(page.locator("#answers")).to_contain_text("The loan is on her bank statement.")
    expect(page.locator("#toasts")).to_contain_text(f"Declined {case}")
    assert axe(page) == []
    assert HeldDecision.objects.get(case=case).state == HeldState.HELD
    assert [line for line in complaints.everything() if "422" not in line] == []


def test_a_first_answer_can_be_taken_back_before_a_second_approver_gets_it(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints
) -> None:
    scene = set_scene(hold_seconds=60)
    case = large(scene)
    sign_in(scene.people[Role.CREDIT_OFFICER])
    page.goto(f"{live_server.url}/cases/{case}/?view=all")
    page.keyboard.press("c")
    expect(page.locator("#open-decline")).to_be_visible()
    page.keyboard.press("d")
    expect(page.locator("#panel-title")).to_be_focused()
    page.keyboard.press("s")
    expect(page.locator("#preview-reading")).to_contain_text("Reading grade")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Goes to a second approver in")
    page.keyboard.press("z")
    page.wait_for_url(f"**/cases/{case}/**")
    expect(page.locator("#case-head")).to_contain_text("You hold it")
    assert HeldDecision.objects.get(case=case).state == HeldState.CANCELLED
    assert complaints.everything() == []


def test_other_terms_are_worked_out_while_typing_and_taken_in_one_press(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints, axe: Axe
) -> None:
    scene = set_scene()
    case = changeable(scene)
    sign_in(scene.people[Role.CREDIT_OFFICER])
    page.goto(f"{live_server.url}/cases/{case}/?view=all")
    page.keyboard.press("c")
    expect(page.locator("#open-counteroffer")).to_be_visible()
    page.keyboard.press("c")
    expect(page.locator("#panel-title")).to_be_focused()
    page.locator("#sentence").fill("Agreed on the telephone.")
    page.locator("#offer-term").select_option("36")
    page.locator("#offer-amount").type("7500")
    expect(page.locator("#worked-out")).to_contain_text("$7,500 over 36 months")
    assert axe(page) == []
    page.locator("#panel-title").focus()
    page.keyboard.press("m")
    expect(page.locator("#offer-amount")).to_have_value("6000")
    expect(page.locator("#worked-out")).to_contain_text("$6,000 over 60 months")
    expect(page.locator("#sentence")).to_have_value("Agreed on the telephone.")
    page.locator("#offer-amount").fill("5500")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_be_focused()
    expect(page.locator("#worked-out")).to_contain_text("$5,500 over 60 months")
    assert not HeldDecision.objects.filter(case=case).exists()
    page.keyboard.press("s")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text(f"Other terms offered: {case}")
    held = HeldDecision.objects.get(case=case)
    assert ((held.offer or {})["amount_minor"], (held.offer or {})["term_months"]) == (550_000, 60)
    assert complaints.everything() == []
