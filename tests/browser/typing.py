"""An officer at the keys, for the tests of what they type: a case taken, a panel opened, a sentence begun; and signing in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from frontend.session.sign_in import enrol
from review_queue.models import ReviewCase
from tests.factories.lending import PASSWORD
from underwriting.models import User

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def take(page: Page, base: str, case: ReviewCase) -> None:
    """Open a case by its link and claim it, as an officer does."""
    page.goto(f"{base}/cases/{case}/?view=all")
    page.keyboard.press("c")
    expect(page.locator("#open-decline")).to_be_visible()


def write_decline(page: Page, words: str) -> None:
    """Open the panel of a decline, tick what the score said and type a sentence; nothing is sent."""
    page.keyboard.press("d")
    expect(page.locator("#panel-title")).to_be_focused()
    page.keyboard.press("s")
    expect(page.locator("#preview li")).to_have_count(2)
    page.locator("#sentence").focus()
    page.keyboard.type(words)


def enrolled(user: User) -> User:
    """Give the person a second step, so that they can sign in at the door."""
    yesterday = datetime.now(tz=UTC) - timedelta(days=1)
    assert enrol(user=user, secret=SECRET, code=code_at(yesterday), now=yesterday)
    return user


def sign_in_by_keyboard(page: Page, user: User) -> None:
    """Both steps of the door; the first field has the focus already."""
    page.wait_for_selector("#id_email:focus")
    page.keyboard.type(user.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#id_code:focus")
    page.keyboard.type(code_at(datetime.now(tz=UTC)))
    page.keyboard.press("Enter")
    page.wait_for_selector(".topbar .menu")


def code_at(moment: datetime) -> str:
    return str(format_hotp_value(hotp_value(SECRET, int(moment.timestamp()) // 30)))
