"""Keys, the palette and the shortcut sheet: what the page declares is what is heard, listed and told, with the person's own keys."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from review_queue.models import HeldDecision, ReviewCase
from tests.browser.conftest import Axe, SignIn
from tests.browser.keys_declared import declared_twice
from tests.browser.scene import Scene, set_scene
from tests.browser.test_screens import SCREENS
from tests.browser.typing import take, write_decline
from tests.browsing import Complaints
from underwriting.enums import Role
from underwriting.models import Preference, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def scene() -> Scene:
    return set_scene(hold_seconds=60)


@pytest.fixture
def case(scene: Scene) -> ReviewCase:
    return scene.cases[0]


@pytest.fixture
def ana(scene: Scene, sign_in: SignIn) -> User:
    ana = scene.people[Role.CREDIT_OFFICER]
    sign_in(ana)
    return ana


def listed(page: Page) -> dict[str, str]:
    """The shortcut sheet as it is shown: keys and their words."""
    page.wait_for_selector("#shortcuts[open] dt")
    keys = page.locator("#shortcuts dt").all_inner_texts()
    return dict(zip(keys, page.locator("#shortcuts dd").all_inner_texts(), strict=True))


def offered(page: Page) -> list[str]:
    page.wait_for_selector("#palette[open] [role=option]")
    return page.locator("#palette [role=option]").all_inner_texts()


@pytest.mark.parametrize("path", ["/", "/queue/?view=all", "/letters/", "/me/settings/"])
def test_both_lists_open_on_every_page_and_are_clean(
    page: Page, live_server: LiveServer, ana: User, complaints: Complaints, axe: Axe, path: str
) -> None:
    """K-1."""
    page.goto(live_server.url + path)
    page.keyboard.press("?")
    assert listed(page)["?"] == "This list"
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    assert any(line.startswith("Go to Review queue") for line in offered(page))
    assert axe(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert complaints.everything() == []


def test_the_palette_finds_a_command_shows_its_key_and_runs_it(
    page: Page, live_server: LiveServer, ana: User, case: ReviewCase
) -> None:
    """K-1. It never offers to send a decision."""
    take(page, live_server.url, case)
    write_decline(page, "Half a")
    page.keyboard.press("Control+k")  # from within a field
    assert not [line for line in offered(page) if "Send" in line]
    field = page.get_by_role("combobox", name="Command, case or application")
    expect(field).to_be_focused()
    page.keyboard.type("drawing")
    assert [line.split() for line in offered(page)] == [
        ["Drawing", "or", "table", "t"],
        ["Find", "“drawing”", "in", "the", "queue"],
    ]
    expect(page.locator("#palette [role=status]")).to_have_text("2 commands")
    page.keyboard.press("Enter")
    expect(page.locator("#explain table")).to_be_visible()
    expect(page.locator("#sentence")).to_have_value("Half a")


def test_the_palette_opens_a_case_by_its_number_and_finds_an_application(
    page: Page, live_server: LiveServer, ana: User, case: ReviewCase
) -> None:
    page.goto(f"{live_server.url}/")
    page.keyboard.press("Control+k")
    page.keyboard.type(str(case).lower())
    page.wait_for_selector("#palette [role=option]:has-text('Open case')")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{case}/")
    page.keyboard.press("Control+k")
    page.keyboard.type(case.application.reference)
    page.wait_for_selector("#palette [role=option]:has-text('in the queue')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue/?view=all&words=*")
    expect(page.locator("#queue-table tbody tr")).to_have_count(1)


def test_the_palette_tells_a_screen_reader_what_is_chosen(
    page: Page, live_server: LiveServer, ana: User
) -> None:
    page.goto(f"{live_server.url}/")
    page.keyboard.press("Control+k")
    lines = offered(page)
    field = page.locator("#palette input")
    expect(field).to_have_attribute("aria-activedescendant", "choice-0")
    page.keyboard.press("ArrowUp")
    expect(field).to_have_attribute("aria-activedescendant", f"choice-{len(lines) - 1}")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#palette [aria-selected=true]")).to_have_attribute("id", "choice-1")


def test_letters_open_and_move_and_never_send(
    page: Page, live_server: LiveServer, ana: User, case: ReviewCase
) -> None:
    """K-2. Every letter and digit, pressed with a filled panel open, decides nothing."""
    take(page, live_server.url, case)
    write_decline(page, "All is typed.")
    page.locator("#panel-title").focus()
    for key in "bhilmpqrwxy0123456789":
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    expect(page.locator("#panel-title")).to_be_visible()
    assert HeldDecision.objects.filter(case=case).count() == 0


def test_own_keys_are_heard_listed_printed_and_told_in_place_of_the_usual_ones(
    page: Page, live_server: LiveServer, ana: User, case: ReviewCase
) -> None:
    """K-3, K-4."""
    Preference.objects.create(user=ana, keys={"d": "q", "c": "y", "g q": "b b", "j": ";"})
    page.goto(f"{live_server.url}/")
    page.keyboard.press("b")
    page.keyboard.press("b")
    page.wait_for_url("**/queue/")
    page.goto(f"{live_server.url}/queue/?view=all")
    page.keyboard.press("j")
    expect(page.locator("[data-marked]")).to_have_count(0)
    page.keyboard.press(";")
    expect(page.locator("[data-marked]")).to_contain_text(str(case))
    page.keyboard.press("y")
    opener = page.locator("#open-decline")
    expect(opener).to_have_text("✕ Decline Q")
    expect(opener).to_have_attribute("aria-keyshortcuts", "q")
    page.keyboard.press("d")
    page.keyboard.press("?")
    found = listed(page)
    assert (found["q"], found.get("d"), found.get("b b"), found[";"]) == (
        "Decline: opens the panel", None, "Review queue", "Next case"
    )  # fmt: skip
    page.keyboard.press("Escape")
    expect(page.locator("#panel form")).to_have_count(0)
    page.keyboard.press("q")
    expect(page.locator("#panel-title")).to_be_focused()


def test_switched_off_no_letter_does_anything_and_the_palette_still_opens(
    page: Page, live_server: LiveServer, ana: User, case: ReviewCase
) -> None:
    """K-3, 2.1.4."""
    Preference.objects.create(user=ana, shortcuts_enabled=False)
    page.goto(f"{live_server.url}/cases/{case}/?view=all")
    for key in "cadtju?17":
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    expect(page.locator("#case-head")).to_contain_text("Nobody holds it")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press("Control+k")
    page.keyboard.type("claim")
    page.wait_for_selector("#palette [role=option]:has-text('Claim this case')")
    page.keyboard.press("Enter")
    expect(page.locator("#case-head")).to_contain_text("You hold it")


def test_a_number_goes_to_a_section_and_in_a_panel_chooses_a_reason(
    page: Page, live_server: LiveServer, ana: User, case: ReviewCase
) -> None:
    """K-4: a panel is a layer above its page."""
    page.set_viewport_size({"width": 1366, "height": 500})
    take(page, live_server.url, case)
    page.keyboard.press("8")
    expect(page.locator("#timeline-title")).to_be_in_viewport()
    page.keyboard.press("1")
    expect(page.locator("#why-title")).to_be_in_viewport()
    page.keyboard.press("d")
    expect(page.locator("#panel-title")).to_be_focused()
    page.keyboard.press("1")
    expect(page.locator("input[name=reasons]").first).to_be_checked()
    expect(page.locator("#preview li").first).to_be_visible()
    assert declared_twice(page) == []


def test_no_page_declares_a_key_twice(
    page: Page, live_server: LiveServer, scene: Scene, sign_in: SignIn
) -> None:
    """K-4, on every page of the staff, with its panels opened."""
    twice: dict[str, list[str]] = {}
    for screen in SCREENS:
        if screen.role is not None:
            sign_in(scene.people[screen.role])
            page.goto(live_server.url + screen.path(scene))
            if screen.then is not None:
                screen.then(page)
            twice |= {screen.name: keys} if (keys := declared_twice(page)) else {}
    assert twice == {}


def test_the_global_keys_lead_where_they_say(page: Page, live_server: LiveServer, ana: User) -> None:
    """K-5."""
    page.goto(f"{live_server.url}/letters/")
    for keys, address in (("gq", "**/queue/"), ("gl", "**/letters/"), ("gh", f"{live_server.url}/")):
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_url(address)
    page.goto(f"{live_server.url}/queue/?view=all")
    page.keyboard.press("/")
    expect(page.locator("#search-typed")).to_be_focused()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    for key in "jjk":
        page.keyboard.press(key)
    expect(page.locator("[data-row]").first).to_have_attribute("data-marked", "")
    page.keyboard.press("o")
    page.wait_for_url("**/cases/*/**")
    page.keyboard.press("u")
    page.wait_for_url("**/queue/**")


def test_who_wants_to_stay_on_the_case_stays(
    page: Page, live_server: LiveServer, ana: User, case: ReviewCase
) -> None:
    """C-32, the preference."""
    Preference.objects.create(user=ana, after_decision="stay")
    take(page, live_server.url, case)
    write_decline(page, "Both cards are full.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text(f"Declined {case}")
    expect(page).to_have_url(f"{live_server.url}/cases/{case}/?view=all")
    assert ReviewCase.objects.filter(holder=ana, state="OPEN").count() == 0
