"""The backtest in a real browser: asked for, watched while a worker works, read, and its people opened."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from scoring.pipeline.work import work_until_empty
from tests.browsing import Complaints
from tests.factories.past import PAST, make_past, settle
from tests.frontend.risk.screens import SLUG
from tests.frontend.risk.test_policy_in_browser import look, sign_in
from tests.underwriting.policy.conftest import Desk, acting, build_desk
from underwriting.enums import WorkState
from underwriting.models import Backtest, WorkItem
from underwriting.policy.lifecycle import create_draft

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="session", autouse=True)
def browser_beside_database() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    """Two hundred and fifty past applications, most of the approved ones settled, and a draft with a lower cut-off, another rule and price."""
    desk = build_desk()
    draw = random.Random(5)
    for index in range(250):
        score = draw.randint(585, 760)
        facts = {"thin_file_flag": int(index % 9 == 0)} if index % 40 else {"bankruptcy_count": None}
        past = make_past(
            desk.policy.product,
            score,
            probability=1 / (1 + 2.718 ** ((score - 540) / 40)),
            received_at=PAST + timedelta(hours=index),
            facts={**facts, "past_due_amount": 80_000 if index % 15 == 0 else 0},
        )
        if score >= 640 and index % 20:
            settle(past, bad=draw.random() < 0.12, loss_minor=500_000)
    document = desk.document(626)
    document["rules"] = [rule for rule in document["rules"] if rule["id"] != "K-03"]
    document["price_grid"][0]["annual_rate_bps"] += 50
    create_draft(policy=desk.policy, document=document, actor=acting(desk.manager), now=timezone.now())
    return desk


def work(batches: int) -> None:
    for _ in range(batches):
        WorkItem.objects.filter(state=WorkState.READY).update(not_before=timezone.now() - timedelta(days=9))
        work_until_empty(worker="test", max_batches=1)


def test_asked_watched_read_and_opened(
    page: Page, complaints: Complaints, live_server: Any, desk: Desk
) -> None:
    sign_in(page, live_server.url, desk.manager)
    page.goto(f"{live_server.url}/policies/{SLUG}/changes/2/backtests/")
    look(page, "backtest-form")
    WorkItem.objects.update(state=WorkState.DONE)  # what else a draft asks for is not the matter here
    page.click("text=Run the backtest")
    page.wait_for_selector("#progress >> text=Waiting for a worker")
    look(page, "backtest-waiting")
    work(1)
    page.wait_for_selector("#progress >> text=0 of 250 applications")
    page.focus("#look-again")
    look(page, "backtest-progress")
    work(3)
    page.wait_for_selector("text=Who would be answered otherwise")

    result = page.url
    listed = f"{result}cases/"
    addresses = {"form": f"{result}../", "result": result, "cases": listed, "case": f"{listed}1/"}
    found = {}
    for scheme in ("light", "dark"):
        for width in (1366, 390):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            for name, url in addresses.items():
                page.goto(url)
                look(page, f"backtest-{name}-{scheme}-{width}")
                broken = Axe().run(page).response["violations"]
                too_wide = page.evaluate(
                    "document.documentElement.scrollWidth > document.documentElement.clientWidth"
                )
                if broken or too_wide:
                    found[f"{name} {scheme} {width}"] = [
                        (v["id"], [n["html"][:160] for n in v["nodes"]]) for v in broken
                    ] + [too_wide]
    assert found == {}, json.dumps(found, indent=1)

    page.set_viewport_size({"width": 1366, "height": 900})
    page.goto(listed)
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_selector("text=Every finding, side by side")
    page.keyboard.press("u")
    page.wait_for_selector("text=Answered otherwise by v2")
    assert Backtest.objects.get().summary["applications"] == 250  # type: ignore[index]
    assert complaints.everything() == []
