"""S06 on a screen: the page is really shown, turned, made larger and paged by keys; a fact beside it is verified and set right."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from review_queue.models import ReviewCase
from tests.browser.conftest import Axe, SignIn
from tests.browser.documents import document, held_with_documents
from tests.browser.keys_declared import declared_twice
from tests.browser.scene import Scene, set_scene
from tests.browser.test_reach import AT_FAULT, TABS_MAX, sideways
from tests.browsing import Complaints
from underwriting.documents import child
from underwriting.documents.render import SENTENCES
from underwriting.enums import Role
from underwriting.models import AuditEntry, FactCorrection

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
PICTURE = ".leaf img"
INK = """async image => {
  await image.decode();
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
  const paper = canvas.getContext('2d');
  paper.drawImage(image, 0, 0);
  const pixels = paper.getImageData(0, 0, canvas.width, canvas.height).data;
  let dark = 0;
  for (let at = 0; at < pixels.length; at += 4) dark += pixels[at] < 100;
  return dark;
}"""


@pytest.fixture
def scene(sign_in: SignIn) -> Scene:
    scene = set_scene()
    sign_in(scene.people[Role.CREDIT_OFFICER])
    return scene


@pytest.fixture
def case(scene: Scene) -> ReviewCase:
    return held_with_documents(scene)


@pytest.fixture
def payslip(page: Page, live_server: LiveServer, scene: Scene, case: ReviewCase) -> str:
    """The payslip's address; it is open."""
    address = live_server.url + document(scene, "PDF")
    page.goto(address)
    shown(page)
    return address


def shown(page: Page) -> tuple[float, float]:
    """The picture is there, decoded; its size on the screen."""
    page.wait_for_function(f"() => document.querySelector('{PICTURE}').naturalWidth > 0")
    page.locator(PICTURE).evaluate("image => image.decode()")
    box = page.locator(PICTURE).bounding_box()
    assert box is not None
    return round(box["width"]), round(box["height"])


def press(page: Page, key: str, *, until: str) -> tuple[float, float]:
    page.keyboard.press(key)
    expect(page.locator("#page")).to_contain_text(until)
    return shown(page)


def test_the_page_is_shown_and_moved_by_keys(
    page: Page, payslip: str, complaints: Complaints, axe: Axe
) -> None:
    """C-22."""
    assert page.locator(PICTURE).evaluate(INK) > 1_000
    assert press(page, "+", until="100 %") == (816, 1056)
    assert press(page, "+", until="150 %") == (1224, 1584)
    assert press(page, "+", until="200 %") == (1632, 2112)
    assert press(page, ".", until="200 %, turned 90°") == (2112, 1632)
    expect(page.locator("#live")).to_contain_text("turned by 90 degrees")
    press(page, "]", until="Page 2 of 2")
    expect(page.locator("#page-after")).to_have_count(0)
    press(page, "[", until="Page 1 of 2")
    assert press(page, "-", until="150 %") == (1584, 1224)
    page.reload()
    assert shown(page) == (1584, 1224)
    assert axe(page) == []
    assert AuditEntry.objects.filter(action="document.read").count() == 1
    assert complaints.everything() == []


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_script_the_same_links_lead_the_same_way(
    page: Page, live_server: LiveServer, scene: Scene, case: ReviewCase
) -> None:
    page.goto(live_server.url + document(scene, "PDF"))
    expect(page.locator(".btn kbd").first).to_be_hidden()  # no key is told where no script hears it
    for name, until in (("Next page", "Page 2 of 2"), ("Larger", "100 %"), ("Turn", "100 %")):
        page.get_by_role("link", name=name).click()
        expect(page.locator("#page")).to_contain_text(until)
    assert page.locator(PICTURE).bounding_box() is not None
    page.get_by_role("button", name="It says the same : Yearly income").click()
    expect(page.locator("#compare-annual_income")).to_contain_text("✓ verified")
    assert "turn=90" in page.url
    assert AuditEntry.objects.filter(action="document.read").count() == 1


def test_facts_are_verified_and_set_right_by_keys_beside_the_page(
    page: Page, payslip: str, case: ReviewCase, complaints: Complaints, axe: Axe, live_server: LiveServer
) -> None:
    """C-22, C-24: from the case and back."""
    page.goto(f"{live_server.url}/cases/{case}/?view=all")
    page.keyboard.press("v")
    expect(page.locator("h1")).to_contain_text("statement.png")
    page.keyboard.press("v")
    expect(page.locator("h1")).to_contain_text("Payslip July.pdf")
    press(page, "]", until="Page 2 of 2")
    page.keyboard.press("j")
    page.keyboard.press("y")
    expect(page.locator("#compare-annual_income")).to_contain_text("Verified against: Payslip received")
    expect(page.locator("#compare-annual_income")).to_contain_text("page 2, by Ana Test")
    assert axe(page) == []
    page.keyboard.press("j")
    page.keyboard.press("f")
    expect(page.locator("#panel-title")).to_be_focused()
    expect(page.locator("#fact")).to_have_value("employment_type")
    assert axe(page) == []
    expect(page.locator(PICTURE)).to_be_in_viewport()
    assert declared_twice(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#set-right-employment_type")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("f")
    expect(page.locator("#fact")).to_have_value("employment_tenure_months")
    page.locator("#value").fill("24")
    page.locator("#reason").fill("Employed since 2024.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#being-assessed")
    expect(page.locator("#page")).to_contain_text("Page 2 of 2")
    page.keyboard.press("u")
    page.wait_for_url(f"**/cases/{case}/**#docs")
    expect(page.locator("#differences")).to_contain_text("84 months → 24 months")
    row = page.locator("#fact-annual_income")
    expect(row).to_contain_text("verified")
    expect(page.locator("#fact-employment_tenure_months")).to_contain_text("mismatch")
    page.locator("#differences a[href='#fact-employment_tenure_months']").click()
    expect(page.locator("#fact-employment_tenure_months")).to_be_in_viewport()
    assert axe(page) == []
    assert FactCorrection.objects.count() == 2
    assert complaints.everything() == []


def test_a_new_copy_is_asked_for_from_beside_the_page(page: Page, payslip: str, axe: Axe) -> None:
    page.keyboard.press("r")
    expect(page.locator("#panel-title")).to_be_focused()
    expect(page.get_by_label("Payslips of the last three months")).to_be_checked()
    expect(page.locator("#ask-preview")).to_contain_text("Your payslips of the last three months.")
    assert axe(page) == []


def test_a_page_that_cannot_be_drawn_says_why(page: Page, payslip: str) -> None:
    for _ in range(child.AT_ONCE):
        child._room.acquire()
    try:
        page.keyboard.press("]")
        note = page.locator("[data-page-failed]")
        expect(note).to_have_text(SENTENCES["busy"], timeout=15_000)
        expect(note).to_be_visible()
        expect(page.locator("#save-file")).to_be_visible()
    finally:
        for _ in range(child.AT_ONCE):
            child._room.release()


def test_it_holds_at_320_px_in_forced_colours_and_under_the_tab_key(
    page: Page, payslip: str, axe: Axe
) -> None:
    page.set_viewport_size({"width": 1366, "height": 650})
    page.reload()
    shown(page)
    faults, stops = [], 0
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        fault = page.evaluate(AT_FAULT)
        if fault is None:
            break
        stops += 1
        faults += [fault] if fault else []
    assert faults == []
    assert stops > 12
    page.emulate_media(forced_colors="active")
    page.keyboard.press("j")
    style = "(e, name) => getComputedStyle(e)[name]"
    assert page.locator("[data-marked]").evaluate(style, "outlineStyle") == "solid"
    assert axe(page) == []
    press(page, "+", until="100 %")
    for width, height in ((320, 640), (683, 325)):
        page.set_viewport_size({"width": width, "height": height})
        assert sideways(page) == 0
