"""Import, diff, apply; the test bench and the baseline, in a real browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from scoring.pipeline.work import work_until_empty
from tests.browsing import Complaints
from tests.factories import make_user
from tests.frontend.risk.test_policy_in_browser import browser_beside_database, look, sign_in
from tests.scoring.pipeline.world import NOW, World, apply, harbour_policy, make_world
from tests.underwriting.policy.conftest import acting
from underwriting.enums import Role
from underwriting.models import Application, PolicyVersion, User
from underwriting.policy.baseline import name_baseline
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.formats.as_yaml import yaml_text
from underwriting.policy.lifecycle import create_draft

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["browser_beside_database"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def stricter() -> Any:
    document = harbour_policy()
    document["cut_offs"]["approve"] += 300
    document["rules"] = document["rules"][1:]
    return document


def drafted(world: World, user: User) -> PolicyVersion:
    return create_draft(policy=world.policy.policy, actor=acting(user), now=NOW)


def test_a_pasted_policy_is_looked_at_applied_and_tested(
    page: Page, complaints: Complaints, live_server: Any, transactional_db: None
) -> None:
    world = make_world()
    apply(world)
    work_until_empty(worker="test", max_batches=5, clock=lambda: NOW)
    user = make_user("Priya Shah", (world.product.lender, Role.RISK_MANAGER), password=None)
    draft = drafted(world, user)
    sign_in(page, live_server.url, user)
    root = f"{live_server.url}/policies/{draft.policy.slug}/drafts/2"

    page.goto(f"{root}/import/")
    page.fill("#id_text", yaml_text(stricter()))
    page.click("text=Show what it would change")
    page.wait_for_selector("text=Apply to this draft")
    assert "Rule K-01" in page.inner_text("#changes-title >> xpath=../..")
    draft.refresh_from_db()
    assert draft.document == world.policy.document
    page.click("text=Apply to this draft")
    page.wait_for_selector("text=The import was applied to this draft.")
    draft.refresh_from_db()
    assert draft.document == stricter()

    page.goto(f"{root}/test/")
    page.fill("#id_reference", Application.objects.get().reference)
    page.click("text=Test it")
    page.wait_for_selector("text=Being worked out.")
    work_until_empty(worker="test", max_batches=5)
    page.wait_for_selector("text=The two versions differ.")
    assert (
        "K-01" in page.inner_text("tr[data-marked] >> nth=0") or page.locator("tr[data-marked]").count() > 1
    )
    assert complaints.everything() == []


@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_clean(
    page: Page, complaints: Complaints, live_server: Any, transactional_db: None, scheme: Any, width: int
) -> None:
    world = make_world()
    apply(world)
    work_until_empty(worker="test", max_batches=5, clock=lambda: NOW)
    user = make_user("Priya Shah", (world.product.lender, Role.RISK_MANAGER), password=None)
    draft = drafted(world, user)
    PolicyVersion.objects.filter(pk=draft.pk).update(
        document=stricter(), document_sha256=canonical_sha256(stricter())
    )
    name_baseline(policy=draft.policy, name="shipped:harbour", actor=acting(user), now=NOW)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, live_server.url, user)
    base = f"{live_server.url}/policies/{draft.policy.slug}"
    found = {}

    def check(name: str) -> None:
        look(page, f"{name}-{scheme}-{width}")
        broken = Axe().run(page).response["violations"]
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        if broken or wide:
            found[name] = [(v["id"], [n["html"][:160] for n in v["nodes"]]) for v in broken] + [wide]

    page.goto(f"{base}/drafts/2/import/")
    check("import")
    page.fill("#id_text", yaml_text(harbour_policy()))
    page.click("text=Show what it would change")
    page.wait_for_selector("text=Apply to this draft")
    check("import-diff")
    page.goto(f"{base}/drafts/2/test/")
    check("bench")
    page.fill("#id_reference", Application.objects.get().reference)
    page.click("text=Test it")
    page.wait_for_selector("text=Being worked out.")
    work_until_empty(worker="test", max_batches=5)
    page.wait_for_selector("text=The two versions differ.")
    check("bench-answer")
    for name, path in {
        "baseline": "/baseline/?version=2",
        "take": "/drafts/2/baseline/",
        "version": "/versions/1/",
    }.items():
        page.goto(f"{base}{path}")
        check(name)

    assert found == {}, json.dumps(found, indent=1)
    assert complaints.everything() == []
