"""The button of a technical case, without scripts."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.models import ReviewCase
from tests.factories import make_user
from tests.factories.reviewing import Desk, make_case
from tests.frontend.operations.conftest import claimed, url
from underwriting.enums import Role, WorkKind
from underwriting.models import Lender, User, WorkItem

pytestmark = pytest.mark.django_db
BUTTON, UNDER_WAY = 'id="assess-again"', 'id="being-assessed"'


@pytest.fixture
def technical(desk: Desk) -> ReviewCase:
    return make_case(desk, score=None, now=timezone.now())


def shown(client: Client, case: ReviewCase) -> tuple[bool, bool]:
    page = client.get(url(case)).content.decode()
    return BUTTON in page, UNDER_WAY in page


def test_the_holder_asks_and_the_page_says_that_it_is_under_way(
    officer: Client, ana: User, technical: ReviewCase
) -> None:
    claimed(technical, ana)
    before = shown(officer, technical)

    answer = officer.post(url(technical, "assess-again/"), {"view": "all"})

    assert (before, shown(officer, technical)) == ((True, False), (False, True))
    assert (answer.status_code, answer["Location"].split("?")[0]) == (303, url(technical))
    assert WorkItem.objects.get().kind == WorkKind.ASSESS
    again = officer.post(url(technical, "assess-again/"))
    assert (again.status_code, "being assessed already" in again.content.decode()) == (409, True)


def test_only_a_technical_case_that_one_holds_has_the_button(
    officer: Client, ana: User, technical: ReviewCase, case: ReviewCase
) -> None:
    claimed(case, ana)

    assert (shown(officer, technical), shown(officer, case)) == ((False, False), (False, False))
    for other in (technical, case):
        assert officer.post(url(other, "assess-again/")).status_code == 409
    assert not WorkItem.objects.exists()


@pytest.mark.parametrize("role", [Role.TEAM_LEAD, Role.AUDITOR])
def test_who_reads_only_asks_for_nothing(
    client: Client, harbour: Lender, technical: ReviewCase, role: Role
) -> None:
    client.force_login(make_user("Kim Oduya", (harbour, role)))
    assert client.post(url(technical, "assess-again/")).status_code == 403
    assert not WorkItem.objects.exists()
