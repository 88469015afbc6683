"""Every screen, light and dark, wide and narrow: nothing for axe, the content policy or the console to complain about."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.administering import hold_without_reason, invited, long_over, person_page, personal_data
from tests.browser.conftest import Axe, SignIn
from tests.browser.documents import document, set_first_right
from tests.browser.moving import ask_for_payslips, choose_rows, look_at_plan, returned
from tests.browser.moving import waiting as put_aside
from tests.browser.noting import slash, with_phrases
from tests.browser.scene import Scene, appeal, conditional, notice_review, set_scene, with_documents
from tests.browser.second_looks import answered, changeable, disagreed, large, waiting
from tests.browsing import Complaints
from underwriting.enums import Role
from underwriting.models import AuditEntry

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
WIDTHS = {1366: 768, 390: 844}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Screen:
    """A page to look at: who opens it, where it is, and what is done on it before looking."""

    name: str
    path: Callable[[Scene], str]
    role: Role | None = Role.CREDIT_OFFICER
    then: Callable[[Page], None] | None = None


def open_panel(key: str) -> Callable[[Page], None]:
    def then(page: Page) -> None:
        if not page.locator(".bar [id^=open-]").count():
            page.keyboard.press("c")
            page.wait_for_selector(".bar [id^=open-]")
        page.keyboard.press(key)
        page.wait_for_selector("#panel-title")

    return then


def take_terms(page: Page) -> None:
    """The panel with what the solver found, and its first line taken."""
    open_panel("c")(page)
    page.keyboard.press("l")
    page.wait_for_selector("#worked-out dl")


def ask_for_papers_first(page: Page) -> None:
    open_panel("a")(page)
    papers = page.get_by_label("Payslips of the last three months")
    if not papers.is_visible():
        page.locator("#conditions-field summary").click()
    papers.check()


def answer_first(page: Page) -> None:
    """Answered once; both answers stand side by side for the rest of the screens."""
    if page.locator("#answers").count():
        return
    open_panel("a")(page)
    page.get_by_label("Not approve it").check()
    page.locator("#own-sentence").fill("Too many new accounts in a short time.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#answers")


def saved_view(page: Page) -> None:
    """A page saved once and looked at changed, with the form of another name open."""
    if not page.get_by_role("navigation", name="Saved views").count():
        page.locator("#save-as-new summary").click()
        page.locator("#view-name").fill("Broker, over 15,000")
        page.get_by_label("Share it with everybody here").check()
        page.get_by_role("button", name="Save this view").click()
        page.wait_for_selector(".saved .tabs")
    page.locator(".saved .tabs a").first.click()
    page.locator("#filter-columns").check()
    page.wait_for_selector("#reset-view")
    page.locator("#save-as-new summary").click()


def search_for(typed: str) -> Callable[[Page], None]:
    def then(page: Page) -> None:
        page.keyboard.press("/")
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        page.wait_for_selector("#search-found, #search-error")

    return then


def shortcut_sheet(page: Page) -> None:
    page.keyboard.press("?")
    page.wait_for_selector("#shortcuts[open]")


def palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette [role=option]")


def table_twin(page: Page) -> None:
    if page.locator("#explain table").count():
        return
    page.get_by_role("button", name="Show as table").click()
    page.wait_for_selector("#explain table")


def at_each(name: str, base: str, paths: tuple[str, ...], role: Role) -> list[Screen]:
    return [Screen(name + path, partial(_fixed, base + path), role=role) for path in paths]


def _fixed(path: str, _: Scene) -> str:
    return path


def vague_words(page: Page) -> None:
    page.locator("#id_text").fill("Your score is too low.")
    page.get_by_role("button", name="Save in the draft").click()
    page.wait_for_selector(".error-summary")


def wrong_fact(page: Page) -> None:
    page.get_by_role("button").first.click()


def known_fact(page: Page) -> None:
    """Answered once; the session remembers it for the rest of the screens."""
    if page.locator("#day").count():
        page.locator("#day").fill("17")
        page.locator("#month").fill("4")
        page.locator("#year").fill("1988")
        page.get_by_role("button").first.click()
        page.wait_for_selector("h1")


SCREENS = [
    Screen("sign-in", lambda _: "/sign-in/", role=None),
    Screen(
        "sign-in-error",
        lambda _: "/sign-in/",
        role=None,
        then=lambda page: page.get_by_role("button", name="Sign in").click(),
    ),
    Screen("invitation", lambda scene: invited(scene, "Nina Olsen"), role=None),
    Screen("invitation-over", lambda _: "/invitation/invented/", role=None),
    Screen("invitation-join", lambda scene: invited(scene, "Mona Test"), role=Role.MODEL_OWNER),
    Screen("invitation-other", lambda scene: invited(scene, "Petra Test"), role=Role.MODEL_OWNER),
    Screen("home", lambda _: "/"),
    Screen("home-admin", lambda _: "/", role=Role.ADMIN),
    Screen("queue", lambda _: "/queue/?view=all"),
    Screen("queue-empty", lambda _: "/queue/?view=mine"),
    Screen("queue-read-only", lambda _: "/queue/?view=all", role=Role.AUDITOR),
    Screen("queue-saved", lambda _: "/queue/?view=all", then=saved_view),
    Screen("queue-search", lambda _: "/queue/?view=mine", then=search_for("+1 207 555 0199")),
    Screen("queue-search-decided", lambda _: "/queue/?view=mine", then=search_for("Costa")),
    Screen("queue-search-refused", lambda _: "/queue/?view=all", then=search_for("a b c d e f g h i j")),
    Screen("queue-keys", lambda _: "/queue/?view=all", then=shortcut_sheet),
    Screen("queue-palette", lambda _: "/queue/?view=all", then=palette),
    Screen("case", lambda scene: f"/cases/{scene.cases[0]}/?view=all"),
    Screen(
        "case-table", lambda scene: f"/cases/{scene.cases[0]}/?view=all", role=Role.TEAM_LEAD, then=table_twin
    ),
    Screen("case-technical", lambda scene: f"/cases/{scene.technical}/"),
    Screen("case-taken", lambda scene: f"/cases/{scene.taken}/"),
    Screen("case-decided", lambda scene: f"/cases/{scene.decided}/"),
    Screen("case-decline", lambda scene: f"/cases/{scene.cases[0]}/?view=all", then=open_panel("d")),
    Screen("case-approve", lambda scene: f"/cases/{scene.cases[0]}/?view=all", then=open_panel("a")),
    Screen("case-changes", lambda scene: f"/cases/{changeable(scene)}/?view=all", then=take_terms),
    Screen("case-second-needed", lambda scene: f"/cases/{large(scene)}/?view=all", then=open_panel("d")),
    Screen("second-look-queue", lambda scene: f"/queue/?view=second-look&of={waiting(scene)}"),
    Screen("second-look-blind", lambda scene: f"/cases/{waiting(scene)}/?view=all"),
    Screen("second-look-answer", lambda scene: f"/cases/{waiting(scene)}/?view=all", then=open_panel("a")),
    Screen("second-look-answers", lambda scene: f"/cases/{answered(scene)}/?view=all"),
    Screen("case-ask", lambda scene: f"/cases/{scene.cases[0]}/?view=all", then=ask_for_payslips),
    Screen("case-escalate", lambda scene: f"/cases/{scene.cases[0]}/?view=all", then=open_panel("e")),
    Screen("case-skip", lambda scene: f"/cases/{scene.cases[0]}/?view=all", then=open_panel("p")),
    Screen("case-snooze", lambda scene: f"/cases/{scene.cases[0]}/?view=all", then=open_panel("w")),
    Screen("case-lead", lambda scene: f"/cases/{scene.taken}/give/", role=Role.TEAM_LEAD),
    Screen("case-due", lambda scene: f"/cases/{scene.taken}/due/", role=Role.TEAM_LEAD),
    Screen("case-reopen", lambda scene: f"/cases/{scene.decided}/reopen/", role=Role.TEAM_LEAD),
    Screen("case-waiting", lambda scene: f"/cases/{put_aside(scene)}/"),
    Screen("case-came-back", lambda scene: f"/cases/{returned(scene)}/"),
    Screen("queue-waiting", lambda scene: f"/queue/?view=waiting&of={put_aside(scene)}"),
    Screen("home-came-back", lambda scene: f"/?of={returned(scene)}"),
    Screen("queue-chosen", lambda _: "/queue/?view=all", role=Role.TEAM_LEAD, then=choose_rows),
    Screen("queue-assign", lambda _: "/queue/?view=all", role=Role.TEAM_LEAD, then=look_at_plan),
    Screen("team", lambda _: "/team/", role=Role.TEAM_LEAD),
    Screen("case-similar", lambda scene: f"/cases/{scene.cases[0]}/?view=all&similar=1"),
    Screen("case-fact", lambda scene: f"/cases/{scene.cases[0]}/facts/annual_income/?view=all"),
    Screen("case-note-phrase", lambda scene: f"/cases/{with_phrases(scene)}/?view=all", then=slash),
    Screen("home-disagreed", lambda scene: f"/?after={disagreed(scene)}"),
    Screen("case-note-people", lambda scene: f"/cases/{scene.cases[0]}/notes/people/"),
    Screen("letters", lambda _: "/letters/"),
    Screen("letters-empty", lambda _: "/letters/?after=999999999"),
    Screen("letters-read-only", lambda _: "/letters/", role=Role.AUDITOR),
    Screen("case-documents", lambda scene: f"/cases/{with_documents(scene)}/?view=all"),
    Screen("document", lambda scene: document(scene, "PDF")),
    Screen("document-correct", lambda scene: document(scene, "PDF"), then=set_first_right),
    Screen("document-picture", lambda scene: f"{document(scene, 'PNG')}&zoom=200&turn=90"),
    Screen("document-read-only", lambda scene: document(scene, "PNG"), role=Role.AUDITOR),
    Screen("case-correct", lambda scene: f"/cases/{with_documents(scene)}/?view=all", then=open_panel("f")),
    Screen("conditions", lambda scene: f"/cases/{conditional(scene)}/"),
    Screen("conditions-seen", lambda scene: f"/cases/{conditional(scene)}/", then=open_panel("m")),
    Screen("conditions-asked", lambda scene: f"/cases/{scene.cases[0]}/?view=all", then=ask_for_papers_first),
    Screen("appeal-blind", lambda scene: f"/cases/{appeal(scene)}/?view=all"),
    Screen("appeal-own-answer", lambda scene: f"/cases/{appeal(scene)}/?view=all", then=open_panel("a")),
    Screen("appeal-answered", lambda scene: f"/cases/{appeal(scene)}/?view=all", then=answer_first),
    Screen("notice-review", lambda scene: f"/cases/{notice_review(scene)}/?view=all"),
    Screen("notice-send", lambda scene: f"/cases/{notice_review(scene)}/?view=all", then=open_panel("a")),
    Screen("notice-again", lambda scene: f"/cases/{notice_review(scene)}/?view=all", then=open_panel("d")),
    Screen("queue-appeals", lambda scene: f"/queue/?view=all&kind=appeal&of={appeal(scene)}"),
    Screen("settings", lambda _: "/me/settings/"),
    Screen("assessment", lambda scene: f"/assessments/{scene.cases[0].assessment_id}/"),
    Screen("policies", lambda _: "/policies/", role=Role.RISK_MANAGER),
    Screen("policy", lambda scene: f"/policies/{scene.draft.policy.slug}/", role=Role.RISK_MANAGER),
    Screen(
        "policy-version", lambda scene: f"/policies/{scene.draft.policy.slug}/versions/1/", role=Role.AUDITOR
    ),
    Screen(
        "policy-draft",
        lambda scene: f"/policies/{scene.draft.policy.slug}/drafts/{scene.draft.number}/edit/",
        role=Role.RISK_MANAGER,
    ),
    Screen(
        "policy-compare",
        lambda scene: f"/policies/{scene.draft.policy.slug}/compare/1...{scene.draft.number}/",
        role=Role.RISK_APPROVER,
    ),
    Screen(
        "policy-change",
        lambda scene: f"/policies/{scene.draft.policy.slug}/changes/{scene.draft.number}/",
        role=Role.RISK_MANAGER,
    ),
    Screen("monitoring-reasons", lambda _: "/monitoring/reasons/", role=Role.RISK_MANAGER),
    Screen("audit", lambda _: "/audit/", role=Role.AUDITOR),
    Screen(
        "audit-event",
        lambda _: (
            f"/audit/{AuditEntry.objects.filter(action='case.decided').values_list('pk', flat=True)[0]}/"
        ),
        role=Role.AUDITOR,
    ),
    Screen("models", lambda _: "/models/", role=Role.MODEL_OWNER),
    Screen("model-version", lambda _: "/models/harbour-pd/versions/2026-07/", role=Role.MODEL_OWNER),
    *at_each(
        "admin",
        "/admin-area/",
        ("", "users/", "roles/", "keys/", "lenders/", "holidays/", "phrases/"),
        Role.ADMIN,
    ),
    *at_each(
        "admin", "/admin-area/reasons/", ("", "?language=hi", "UT01/?language=es", "own-wording/"), Role.ADMIN
    ),
    Screen("reason-refused", lambda _: "/admin-area/reasons/EN01/", role=Role.ADMIN, then=vague_words),
    Screen("reason-read-only", lambda _: "/admin-area/reasons/PU01/", role=Role.RISK_APPROVER),
    Screen(
        "admin-person",
        lambda scene: f"/admin-area/users/{scene.people[Role.CREDIT_OFFICER].public_id}/",
        role=Role.ADMIN,
    ),
    Screen("admin-personal-data", lambda _: "/admin-area/personal-data/", role=Role.ADMIN),
    Screen("admin-personal-data-kept", personal_data, role=Role.ADMIN),
    Screen("admin-personal-data-read-only", personal_data, role=Role.AUDITOR),
    Screen("admin-personal-data-refused", personal_data, role=Role.ADMIN, then=hold_without_reason),
    Screen("admin-personal-data-over", long_over, role=Role.ADMIN),
    Screen("admin-person-invited", lambda scene: person_page(scene, "Yara Lind"), role=Role.ADMIN),
    Screen("applicant-known-fact", lambda scene: f"/a/{scene.token}/", role=None, then=wrong_fact),
    Screen("applicant-status", lambda scene: f"/a/{scene.token}/", role=None, then=known_fact),
    Screen("applicant-decision", lambda scene: f"/a/{scene.token}/decision/", role=None),
    # Every other page of theirs, and their errors: tests/frontend/applicant/test_every_page.py
    Screen("applicant-dispute", lambda scene: f"/a/{scene.token}/dispute/", role=None),
    Screen("applicant-everything", lambda scene: f"/a/{scene.token}/everything/", role=None),
    Screen("developers", lambda _: "/developers/", role=None),
    Screen("developers-errors", lambda _: "/developers/errors/", role=None),
    Screen("not-allowed", lambda _: "/queue/", role=Role.ADMIN),
    Screen("not-found", lambda _: "/cases/C-999999/"),
]
EXPECTED_STATUS = {
    "invitation-other": 403,
    "invitation-over": 404,
    "not-allowed": 403,
    "not-found": 404,
}
ANSWERS_WITH_AN_ERROR = {
    *EXPECTED_STATUS,
    "sign-in-error",
    "applicant-known-fact",
    "reason-refused",
    "admin-personal-data-refused",
}


def test_every_screen_is_clean(
    page: Page,
    live_server: LiveServer,
    sign_in: SignIn,
    complaints: Complaints,
    axe: Axe,
    subtests: pytest.Subtests,
) -> None:
    scene = set_scene()
    for screen in _chosen():
        with subtests.test(msg=screen.name):
            if screen.role is not None:
                sign_in(scene.people[screen.role])
            _forget(complaints)
            assert _look(screen, page, live_server.url + screen.path(scene), axe) == []
            assert _unexpected(complaints, screen) == []


def _chosen() -> list[Screen]:
    """All screens, or those named in UW_SCREENS for a quick look at a few."""
    wanted = os.environ.get("UW_SCREENS", "").split()
    return [screen for screen in SCREENS if not wanted or screen.name in wanted]


def _forget(complaints: Complaints) -> None:
    for part in (complaints.console, complaints.errors, complaints.violations, complaints.foreign_requests):
        part.clear()


def _look(screen: Screen, page: Page, address: str, axe: Axe) -> list[str]:
    found: list[str] = []
    for theme in THEMES:
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=theme)
            response = page.goto(address)
            assert response is not None
            assert response.status == EXPECTED_STATUS.get(screen.name, 200)
            if screen.then is not None:
                screen.then(page)
            _picture(page, f"{screen.name.replace('/', '')}-{theme}-{width}")
            found += [f"{theme} {width}: {line}" for line in axe(page)]
            found += [f"{theme} {width}: scrolls sideways by {by}" for by in _sideways(page)]
    return found


def _sideways(page: Page) -> list[int]:
    by: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [by] if by > 0 else []


def _unexpected(complaints: Complaints, screen: Screen) -> list[str]:
    """The browser notes every answer that is not 2xx; where the page is meant to be one, that is no complaint."""
    expected = screen.name in ANSWERS_WITH_AN_ERROR
    return [line for line in complaints.everything() if not (expected and "Failed to load resource" in line)]


def _picture(page: Page, name: str) -> None:
    """Keep a picture where a directory for them is given."""
    directory = os.environ.get("UW_SCREENSHOTS")
    if directory:
        Path(directory).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(directory) / f"{name}.png", full_page=True)
