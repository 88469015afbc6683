"""Documents on the screen: where one is looked at, and the first fact beside it being set right."""

from __future__ import annotations

from django.utils import timezone
from playwright.sync_api import Page

from review_queue.actions.claim import claim_case
from review_queue.models import ReviewCase
from tests.browser.scene import Scene, with_documents
from tests.factories import actor_of
from underwriting.enums import Role
from underwriting.models import Document

TYPES = {"PDF": "application/pdf", "PNG": "image/png"}


def held_with_documents(scene: Scene) -> ReviewCase:
    """The case with two documents, held by the officer."""
    case, ana = with_documents(scene), scene.people[Role.CREDIT_OFFICER]
    case.refresh_from_db()
    if case.holder_id != ana.pk:
        claim_case(case_id=case.pk, user=ana, actor=actor_of(ana), now=timezone.now())
    return case


def document(scene: Scene, form: str) -> str:
    """Where the case's payslip (PDF) or its statement (PNG) is looked at."""
    case = held_with_documents(scene)
    found = Document.objects.get(application=case.application, media_type=TYPES[form])
    return f"/cases/{case}/documents/{found.public_id}/?view=all"


def set_first_right(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("f")
    page.wait_for_selector("#panel-title")
