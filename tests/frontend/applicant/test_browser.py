"""The applicants' pages in Chromium: the whole way with scripts off, and nothing for axe or the CSP to say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.factories import make_lender
from tests.frontend.applicant.conftest import Applicant, by_score, decide, make_applicant
from underwriting.enums import Outcome

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browsing import Complaints

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
COUNTER = {
    "amount_minor": 700_000,
    "term_months": 36,
    "annual_rate_bps": 1249,
    "instalment_minor": 23_415,
    "price_tier": "C",
}
LOOKS = [(390, "light"), (390, "dark"), (1366, "light"), (1366, "dark")]


@pytest.fixture(scope="session", autouse=True)
def browser_beside_database() -> Iterator[None]:
    """Playwright runs an event loop in the thread of the tests from its first use to the end, and Django would refuse
    the database to every test after it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture
def declined(transactional_db: None) -> Applicant:
    applicant = make_applicant(make_lender())
    decide(
        applicant.party.application, Outcome.COUNTEROFFER, reasons=by_score(applicant.party), offer=COUNTER
    )
    return applicant


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def page_without_scripts(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    width, scheme = request.param
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    yield context.new_page()
    context.close()


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture where UW_SCREENSHOTS says so, for a person to look at."""
    if place := os.environ.get("UW_SCREENSHOTS"):
        page.screenshot(path=Path(place) / f"{name}.png", full_page=True)


def open_with_birth_date(page: Page) -> None:
    for label, value in (("Day", "17"), ("Month", "4"), ("Year", "1988")):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Show my application").click()
    expect(page.get_by_role("link", name="Read the decision")).to_be_visible()


def read_decision(page: Page) -> None:
    """A click waits for the first byte of the next page alone; what is read at once must be there."""
    page.get_by_role("link", name="Read the decision").click()
    page.wait_for_url("**/decision/")
    expect(page.get_by_role("heading", level=1)).to_have_text("We can offer you a different loan")


def fits(page: Page) -> bool:
    box = page.locator("body").bounding_box()
    widest = max(
        (b["width"] + b["x"] for e in page.locator("main *").all() if (b := e.bounding_box())), default=0
    )
    return box is not None and widest <= box["width"] + 1


def test_an_applicant_reads_the_decision_with_scripts_off(
    declined: Applicant, live_server: Any, page_without_scripts: Page, request: pytest.FixtureRequest
) -> None:
    page, look = page_without_scripts, request.node.callspec.id

    page.goto(f"{live_server.url}{declined.path}")
    page.get_by_label("Day").fill("17")
    page.get_by_label("Month").fill("5")
    page.get_by_label("Year").fill("1988")
    page.get_by_role("button", name="Show my application").click()
    expect(page.get_by_role("alert")).to_contain_text("That did not match, or this link has ended.")
    assert fits(page)
    keep_picture(page, f"known-fact-{look}")

    page.get_by_label("Month").fill("4")
    page.get_by_role("button", name="Show my application").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We can offer you something different")
    assert fits(page)
    keep_picture(page, f"status-{look}")

    read_decision(page)
    assert page.get_by_role("heading", level=3).all_inner_texts() == [
        "You use more of your card and credit line limits than is usual for those who just pass our checks.",
        "Not enough time has passed since your last missed payment.",
    ]
    assert fits(page)
    keep_picture(page, f"decision-{look}")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_axe_and_the_browser_have_nothing_to_say(
    declined: Applicant, live_server: Any, page: Page, complaints: Complaints, width: int, scheme: Any
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{live_server.url}{declined.path}")
    found = {"known fact": Axe().run(page).response["violations"]}
    open_with_birth_date(page)
    found["status"] = Axe().run(page).response["violations"]
    read_decision(page)
    found["decision"] = Axe().run(page).response["violations"]

    assert found == {"known fact": [], "status": [], "decision": []}
    assert complaints.everything() == []


def test_paper_shows_reasons_rights_and_contact_and_hides_tasks(
    declined: Applicant, live_server: Any, page_without_scripts: Page, request: pytest.FixtureRequest
) -> None:
    page = page_without_scripts
    page.goto(f"{live_server.url}{declined.path}")
    open_with_birth_date(page)
    read_decision(page)

    page.emulate_media(media="print")

    shown = [heading for heading in page.get_by_role("heading", level=2).all_inner_texts() if heading]
    assert shown == [
"What is different", "The offer", "The reasons, most important first", "What may help next time", "What you can do",
        "The credit report we used", "Your rights", "Contact",
    ]  # fmt: skip
    keep_picture(page, f"print-{request.node.callspec.id}")
