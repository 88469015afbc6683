"""The administration in Chromium: axe and the policy have nothing to say, light and dark, wide and narrow."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from tests.factories import make_client, make_lender, make_user
from tests.factories.lending import PASSWORD
from underwriting.api.keys import issue_key
from underwriting.audit.actor import SYSTEM
from underwriting.enums import Role, Scope
from underwriting.models import Holiday, Lender, User
from underwriting.people.invitations import Invitation, invite_person

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

    from tests.browsing import Complaints

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSPHRASE = "long-enough-passphrase-77"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LOOKS = [(1366, "light"), (390, "dark")]


@pytest.fixture(scope="session", autouse=True)
def browser_beside_database() -> Iterator[None]:
    """Playwright keeps an event loop in the thread of the tests, in which Django would refuse the database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


def furnish() -> tuple[User, list[str]]:
    """A lender with people, one of them invited, a clash, keys, a holiday; its administrator, and the addresses to look at."""
    lender = make_lender()
    sam = make_user("Sam Adeyemi", (lender, Role.ADMIN), password=None)
    ana = make_user("Ana Reyes", (lender, Role.CREDIT_OFFICER), password=None)
    make_user("Ravi Menon", (lender, Role.RISK_MANAGER), (lender, Role.RISK_APPROVER), password=None)
    nina = invite(lender).user
    web = make_client(lender)
    make_client(lender, "branch")
    key = issue_key(client=web, scopes=list(Scope), actor=SYSTEM, now=datetime.now(tz=UTC)).row
    Holiday.objects.create(lender=lender, on=date(2026, 12, 25), name="Christmas Day")
    return sam, [
        "/admin-area/", "/admin-area/users/", f"/admin-area/users/{ana.public_id}/", f"/admin-area/users/{ana.public_id}/suspension/",
        f"/admin-area/users/{nina.public_id}/", f"/admin-area/users/{nina.public_id}/suspension/",
        "/admin-area/roles/", "/admin-area/keys/", "/admin-area/keys/clients/branch/new-key/",
        f"/admin-area/keys/{key.prefix}/revocation/", "/admin-area/lenders/", "/admin-area/holidays/",
        "/developers/errors/",
    ]  # fmt: skip


def invite(lender: Lender) -> Invitation:
    return invite_person(
        lender=lender, email="nina@example.test", name="Nina Olsen", roles=[Role.AUDITOR], actor=SYSTEM,
        now=datetime.now(tz=UTC),
    )  # fmt: skip


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(datetime.now(tz=UTC).timestamp()) // 30)))


def sign_in(context: BrowserContext, address: str, user: User) -> None:
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": address}])


def keep_picture(page: Any, name: str) -> None:
    """Keep a screenshot where UW_SCREENSHOTS names a directory."""
    if os.environ.get("UW_SCREENSHOTS"):
        page.screenshot(path=Path(os.environ["UW_SCREENSHOTS"]) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_page_is_clean_and_fits(
    live_web: Callable[..., str], context: BrowserContext, complaints: Complaints, width: int, scheme: Any
) -> None:
    user, paths = furnish()
    address = live_web(count=1)
    sign_in(context, address, user)
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)

    for path in paths:
        answer = page.goto(address + path)
        assert answer is not None
        assert answer.status == 200, path
        keep_picture(page, f"admin{path.replace('/', '_')}{width}")
        found = Axe().run(page)
        assert found.response["violations"] == [], (path, found.generate_report())
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
            f"{path} scrolls sideways"
        )
    assert complaints.everything() == []


def test_a_wrong_form_keeps_its_text_and_leads_to_the_errors(
    live_web: Callable[..., str], context: BrowserContext, complaints: Complaints
) -> None:
    user, _ = furnish()
    address = live_web(count=1)
    sign_in(context, address, user)
    page = context.new_page()
    page.goto(f"{address}/admin-area/users/")

    page.get_by_role("textbox", name="Name").fill("Nina Olsen")
    page.get_by_role("button", name="Invite person").click()

    expect(page).to_have_title(re.compile("^Error: People"))
    assert page.get_by_role("textbox", name="Name").input_value() == "Nina Olsen"
    page.get_by_role("link", name="Choose at least one role").click()
    expect(page.locator("fieldset:focus")).to_have_count(1)
    keep_picture(page, "admin_invite_error")
    assert Axe().run(page).response["violations"] == []
    assert [text for text in complaints.everything() if "422" not in text] == []


def test_a_key_is_shown_once(
    live_web: Callable[..., str], context: BrowserContext, complaints: Complaints
) -> None:
    user, _ = furnish()
    address = live_web(count=1)
    sign_in(context, address, user)
    page = context.new_page()
    page.goto(f"{address}/admin-area/keys/clients/branch/new-key/")

    page.get_by_role("button", name="Make the key").click()

    assert page.locator("#new-key").inner_text().startswith("uw_test_")
    keep_picture(page, "admin_new_key_shown")
    assert Axe().run(page).response["violations"] == []
    assert complaints.everything() == []


def test_from_the_invitation_to_the_home_page(
    live_web: Callable[..., str], context: BrowserContext, complaints: Complaints
) -> None:
    lender = Lender.objects.get(pk=make_lender().pk)
    invited = invite(lender)
    address = live_web(count=1)
    page = context.new_page()

    page.goto(address + invited.path)
    page.get_by_label("Password", exact=True).fill(PASSPHRASE)
    page.get_by_label("The same password again").fill(PASSPHRASE)
    page.get_by_role("button", name="Save password").click()
    page.wait_for_url("**/sign-in/")
    page.get_by_label("E-mail address").fill("nina@example.test")
    page.get_by_label("Password", exact=True).fill(PASSPHRASE)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/sign-in/enrol/")
    secret = page.locator(".idchip").inner_text()
    page.get_by_label("6-digit code").fill(code_of(secret))
    page.get_by_role("button", name="Turn on the second step").click()

    page.wait_for_url(f"{address}/")
    expect(page.locator(".topbar")).to_contain_text("Nina Olsen")
    assert complaints.everything() == []


def test_from_a_second_lenders_invitation_to_its_home_page(
    live_web: Callable[..., str], context: BrowserContext, complaints: Complaints
) -> None:
    """Somebody with an account signs in on the way, and joins by one button."""
    nina = make_user("Nina Olsen", (make_lender("northgate"), Role.AUDITOR))
    TOTP.activate(nina, SECRET)
    invited = invite(Lender.objects.get(pk=make_lender().pk))
    address = live_web(count=1)
    page = context.new_page()

    page.goto(address + invited.path)
    page.get_by_label("E-mail address").fill("nina@example.test")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/sign-in/second-step/")
    page.get_by_label("6-digit code").fill(code_of(SECRET))
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(address + invited.path)
    page.get_by_role("button", name="Join Harbour").click()

    page.wait_for_url(f"{address}/")
    expect(page.locator("#toasts")).to_contain_text("You have joined Harbour.")
    expect(page.locator(".foot")).to_contain_text("Harbour")
    assert complaints.everything() == []
