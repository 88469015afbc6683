"""The change request in a real browser: each state of it is clean, in light and dark, wide and narrow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browsing import Complaints
from tests.factories import (
    make_application,
    make_assessment,
    make_backtest,
    make_reference_sample,
    make_user,
)
from tests.frontend.risk.test_policy_in_browser import browser_beside_database, look, sign_in
from tests.underwriting.policy.conftest import REASON, Desk, acting, build_desk
from underwriting.enums import Outcome, Role, RolloutMode
from underwriting.models import PolicyVersion, ShadowResult
from underwriting.moment import database_now
from underwriting.policy.check import check_policy
from underwriting.policy.checked import warning_key
from underwriting.policy.comments import comment_on
from underwriting.policy.lifecycle import (
    approve_version,
    create_draft,
    save_draft,
    submit_version,
)
from underwriting.policy.rollouts import start_rollout

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ROOT = "/policies/instalment-loan-core"
LARGE = {"applications": 12_480, "covered": 12_368, "approved_before": 6703, "approved_after": 7120}

__all__ = ["browser_beside_database"]


def edited(desk: Desk) -> dict[str, Any]:
    """A document with a line of each kind: a cut-off, a changed rule, a new one, one gone, one moved, a tier, a limit."""
    document = desk.document(632)
    rules = document["rules"]
    rules[2]["when"] = {**rules[2]["when"], "value": 90_000}
    rules.append({**rules[-1], "id": "R-90", "name": "Many enquiries at once", "when": {**rules[-1]["when"]}})
    rules.insert(4, rules.pop(6))
    rules.pop(7)
    document["price_grid"][0]["annual_rate_bps"] = 799
    document["sla"] = {"working_minutes": 240}
    return document


def submitted(desk: Desk, document: dict[str, Any], **changes: Any) -> PolicyVersion:
    now = database_now()
    draft = create_draft(policy=desk.policy, actor=acting(desk.manager), now=now)
    draft = save_draft(
        version=draft,
        document=document,
        expected_sha256=draft.document_sha256,
        actor=acting(desk.manager),
        now=now,
    )
    make_backtest(draft, desk.live, summary=changes.pop("summary", LARGE))
    values: dict[str, Any] = {"reason": REASON, "ticket": "RISK-12", "reason_codes": desk.codes, "now": now}
    warnings = check_policy(document, reason_codes=desk.codes)
    values["warning_comments"] = {warning_key(w): "Both are wanted for a while." for w in warnings}
    version = submit_version(version=draft, actor=acting(desk.manager), **{**values, **changes})
    cut_off = document["cut_offs"]["approve"]
    version.reference_sample = make_reference_sample(desk.model, approve_cut_off=cut_off, seed=version.number)
    version.save()
    return version


def in_shadow(desk: Desk) -> PolicyVersion:
    now = database_now()
    small = {"covered": 1000, "approved_before": 540, "approved_after": 550, "applications": 1000}
    version = approve_version(
        version=submitted(desk, desk.document(636), summary=small), actor=acting(desk.approver), now=now
    )
    rollout = start_rollout(
        version=version, mode=RolloutMode.SHADOW, days=14, actor=acting(desk.approver), now=now
    )
    for live, shadow, count in (
        ("APPROVE", "APPROVE", 7),
        ("REFER", "APPROVE", 3),
        ("DECLINE", "DECLINE", 4),
    ):
        for _ in range(count):
            assessment = make_assessment(make_application(desk.policy.product), outcome=Outcome(live))
            ShadowResult.objects.create(
                rollout=rollout,
                assessment=assessment,
                live_outcome=live,
                shadow_outcome=shadow,
                created_at=now,
            )
    return version


def scene(desk: Desk) -> dict[str, str]:
    """Pages by name: a draft under a version that moved, one waiting with comments, one in shadow."""
    now = database_now()
    draft = create_draft(policy=desk.policy, actor=acting(desk.manager), now=now)
    save_draft(
        version=draft,
        document=edited(desk),
        expected_sha256=draft.document_sha256,
        actor=acting(desk.manager),
        now=now,
    )
    waiting = submitted(desk, edited(desk))
    approve_version(version=waiting, actor=acting(desk.approver), now=now)
    comment_on(
        version=waiting,
        anchor="cut-offs:approve-at",
        quote="Approve at 640 632",
        text="Why so far down in one step?",
        actor=acting(desk.approver),
        now=now,
    )
    shadow = in_shadow(desk)
    change = f"{ROOT}/changes"
    return {
        "words": f"{change}/{waiting.number}/", "tables": f"{change}/{waiting.number}/?tab=tables",
        "effect": f"{change}/{waiting.number}/?tab=effect", "text": f"{change}/{waiting.number}/?tab=text",
        "shadow": f"{change}/{shadow.number}/", "draft": f"{change}/{draft.number}/",
    }  # fmt: skip


def moved_scene(desk: Desk) -> dict[str, str]:
    """An emergency version came into force under a draft that changed the same things."""
    now = database_now()
    draft = create_draft(policy=desk.policy, actor=acting(desk.manager), now=now)
    save_draft(
        version=draft,
        document=edited(desk),
        expected_sha256=draft.document_sha256,
        actor=acting(desk.manager),
        now=now,
    )
    document = desk.document(655)
    document["rules"][2]["when"] = {**document["rules"][2]["when"], "value": 70_000}
    document["sla"] = {"working_minutes": 120}
    version = submitted(desk, document, is_emergency=True)
    approve_version(version=version, actor=acting(desk.approver), now=now)
    for index in range(40):
        make_assessment(
            make_application(desk.policy.product),
            policy_version=version,
            outcome=Outcome.APPROVE if index < 38 else Outcome.DECLINE,
            created_at=database_now(),
        )
    change = f"{ROOT}/changes"
    return {
        "moved": f"{change}/{draft.number}/", "rebase": f"{change}/{draft.number}/rebase/", "emergency": f"{change}/{version.number}/",
        "policy": f"{ROOT}/", "rollback": f"{ROOT}/versions/1/rollback/", "decided": f"{ROOT}/versions/{version.number}/decided/",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1366), ("dark", 1366), ("light", 390), ("dark", 390)]
)
def test_every_state_of_a_change_is_clean(
    page: Page, complaints: Complaints, live_server: Any, transactional_db: None, scheme: Any, width: int
) -> None:
    desk = build_desk()
    both = make_user(
        "Ria Both",
        (desk.policy.lender, Role.RISK_MANAGER),
        (desk.policy.lender, Role.RISK_APPROVER),
        password=None,
    )
    pages = scene(desk)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    found: dict[str, Any] = {}

    def walk(user: Any, listed: dict[str, str]) -> None:
        sign_in(page, live_server.url, user)
        for name, path in listed.items():
            answer = page.goto(live_server.url + path)
            assert answer is not None
            assert answer.status == 200, path
            look(page, f"{name}-{scheme}-{width}")
            broken = Axe().run(page).response["violations"]
            too_wide = page.evaluate(
                "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            )
            if broken or too_wide:
                found[name] = [(v["id"], [n["html"][:160] for n in v["nodes"]]) for v in broken] + [too_wide]

    walk(both, pages)
    walk(desk.manager, {"own-draft": pages["draft"]})
    walk(desk.manager, moved_scene(desk))

    assert found == {}, json.dumps(found, indent=1)
    assert complaints.everything() == []
