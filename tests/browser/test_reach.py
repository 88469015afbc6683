"""Screens at the edges of what people use: 320 px, 200 % zoom, wide text, forced colours, and the Tab key from top to bottom."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import Axe, SignIn
from tests.browser.scene import Scene, set_scene
from tests.browser.typing import take
from underwriting.enums import Role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
DESK = {"width": 1366, "height": 650}
TABS_MAX = 200
# WCAG 2.2, 1.4.12
SPACING = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } p { margin-bottom: 2em !important; }"
# the control that has the focus, where something lies on it, or it shows no outline, or it is a target under 24 px that is not text
AT_FAULT = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const box = e.getBoundingClientRect();
  const hit = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 20));
  const name = e.outerHTML.slice(0, 120);
  if (!hit || !(e.contains(hit) || hit.contains(e))) return 'hidden: ' + name;
  const style = getComputedStyle(e);
  if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) return 'no outline: ' + name;
  const shown = e.closest('label') || e;
  const size = shown.getBoundingClientRect();
  const isText = style.display === 'inline';
  if (!isText && (size.height < 24 || size.width < 24)) return 'small: ' + name;
  return '';
}"""
Open = Callable[[Page, str, Scene], None]


def opened(path: str) -> Open:
    def then(page: Page, base: str, scene: Scene) -> None:
        page.goto(base + path.format(case=scene.cases[0]))

    return then


def panel(key: str) -> Open:
    def then(page: Page, base: str, scene: Scene) -> None:
        if not page.url.startswith(f"{base}/cases/"):
            take(page, base, scene.cases[0])
        page.keyboard.press(key)
        expect(page.locator("#panel-title")).to_be_focused()

    return then


def the_palette(page: Page, base: str, scene: Scene) -> None:
    page.goto(f"{base}/queue/?view=all")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette [role=option]")


PLACES = {
    "home": opened("/"),
    "queue": opened("/queue/?view=all"),
    "case": opened("/cases/{case}/?view=all"),
    "decline": panel("d"),
    "approve": panel("a"),
    "settings": opened("/me/settings/"),
    "palette": the_palette,
}


@pytest.fixture
def scene(sign_in: SignIn) -> Scene:
    scene = set_scene()
    sign_in(scene.people[Role.CREDIT_OFFICER])
    return scene


def sideways(page: Page) -> int:
    by: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return by


@pytest.mark.parametrize("place", PLACES)
def test_a_screen_holds_at_320_px_at_200_percent_and_with_wide_text(
    page: Page, live_server: LiveServer, scene: Scene, place: str
) -> None:
    """UX 6.1, 4 and 5. Zoom at 200 % is a window half as wide and high."""
    PLACES[place](page, live_server.url, scene)
    found = {}
    for name, width, height in (("320 px", 320, 640), ("200 %", DESK["width"] // 2, DESK["height"] // 2)):
        page.set_viewport_size({"width": width, "height": height})
        found[name] = sideways(page)
    page.set_viewport_size({"width": 1366, "height": 650})
    page.evaluate(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); document.adoptedStyleSheets = [sheet]; }",
        SPACING,
    )
    found["wide text"] = sideways(page)
    assert found == {"320 px": 0, "200 %": 0, "wide text": 0}


@pytest.mark.parametrize("place", [place for place in PLACES if place != "palette"])
def test_the_tab_key_reaches_everything_and_nothing_is_hidden_behind_the_bar(
    page: Page, live_server: LiveServer, scene: Scene, place: str
) -> None:
    """UX 6.1, 7, 10 and 12."""
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    PLACES[place](page, live_server.url, scene)
    faults, stops = [], 0
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        fault = page.evaluate(AT_FAULT)
        if fault is None:
            break
        stops += 1
        faults += [fault] if fault else []
    assert faults == []
    assert stops >= 3


def test_forced_colours_leave_borders_focus_and_the_marked_row(
    page: Page, live_server: LiveServer, scene: Scene, axe: Axe
) -> None:
    """UX 5.5."""
    page.emulate_media(forced_colors="active")
    page.goto(f"{live_server.url}/queue/?view=all")
    page.keyboard.press("j")
    style = "(e, name) => getComputedStyle(e)[name]"
    assert page.locator("[data-marked]").evaluate(style, "outlineStyle") == "solid"
    assert page.locator(".tabs [aria-current]").evaluate(style, "borderTopStyle") == "solid"
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette [aria-selected=true]")
    assert page.locator("#palette [aria-selected=true]").evaluate(style, "outlineStyle") == "solid"
    assert page.locator("#palette input").evaluate(style, "outlineStyle") == "solid"
    page.keyboard.press("Escape")
    take(page, live_server.url, scene.cases[0])
    assert page.locator("#case-head .tag").first.evaluate(style, "borderTopStyle") == "solid"
    assert axe(page) == []
