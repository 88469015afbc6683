"""What a page may cost (UX 7.2): requests, kilobytes as sent, violations of the content policy, and how far it jumps while loading."""

from __future__ import annotations

from dataclasses import dataclass, field

import brotli
import pytest
from playwright.sync_api import Page, Response
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import SignIn
from tests.browser.scene import Scene, set_scene
from tests.browsing import Complaints
from underwriting.enums import Role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
SHIFT_MAX = 0.02
WATCH_SHIFTS = """
window.__shift = 0;
new PerformanceObserver(list => list.getEntries().forEach(e => { if (!e.hadRecentInput) window.__shift += e.value; }))
  .observe({type: 'layout-shift', buffered: true});
"""


@dataclass(frozen=True, slots=True)
class Budget:
    """Most requests, and kilobytes after Brotli: the page, its style sheet, its scripts, all of it."""

    requests: int
    html_kb: float
    css_kb: float
    js_kb: float
    total_kb: float


BUDGETS = {
    "home": Budget(4, 8, 12, 24, 46),
    "queue": Budget(4, 14, 12, 24, 52),
    "case": Budget(4, 20, 12, 24, 58),
    "decline": Budget(4, 20, 12, 24, 58),
}


@dataclass
class Sent:
    """What came over the wire for one page; the icon of the tab is the browser's own affair."""

    responses: list[Response] = field(default_factory=list)

    def note(self, response: Response) -> None:
        if not response.url.endswith(".svg"):
            self.responses.append(response)

    def kilobytes(self, kind: str) -> float:
        bodies = [r.body() for r in self.responses if kind in r.headers.get("content-type", "")]
        return sum(len(brotli.compress(body, quality=5)) for body in bodies) / 1024


@pytest.fixture
def scene() -> Scene:
    return set_scene()


@pytest.mark.parametrize("name", BUDGETS)
def test_a_page_keeps_its_budget(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints, scene: Scene, name: str
) -> None:
    """UX 7.2, 7.3, H-1."""
    case = scene.cases[0]
    path = {
        "home": "/", "queue": "/queue/?view=all", "case": f"/cases/{case}/?view=all", "decline": f"/cases/{case}/decide/decline/?view=all",
    }[name]  # fmt: skip
    sign_in(scene.people[Role.CREDIT_OFFICER])
    page.add_init_script(WATCH_SHIFTS)
    sent, budget = Sent(), BUDGETS[name]
    page.on("response", sent.note)
    page.goto(live_server.url + path, wait_until="networkidle")
    page.wait_for_timeout(300)

    html, css, js = (sent.kilobytes(kind) for kind in ("text/html", "text/css", "javascript"))
    spent = Budget(len(sent.responses), html, css, js, html + css + js)
    print(f"{name}: {spent.requests} requests, {html:.1f} + {css:.1f} + {js:.1f} KB")
    over = {
        part: (getattr(spent, part), most)
        for part in ("requests", "html_kb", "css_kb", "js_kb", "total_kb")
        if getattr(spent, part) > (most := getattr(budget, part))
    }
    assert over == {}
    assert page.evaluate("window.__shift") <= SHIFT_MAX
    assert complaints.everything() == []


def test_a_page_that_comes_slowly_does_not_jump(
    page: Page, live_server: LiveServer, sign_in: SignIn, scene: Scene
) -> None:
    """UX 7.2: drawn half read, the panel kept in sight at the foot would move as the rest of it arrived."""
    sign_in(scene.people[Role.CREDIT_OFFICER])
    page.add_init_script(WATCH_SHIFTS)
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    slow = {"offline": False, "latency": 20, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    wire.send("Network.emulateNetworkConditions", slow)
    page.goto(f"{live_server.url}/cases/{scene.cases[0]}/decide/decline/?view=all", wait_until="networkidle")
    page.wait_for_timeout(300)

    assert page.evaluate("window.__shift") <= SHIFT_MAX
