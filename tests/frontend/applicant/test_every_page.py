"""Every applicant's page in Chromium, light and dark, narrow and wide: nothing for axe or the policy, nothing beyond the edge."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.factories import make_lender
from tests.frontend.applicant import scenes
from tests.frontend.applicant.conftest import Applicant
from underwriting.enums import Outcome

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browsing import Complaints

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Two opposite looks hold what the other two would nearly always show; those are looked at with the slow tests.
LOOKS = [
    (390, "light"),
    (1366, "dark"),
    pytest.param(390, "dark", marks=pytest.mark.slow),
    pytest.param(1366, "light", marks=pytest.mark.slow),
]
Step = Callable[["Page"], None]


@pytest.fixture(scope="session", autouse=True)
def browser_beside_database() -> Iterator[None]:
    """Playwright runs an event loop in the thread of the tests from its first use to the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


def press(name: str) -> Step:
    return lambda page: page.get_by_role("button", name=name).click()


def choose_part(page: Page) -> None:
    page.locator("[name=part]").first.check()
    page.get_by_role("button", name="Continue").click()


def write(text: str) -> Step:
    def then(page: Page) -> None:
        page.locator("#text").fill(text)
        page.get_by_role("button", name="Continue").click()

    return then


def say_yes(page: Page) -> None:
    page.get_by_label("Yes, I take the offer").check()
    page.get_by_role("button", name="Continue").click()


# In the order of one person's way: each step begins where the one before ended, unless it names a path.
DECLINED: list[tuple[str, str | None, Step | None]] = [
    ("status", "", None),
    ("decision", "decision/", None),
    ("data", "data/", None),
    ("documents", "documents/", None),
    ("documents-error", None, press("Send this file")),
    ("messages", "messages/", None),
    ("messages-error", None, press("Send my message")),
    ("dispute", "dispute/", None),
    ("dispute-error", None, press("Continue")),
    ("dispute-words", None, choose_part),
    ("dispute-words-error", None, press("Continue")),
    ("dispute-file", None, write("My limit is 20,000 and not 12,000.")),
    ("dispute-check", None, press("Continue")),
    ("look-again", "look-again/", None),
    ("look-again-check", None, write("")),
    ("appeal-sent", "dispute/check/", press("Send this to a person")),
    ("status-looking-again", "", None),
    ("appeal-refused", "dispute/", None),
    ("document-gone", "documents/00000000-0000-4000-8000-000000000000/", None),
]
OFFERED: list[tuple[str, str | None, Step | None]] = [
    ("offered-status", "", None),
    ("offered-decision", "decision/", None),
    ("offer", "offer/", None),
    ("offer-error", None, press("Continue")),
    ("offer-check", None, say_yes),
    ("withdraw", "withdraw/", None),
    ("withdrawn", None, press("Stop the application")),
    ("offer-over", "offer/", None),
]
INCOMPLETE: list[tuple[str, str | None, Step | None]] = [
    ("incomplete", "", None),
    ("missing", "missing/", None),
    ("missing-error", None, press("Send these answers")),
]


def walk(page: Page, base: str, applicant: Applicant, steps: list[Any], look: str) -> dict[str, list[Any]]:
    """What axe found on each page, and how far it goes beyond its edge."""
    page.goto(f"{base}{applicant.path}")
    page.locator("#day").fill("17")
    page.locator("#month").fill("4")
    page.locator("#year").fill("1988")
    page.locator("main form button").first.click()
    found = {}
    for name, path, then in steps:
        if path is not None:
            page.goto(f"{base}{applicant.path}{path}")
        if then is not None:
            then(page)
        if place := os.environ.get("UW_SCREENSHOTS"):
            page.screenshot(path=Path(place) / f"{name}-{look}.png", full_page=True)
        complaints = [
            f"{v['id']} {v['nodes'][0]['html'][:120]}" for v in Axe().run(page).response["violations"]
        ]
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if complaints or beyond > 0:
            found[name] = [*complaints, beyond]
    return found


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_no_page_is_anything_to_complain_about(
    transactional_db: None, live_server: Any, page: Page, complaints: Complaints, width: int, scheme: Any
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    lender = make_lender()
    declined = scenes.decided(lender)
    scenes.with_document(declined.party)
    scenes.with_messages(declined.party)
    other = make_lender("northgate")
    offered, incomplete = (
        scenes.decided(other, Outcome.COUNTEROFFER),
        scenes.incomplete(make_lender("quarry")),
    )
    look = f"{width}-{scheme}"

    found = walk(page, live_server.url, declined, DECLINED, look)
    found |= walk(page, live_server.url, offered, OFFERED, look)
    found |= walk(page, live_server.url, incomplete, INCOMPLETE, look)

    assert found == {}
    assert [line for line in complaints.everything() if "Failed to load resource" not in line] == []


@pytest.mark.parametrize("language", ["es", "hi"])
def test_the_other_languages_fit_a_phone(
    transactional_db: None, live_server: Any, browser: Browser, language: str
) -> None:
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 844}, locale=language
    )
    page = context.new_page()
    declined = scenes.decided(make_lender(), language=language)
    page.goto(f"{live_server.url}{declined.path}")
    page.locator("#day").fill("17")
    page.locator("#month").fill("4")
    page.locator("#year").fill("1988")
    page.locator("main form button").first.click()
    for path in ("", "decision/", "data/", "dispute/", "documents/", "messages/", "look-again/"):
        page.goto(f"{live_server.url}{declined.path}{path}")
        if place := os.environ.get("UW_SCREENSHOTS"):
            page.screenshot(
                path=Path(place) / f"{language}-{path.strip('/') or 'status'}.png", full_page=True
            )
        boxes = [box for element in page.locator("main *").all() if (box := element.bounding_box())]
        assert all(box["x"] + box["width"] <= 391 for box in boxes), path
    context.close()
