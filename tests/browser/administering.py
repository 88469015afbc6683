"""What an administrator looks at: people who are invited, and the personal data of an application."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone
from playwright.sync_api import Page

from tests.browser.scene import Scene
from tests.factories import make_application, make_party
from underwriting.audit.actor import SYSTEM
from underwriting.enums import ApplicationStatus, Role
from underwriting.models import Lender, User
from underwriting.people.invitations import invite_person


def personal_data(scene: Scene) -> str:
    return f"/admin-area/personal-data/?reference={scene.cases[0].application.reference}"


def long_over(scene: Scene) -> str:
    """An application that nothing keeps any longer."""
    old = datetime(2015, 3, 2, 12, 0, tzinfo=UTC)
    found = make_application(
        scene.cases[0].application.product,
        status=ApplicationStatus.WITHDRAWN,
        received_at=old,
        completed_at=old,
    )
    make_party(found)
    return f"/admin-area/personal-data/?reference={found.reference}"


def hold_without_reason(page: Page) -> None:
    page.get_by_role("button", name="Place the hold").click()
    page.wait_for_selector(".error-summary")


def invited(scene: Scene, name: str, lender: str = "northgate") -> str:
    """The link by which a lender has invited somebody, with an account or without."""
    email = f"{name.split(' ')[0].lower()}@example.test"
    roles, now = [Role.TEAM_LEAD, Role.CREDIT_OFFICER], timezone.now()
    at = Lender.objects.get(code=lender)
    return invite_person(lender=at, email=email, name=name, roles=roles, actor=SYSTEM, now=now).path


def person_page(scene: Scene, name: str) -> str:
    invited(scene, name, scene.lender.code)
    return f"/admin-area/users/{User.objects.get(name=name).public_id}/"
