"""A person at a keyboard without a mouse: goes from field to field by Tab and is heard by what has the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.typing import enrolled, sign_in_by_keyboard
from tests.browsing import Complaints, collect_complaints
from underwriting.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

FARTHEST = 250  # Tabs from one end of the longest page to the other
_COUNT_POINTERS = """
window.addEventListener('pointerdown', () => window.__report_pointer(), true);
"""


class Keyboard:
    """One person's browser. `pointed` counts presses of a mouse, of which there are to be none."""

    def __init__(
        self, browser: Browser, base_url: str, user: User, *, dark: bool = False, width: int = 1366
    ) -> None:
        self.context = browser.new_context(
            base_url=base_url,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
        )
        self.complaints: Complaints = collect_complaints(self.context)
        self.pointed = 0
        self.context.expose_function("__report_pointer", self._point)
        self.context.add_init_script(_COUNT_POINTERS)
        self.page = self.context.new_page()
        self.page.goto("/sign-in/")
        sign_in_by_keyboard(self.page, enrolled(user))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def reach(self, selector: str, *, back: bool = False) -> Locator:
        """Tab until this has the focus, and back to the top of the page past its end."""
        wanted = self.page.locator(selector).first
        expect(wanted).to_be_attached()
        for _ in range(FARTHEST):
            if wanted.evaluate("element => element === document.activeElement"):
                return wanted
            self.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"{selector} is not reached by Tab on {self.page.url}")

    def type_into(self, selector: str, words: str) -> None:
        """Reach a field and put these words in place of what it holds."""
        self.reach(selector)
        self.press("Control+a")
        self.page.keyboard.type(words)

    def tick(self, selector: str) -> None:
        expect(self.reach(selector)).not_to_be_checked()
        self.press("Space")

    def go(self, selector: str, address: str) -> None:
        """Follow a link, or press a button, that leads to another page."""
        self.reach(selector)
        self.press("Enter")
        self.page.wait_for_url(address)

    def _point(self) -> None:
        self.pointed += 1
