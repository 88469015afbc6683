"""The same journey in Chromium, scripts off, on a phone's width: what the applicant and the officer really see."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.journey.world import (
    RIGHT_INCOME,
    RIGHT_INCOME_WORDS,
    Story,
    begin,
    now_code,
    password,
    payslip,
    wait_for,
)
from underwriting.enums import Outcome
from underwriting.models import Assessment, Decision

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.processes import RealProcesses

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.broker, pytest.mark.browser]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(autouse=True, scope="module")
def database_beside_the_browser() -> None:
    """Playwright's event loop runs in this thread until the session ends, and the database is taken down after that."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


@pytest.fixture
def phones(browser: Browser) -> Iterator[tuple[Page, Page]]:
    """The applicant's phone and the officer's: two browsers that share nothing, with scripts off."""
    contexts = [browser.new_context(java_script_enabled=False, viewport=PHONE) for _ in range(2)]  # type: ignore[arg-type]
    pages = [context.new_page() for context in contexts]
    yield pages[0], pages[1]
    for context in contexts:
        context.close()


def fits(page: Page) -> bool:
    """Nothing of the page lies beyond its right edge."""
    boxes = [box for element in page.locator("main *").all() if (box := element.bounding_box())]
    return all(box["x"] + box["width"] <= PHONE["width"] + 1 for box in boxes)


def test_in_chromium_without_scripts(
    real_processes: RealProcesses, phones: tuple[Page, Page], tmp_path: Path
) -> None:
    applicant, officer = phones
    story = begin(real_processes)
    public_id = story.apply()
    declined = wait_for(
        lambda: found if (found := story.application(public_id))["status"] == "DECLINED" else None,
        "a decline",
    )
    address = f"{story.base_url}{declined['applicant_page']}"
    slip = tmp_path / "payslip.pdf"
    slip.write_bytes(payslip())

    dispute(applicant, address, story, slip)
    answer(officer, story)
    wait_for(
        lambda: found if (found := story.application(public_id))["status"] == "APPROVED" else None,
        "an approval",
    )

    applicant.goto(address)
    expect(applicant.get_by_role("heading", level=1)).to_have_text("Your application is approved")
    applicant.get_by_role("link", name="Read the decision").first.click()
    expect(applicant.get_by_role("heading", level=1)).to_have_text("We can offer you this loan")
    expect(applicant.get_by_role("main")).to_contain_text("Our answer to you")
    expect(applicant.get_by_role("main")).to_contain_text("Before: $1,200. Now: $120,000.")
    assert fits(applicant)
    letter = wait_for(lambda: _letter(applicant, address), "the letter")
    assert letter.startswith(b"%PDF-")
    decisions = Decision.objects.filter(application__public_id=public_id).order_by("number")
    assert list(decisions.values_list("number", "outcome")) == [(1, Outcome.DECLINE), (2, Outcome.APPROVE)]


def dispute(page: Page, address: str, story: Story, slip: Path) -> None:
    page.goto(address)
    page.get_by_label("Day", exact=True).fill(str(story.birth_date.day))
    page.get_by_label("Month", exact=True).fill(str(story.birth_date.month))
    page.get_by_label("Year", exact=True).fill(str(story.birth_date.year))
    page.get_by_role("button", name="Show my application").click()
    page.get_by_role("link", name="Read the decision").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We cannot offer you this loan")
    assert fits(page)
    page.get_by_role("link", name="Tell us something is wrong").click()
    page.locator("summary", has_text="What you told us").click()  # the list opens without a script
    page.get_by_label("Yearly income: $1,200").check()
    assert fits(page)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("What is wrong with it?").fill(RIGHT_INCOME_WORDS)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Choose a file").set_input_files(slip)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("main")).to_contain_text("payslip.pdf")
    assert fits(page)
    page.get_by_role("button", name="Send this to a person").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We have it. A person will look.")


def answer(page: Page, story: Story) -> None:
    """The officer, with their own two steps; the earlier answer is not to be seen before theirs is given."""
    page.goto(f"{story.base_url}/queue/?view=all")
    page.locator("input[name=email]").fill(story.officer_email)
    page.locator("#id_password").fill(password())
    page.get_by_role("button", name="Sign in").click()
    page.locator("input[name=code]").fill(now_code())
    page.locator("main button[type=submit], main form button").first.click()
    page.goto(f"{story.base_url}/queue/?view=all")
    page.get_by_role("link", name="C-").first.click()
    expect(page.get_by_role("main")).to_contain_text(RIGHT_INCOME_WORDS)
    page.get_by_role("button", name="Claim").first.click()
    expect(page.locator(".bar [id^=open-]").first).to_be_visible()
    case = page.url.partition("?")[0]
    page.goto(f"{case}correct/")
    page.locator("#fact").select_option("annual_income")
    page.locator("#value").fill(str(RIGHT_INCOME))
    page.locator("#source").fill("Payslip of October 2026")
    page.locator("#document").select_option(index=1)
    page.locator("#reason").fill("A yearly income was typed two zeros short.")
    page.locator("#commit").click()
    wait_for(lambda: Assessment.objects.filter(number=2).exists(), "the new assessment")
    page.goto(f"{case}own-answer/")
    page.get_by_label("Approve what was asked for").check()
    page.locator("#own-sentence").fill("The payslip carries the loan.")
    page.locator("#commit").click()
    page.goto(f"{case}decide/approve/")
    page.locator("#commit").click()


def _letter(page: Page, address: str) -> bytes | None:
    answered = page.request.get(f"{address}letter.pdf")
    return answered.body() if answered.headers["content-type"] == "application/pdf" else None
