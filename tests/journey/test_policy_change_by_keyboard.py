"""A change of policy from draft to rollback, in Chromium, with real workers, and without a mouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.risk.test_policy_in_browser import look
from tests.journey.keyboard import Keyboard
from tests.journey.studio import Studio, begin_studio
from tests.journey.world import wait_for
from underwriting.enums import PolicyState
from underwriting.models import AuditEntry, PolicyVersion
from underwriting.moment import database_now
from underwriting.policy.selectors import version_in_force

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.processes import RealProcesses
    from underwriting.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.broker, pytest.mark.browser]
ROOT = "**/policies/instalment-loan-core"
PATIENCE = 60_000  # for a worker, in milliseconds
Sit = Callable[..., Keyboard]


@pytest.fixture
def sit(browser: Browser) -> Iterator[Sit]:
    """Puts a person in front of a browser of their own."""
    seated: list[Keyboard] = []

    def down(studio: Studio, user: User, **how: Any) -> Keyboard:
        seated.append(Keyboard(browser, studio.story.base_url, user, **how))
        return seated[-1]

    yield down
    for person in seated:
        person.context.close()
    assert [(p.pointed, p.complaints.everything()) for p in seated] == [(0, [])] * len(seated)


def test_from_draft_to_rollback(real_processes: RealProcesses, sit: Sit) -> None:
    studio = begin_studio(real_processes)
    before = studio.world.policy
    ravi = sit(studio, studio.manager)

    edit(ravi)
    backtest(ravi)
    submit(ravi)
    lee = sit(studio, studio.approver, dark=True)
    read_and_approve(lee)
    hanna = sit(studio, studio.compliance, width=390)
    to_change(hanna)
    look(hanna.page, "journey-compliance-390")
    press_until(hanna, "button:has-text('Approve v2')", "text=Complete")
    activate(lee)
    assert in_force(before).number == 2
    assert in_force(before).document["cut_offs"]["approve"] == 640
    public_id = studio.story.apply()
    wait_for(lambda: studio.story.application(public_id)["decided_at"], "a decision under v2")

    roll_back(ravi)
    to_policy(lee)
    lee.go("a[href$='/changes/3/']", f"{ROOT}/changes/3/")
    press_until(lee, "button:has-text('Approve v3')", "text=v2 was rolled back.")

    now_live = in_force(before)
    assert (now_live.number, now_live.document_sha256) == (3, before.document_sha256)
    assert PolicyVersion.objects.get(number=2).state == PolicyState.RETIRED
    to_policy(ravi)
    expect(ravi.page.locator("main")).to_contain_text("In force: v3")
    ravi.go("a[href$='/versions/2/decided/']", f"{ROOT}/versions/2/decided/")
    expect(ravi.page.locator("main")).to_contain_text("1 decision")
    look(ravi.page, "journey-decided")
    actions = AuditEntry.objects.filter(action__startswith="policy.").values_list("action", flat=True)
    assert {"policy.submitted", "policy.approved", "policy.activated"} <= set(actions)


def in_force(version: PolicyVersion) -> PolicyVersion:
    found = version_in_force(version.policy, database_now())
    assert found is not None
    return found


def to_policy(person: Keyboard) -> None:
    person.press("g", "p")
    person.page.wait_for_url("**/policies/")
    person.press("j", "o")
    person.page.wait_for_url(f"{ROOT}/")


def to_change(person: Keyboard) -> None:
    to_policy(person)
    person.go("a[href$='/changes/2/']", f"{ROOT}/changes/2/")


def edit(ravi: Keyboard) -> None:
    """A cut-off typed, with its effect before it is saved; a rule changed in its row; moved, and the move undone."""
    page = ravi.page
    to_policy(ravi)
    ravi.press("n")
    page.wait_for_url(f"{ROOT}/drafts/2/edit/")
    expect(page.locator("#effect")).to_contain_text("past applications", timeout=PATIENCE)

    ravi.type_into("#id_cut-approve", "650")
    ravi.press("Shift+ArrowDown")
    expect(page.locator("#effect")).to_contain_text("Not saved yet")
    expect(page.locator("#effect")).to_contain_text("more are approved")
    look(page, "journey-typed")
    ravi.press("Enter")
    expect(page.locator("#checks")).to_contain_text("645 640")
    expect(page.locator("#id_cut-approve")).to_be_focused()

    ravi.reach("#edit-K-04")
    ravi.press("Enter")
    ravi.type_into("#rule-K-04 [name$='-0-value']", "1500")
    ravi.press("Control+Enter")
    expect(page.locator("#rule-K-04")).to_contain_text("under $1,500")
    expect(page.locator("#edit-K-04")).to_be_focused()
    expect(page.locator("#effect")).to_contain_text(
        "of 260 past applications", ignore_case=True, timeout=PATIENCE
    )
    ravi.press("Alt+ArrowUp")
    expect(page.locator("#rules-KNOCKOUT > [id^=rule-]").nth(2)).to_have_attribute("id", "rule-K-04")
    expect(page.locator("#edit-K-04")).to_be_focused()
    expect(page.locator("#checks")).to_contain_text("rule K-04 moved")
    ravi.reach("button[id^=undo-]")
    ravi.press("Enter")
    expect(page.locator("#rules-KNOCKOUT > [id^=rule-]").last).to_have_attribute("id", "rule-K-04")
    expect(page.locator("#checks")).to_contain_text("an edit undone")
    expect(page.locator("#effect")).to_contain_text("Of 260 past applications", timeout=PATIENCE)
    expect(page.locator("#checks")).to_contain_text("Checked whole", timeout=PATIENCE)
    look(page, "journey-edited")


def backtest(ravi: Keyboard) -> None:
    """Asked for by its key, worked by a worker while the page is watched."""
    page = ravi.page
    ravi.press("b")
    page.wait_for_url(f"{ROOT}/changes/2/backtests/")
    ravi.reach("button:has-text('Run the backtest')")
    ravi.press("Enter")
    expect(page.get_by_role("heading", name="Who would be answered otherwise")).to_be_visible(
        timeout=PATIENCE
    )
    expect(page.locator("main")).to_contain_text("K-04 Income below the minimum")
    look(page, "journey-backtest")
    ravi.press("u")
    page.wait_for_url(f"{ROOT}/changes/2/backtests/")
    ravi.press("u")
    page.wait_for_url(f"{ROOT}/changes/2/")


def submit(ravi: Keyboard) -> None:
    expect_after_looking_again(ravi.page, "Checked whole")
    ravi.type_into("#id_reason", "More of those between 640 and 645 pay than was planned.")
    ravi.type_into("#id_ticket", "RISK-311")
    look(ravi.page, "journey-submit")
    ravi.press("Control+Enter")
    expect(ravi.page.locator("main")).to_contain_text("Submitted")
    expect(ravi.page.locator("main")).to_contain_text("You wrote this version, so somebody else approves it.")


def read_and_approve(lee: Keyboard) -> None:
    """All four forms of the difference by their keys, a comment on a line of it, and the first of two approvals."""
    page = lee.page
    to_change(lee)
    for key, tab in (("2", "tables"), ("3", "effect"), ("4", "text"), ("1", "words")):
        lee.press(key)
        page.wait_for_url(f"{ROOT}/changes/2/?tab={tab}")
        look(page, f"journey-{tab}-dark")
    lee.press("j", "m")
    page.keyboard.type("Agreed with the committee of October.")
    lee.press("Tab", "Enter")
    expect(
        page.locator(".remark").get_by_text("Agreed with the committee of October.", exact=True)
    ).to_be_visible()
    expect_after_looking_again(page, "Ready")
    press_until(lee, "button:has-text('Approve v2')", "text=compliance")


def activate(lee: Keyboard) -> None:
    page = lee.page
    to_change(lee)
    for place in range(page.locator("[name^=consequence_]").count()):
        lee.tick(f"[name=consequence_{place}]")
    look(page, "journey-activate-dark")
    lee.press("Control+Enter")
    expect(page.locator("main")).to_contain_text("v2 in force since")


def roll_back(ravi: Keyboard) -> None:
    """The way back that the first day's strip offers, as an incident."""
    to_policy(ravi)
    look(ravi.page, "journey-first-day")
    ravi.go("a:has-text('Prepare rollback to v1')", f"{ROOT}/versions/1/rollback/")
    ravi.type_into("#id_reason", "More than expected is approved since noon.")
    ravi.tick("#id_is_incident")
    look(ravi.page, "journey-rollback")
    ravi.press("Control+Enter")
    ravi.page.wait_for_url(f"{ROOT}/changes/3/")
    expect_after_looking_again(ravi.page, "Ready")


def expect_after_looking_again(page: Page, words: str) -> None:
    """What a worker makes ready is there when the page is opened again."""
    for _ in range(60):
        if words in page.locator("main").inner_text():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"{words!r} never came on {page.url}")


def press_until(person: Keyboard, button: str, told: str) -> None:
    person.reach(button)
    person.press("Enter")
    expect(person.page.locator("main").locator(told).first).to_be_visible()
