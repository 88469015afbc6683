"""Past cases like this, on the page: asked for by script or by a link, never with a name, never before one's own answer to an appeal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.models import ReviewCase
from tests.factories import make_user
from tests.factories.appealing import make_appeal, make_decided
from tests.factories.reviewing import Desk
from tests.frontend.operations.conftest import claimed, url
from underwriting.enums import Role
from underwriting.models import Lender, User

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


@pytest.fixture
def past(desk: Desk, ana: User) -> ReviewCase:
    return make_decided(desk, ana, now=timezone.now() - timedelta(days=400))


def test_the_page_asks_for_them_when_they_are_scrolled_to(
    officer: Client, past: ReviewCase, case: ReviewCase
) -> None:
    page = officer.get(url(case)).content.decode()
    assert f'hx-get="/cases/{case}/?fragment=similar" hx-trigger="revealed"' in page
    assert "They are examples, not a rule." not in page


@pytest.mark.parametrize(("address", "headers"), [("?similar=1", {}), ("?fragment=similar", HX)])
def test_they_come_by_link_and_by_script_without_a_name(
    officer: Client, past: ReviewCase, case: ReviewCase, address: str, headers: dict[str, str]
) -> None:
    page = officer.get(url(case, address), headers=headers).content.decode()
    part = page[page.index('id="similar"') : page.index("</section>", page.index('id="similar"'))]
    assert (
        "The nearest one of 1 with a score from 588 to 668, decided more than 12 months ago. They are examples, not a rule."
        in part
    )
    assert "Outcome at 12 months: not known yet." in part
    assert [
        word
        for word in ("Okafor", "Maria", str(past), past.application.reference, "Ana Ruiz")
        if word in part
    ] == []


def test_none_yet_is_said(officer: Client, case: ReviewCase) -> None:
    part = officer.get(url(case, "?fragment=similar"), headers=HX).content.decode()
    assert "No application of this product with a score from 588 to 668 has been decided yet." in part


def test_before_ones_own_answer_there_are_none(
    officer: Client, ana: User, harbour: Lender, desk: Desk, past: ReviewCase
) -> None:
    case = make_appeal(desk, make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)))
    claimed(case, ana)
    for address, headers in (("?similar=1", {}), ("?fragment=similar", HX)):
        page = officer.get(url(case, address), headers=headers).content.decode()
        assert "examples, not a rule" not in page
        assert "Shown after you have answered." in page
