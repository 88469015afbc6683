"""A lender with phrases for its notes, and one being written."""

from __future__ import annotations

from playwright.sync_api import Page

from review_queue.models import Phrase, ReviewCase
from tests.browser.scene import Scene


def with_phrases(scene: Scene) -> ReviewCase:
    for name, text in (
        ("payslips", "Asked for payslips by telephone."),
        ("late", "Paid late, and told us why."),
    ):
        Phrase.objects.get_or_create(lender=scene.lender, name=name, text=text)
    return scene.cases[1]


def slash(page: Page) -> None:
    page.keyboard.press("n")
    page.locator("#note-text").fill("")  # what was written the last time is kept
    page.keyboard.type("Today /")
    page.wait_for_selector("#note-phrases li:visible")
    page.wait_for_selector("#similar :text('examples, not a rule')")  # they come into view on the way
