"""Nothing typed into any form of a case is lost by Back or by loading the page anew, before a draft was saved by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from review_queue.actions.claim import claim_case
from review_queue.models import ReviewCase
from tests.browser.conftest import SignIn
from tests.browser.scene import Scene, actor, appeal, notice_review, set_scene
from tests.browser.second_looks import waiting
from underwriting.enums import Role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
WORDS = "Her mother's flat, until the end of May."


@dataclass(frozen=True, slots=True)
class Typing:
    """A form: the case it stands on, what opens it, the field, and who types."""

    opener: str
    field: str
    role: Role = Role.CREDIT_OFFICER
    case: Callable[[Scene], ReviewCase] = lambda scene: scene.cases[0]


FORMS = {
    "ask": Typing("#open-ask", "#question"),
    "escalate": Typing("#open-escalate", "#move-why"),
    "skip": Typing("#open-skip", "#skip-note"),
    "snooze": Typing("#open-snooze", "#move-why"),
    "correct": Typing("#open-correct", "#source"),
    "message": Typing("#messages summary", "#message-1"),
    "own-answer": Typing("#open-own-answer", "#own-sentence", case=appeal),
    "second-look": Typing("#open-second-look", "#second-sentence", case=waiting),
    "again": Typing("#open-again", "#move-why", case=notice_review),
    "give": Typing("#open-give", "#move-why", Role.TEAM_LEAD),
    "due": Typing("#open-due", "#move-why", Role.TEAM_LEAD),
    "reopen": Typing("#open-reopen", "#move-why", Role.TEAM_LEAD, lambda scene: scene.decided),
}


@pytest.fixture
def scene() -> Scene:
    return set_scene()


def open_form(page: Page, typing: Typing) -> None:
    field = page.locator(typing.field)
    if not field.is_visible():  # a letter that is not sent is shown unfolded
        page.locator(typing.opener).click()
    expect(field).to_be_visible()


@pytest.mark.parametrize("name", FORMS)
def test_back_and_loading_anew_bring_the_words_back(
    page: Page, live_server: LiveServer, sign_in: SignIn, scene: Scene, name: str
) -> None:
    """H-2. The page is left at once, before the two seconds after which a draft is saved."""
    typing = FORMS[name]
    user, case = scene.people[typing.role], typing.case(scene)
    if typing.role is Role.CREDIT_OFFICER:
        claim_case(case_id=case.pk, user=user, actor=actor(user), now=timezone.now())
    sign_in(user)
    page.goto(f"{live_server.url}/cases/{case}/?view=all")
    open_form(page, typing)
    page.locator(typing.field).focus()
    page.keyboard.type(WORDS)
    page.goto(f"{live_server.url}/queue/?view=all")
    page.go_back()
    page.wait_for_url(f"**/cases/{case}/**")
    expect(page.locator("#kept-draft")).to_be_visible()
    open_form(page, typing)
    expect(page.locator(typing.field)).to_have_value(WORDS)

    page.locator(typing.field).focus()
    page.keyboard.press("End")
    page.keyboard.type(" Or June.")
    if name == "message":  # it stands on the page itself, which may be read before what is sent on leaving it
        expect(page.locator("#messages [data-draft-state]")).to_contain_text("Saved")
    page.reload()
    open_form(page, typing)
    expect(page.locator(typing.field)).to_have_value(f"{WORDS} Or June.")
