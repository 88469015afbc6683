"""The explorer and the records in Chromium: no violation of accessibility or of the content policy, light and dark, wide and narrow."""

from __future__ import annotations

import os
from functools import cache
from importlib.resources import files

import pytest
from axe_playwright_python import sync_playwright as axe_module
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from scoring.pipeline.run import run_batch
from tests.browsing import Complaints
from tests.factories import make_user
from tests.scoring.pipeline.world import World, apply, claimed, clock, make_world
from underwriting.enums import Role
from underwriting.models import Assessment, AuditEntry

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(autouse=True, scope="module")
def database_beside_the_browser() -> None:
    """Playwright's event loop runs in this thread until the session ends, and the database is taken down after that."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


@pytest.fixture
def world() -> World:
    world = make_world()
    for index in range(12):
        apply(world, index)
    apply(world, report={"thin_file_flag": 1, "bureau_hit_flag": 1})
    run_batch(claimed(), clock=clock)
    return world


@pytest.fixture
def auditor(world: World, context: BrowserContext, live_server: LiveServer) -> None:
    client = Client()
    client.force_login(make_user("Viktor Sorensen", (world.product.lender, Role.AUDITOR)))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])


@cache
def axe_source() -> str:
    package = files(axe_module.__name__.partition(".")[0])
    return (package / "axe.min.js").read_text(encoding="utf-8")


def axe(page: Page) -> list[str]:
    page.evaluate(axe_source())
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", TAGS)
    undecided = [item for item in found["incomplete"] if item["id"] != "color-contrast"]
    return [
        f"{item['id']}: {node['html'][:160]}"
        for item in (*found["violations"], *undecided)
        for node in item["nodes"]
    ]


@pytest.mark.parametrize(
    ("width", "scheme"), [(1366, "light"), (1366, "dark"), (390, "light"), (390, "dark")]
)
def test_every_page(
    page: Page,
    live_server: LiveServer,
    complaints: Complaints,
    world: World,
    auditor: None,
    width: int,
    scheme: str,
) -> None:
    referred = Assessment.objects.filter(outcome="REFER").first()
    decided = AuditEntry.objects.filter(action="decision.recorded").first()
    assert referred is not None
    assert decided is not None
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    found = {}
    for path in (
        "/audit/", "/audit/?q=actor:system+nothing-like-this", f"/audit/{decided.pk}/", f"/assessments/{referred.pk}/", "/models/",
        f"/models/{world.model.name}/versions/{world.model.version}/",
    ):  # fmt: skip
        answer = page.goto(f"{live_server.url}{path}")
        assert answer is not None
        assert answer.status == 200, path
        page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
        too_wide = page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        found[path] = axe(page) + (["wider than the window"] if too_wide else [])
        if os.environ.get("UW_SHOTS"):
            page.screenshot(
                path=f"{os.environ['UW_SHOTS']}/audit{path.replace('/', '_')[:30]}{width}{scheme}.png",
                full_page=True,
            )

    assert {path: lines for path, lines in found.items() if lines} == {}
    assert complaints.everything() == []


def test_from_the_search_line_to_what_an_event_changed(
    page: Page, live_server: LiveServer, complaints: Complaints, world: World, auditor: None
) -> None:
    application = Assessment.objects.filter(outcome="REFER").first().application  # type: ignore[union-attr]
    page.goto(f"{live_server.url}/audit/")

    page.get_by_label("Search the trail").fill(
        f"application:{application.reference} action:application.referred"
    )
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Application referred").click()

    row = page.get_by_role("row").filter(has_text="status")
    assert row.inner_text().split() == ["status", "IN_ASSESSMENT", "REFERRED"]
    assert complaints.everything() == []
