"""Browser tests run against Django's live server, with the same middleware and policies as the real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files

import pytest
from axe_playwright_python import sync_playwright as axe_module
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from tests.browsing import Complaints
from underwriting.models import User

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SignIn = Callable[[User], None]
Axe = Callable[[Page], list[str]]


@pytest.fixture(autouse=True)
def nothing_is_sent_on_leaving(context: BrowserContext, live_server: LiveServer) -> Iterator[None]:
    """A page that closes saves its drafts; in a test that is over, it would do so while the tables are emptied."""
    yield
    for page in context.pages:
        page.route("**/*", lambda route: route.abort())
        page.close()


@pytest.fixture
def sign_in(context: BrowserContext, live_server: LiveServer, complaints: Complaints) -> SignIn:
    """Put a person's session into the browser."""

    def put(user: User) -> None:
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])

    return put


@pytest.fixture
def axe() -> Axe:
    """Violations of a page as readable lines; a finding axe cannot decide is a violation, too, unless it is about contrast."""

    def run(page: Page) -> list[str]:
        page.evaluate(_axe_source())
        found = page.evaluate("tags => axe.run(document, {runOnly: tags})", TAGS)
        undecided = [item for item in found["incomplete"] if item["id"] != "color-contrast"]
        return [
            f"{item['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
            for item in (*found["violations"], *undecided)
            for node in item["nodes"]
        ]

    return run


@cache
def _axe_source() -> str:
    package = files(axe_module.__name__.partition(".")[0])
    return (package / "axe.min.js").read_text(encoding="utf-8")
