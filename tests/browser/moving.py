"""Cases that wait and that came back, and what is done on the screens by which cases move."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page

from review_queue.actions.ask import ask_applicant, usual_day
from review_queue.actions.claim import claim_case
from review_queue.messages import send_message
from review_queue.models import ReviewCase
from tests.browser.scene import Scene
from tests.factories import actor_of
from underwriting.enums import Role, WaitKind
from underwriting.models import Party


def waiting(scene: Scene) -> ReviewCase:
    """A case whose applicant was asked; put aside when it is first asked for."""
    return _asked(scene, scene.cases[-1])


def returned(scene: Scene) -> ReviewCase:
    """A case whose applicant has answered."""
    case = _asked(scene, scene.cases[-2])
    if case.waits_for:
        party = Party.objects.get(application=case.application_id)
        send_message(
            application=case.application, party=party, author=None, text="I sent them.", now=timezone.now()
        )
    return case


def _asked(scene: Scene, case: ReviewCase) -> ReviewCase:
    now = timezone.now()
    case = ReviewCase.objects.get(pk=case.pk)
    if case.waits_for == WaitKind.APPLICANT or case.came_back_at:
        return case
    ana = scene.people[Role.CREDIT_OFFICER]
    claim_case(case_id=case.pk, user=ana, actor=actor_of(ana), now=now - timedelta(minutes=2))
    ask_applicant(
        case_id=case.pk, user=ana, roles={Role.CREDIT_OFFICER}, party=Party.objects.get(application=case.application_id), items=["payslips"],
        question="Since when do you rent?", answer_until=usual_day(case, now=now), actor=actor_of(ana), now=now - timedelta(minutes=1),
    )  # fmt: skip
    return ReviewCase.objects.get(pk=case.pk)


def ask_for_payslips(page: Page) -> None:
    """The message as the applicant reads it beside what was chosen."""
    if not page.locator(".bar [id^=open-]").count():
        page.keyboard.press("c")
        page.wait_for_selector(".bar [id^=open-]")
    page.keyboard.press("r")
    page.wait_for_selector("#panel-title")
    page.get_by_label("Payslips of the last three months").check()
    page.locator("#question").fill("Since when do you rent your flat?")
    page.wait_for_selector("#ask-preview :text('Since when do you rent your flat?')")


def choose_rows(page: Page) -> None:
    """By keys alone: mark, choose, mark two further down, choose all between."""
    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    page.wait_for_selector("[data-bulk-bar]:visible")
    assert page.locator("[data-bulk-count]").inner_text() == "3 cases chosen"


def look_at_plan(page: Page) -> None:
    choose_rows(page)
    page.locator("#bulk-to").select_option(label="Tom Berg, senior officer")
    page.locator("#bulk-look").click()
    page.wait_for_selector("#plan")
