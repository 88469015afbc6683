"""Which view the queue shows, and Start works through, where none is asked for."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.models import ReviewCase
from tests.factories import make_lender, make_user
from tests.factories.reviewing import Desk, make_case
from tests.frontend.operations.conftest import claimed
from underwriting.enums import Role
from underwriting.models import Lender

pytestmark = pytest.mark.django_db


def due_in(case: ReviewCase, time: timedelta) -> ReviewCase:
    ReviewCase.objects.filter(pk=case.pk).update(due_at=timezone.now() + time)
    return case


@pytest.fixture
def later(case: ReviewCase) -> ReviewCase:
    return due_in(case, timedelta(days=2))


@pytest.fixture
def late(desk: Desk) -> ReviewCase:
    """Late is the one moment that is before the end of any lender's today at every hour of a test run."""
    return due_in(make_case(desk, now=timezone.now()), timedelta(hours=-1))


def address(case: ReviewCase) -> str:
    """Its number alone may stand within an application's reference."""
    return f"/cases/{case}/"


def current_view(page: str) -> str:
    found = re.search(r'view=([a-z-]+)" aria-current="page"', page)
    return found[1] if found else ""


def test_when_nothing_is_due_today_the_queue_shows_all_that_is_open(
    officer: Client, later: ReviewCase
) -> None:
    page = officer.get("/queue/").content.decode()

    assert (current_view(page), address(later) in page, "Queue clear" in page) == ("all", True, False)


def test_when_something_is_due_today_the_queue_shows_that_alone(
    officer: Client, later: ReviewCase, late: ReviewCase
) -> None:
    page = officer.get("/queue/").content.decode()

    assert (current_view(page), address(late) in page, address(later) in page) == ("due-today", True, False)


def test_a_view_that_is_asked_for_is_shown_although_it_is_empty(officer: Client, later: ReviewCase) -> None:
    page = officer.get("/queue/?view=due-today").content.decode()

    assert (current_view(page), "Queue clear." in page) == ("due-today", True)


def test_another_lenders_case_that_is_due_today_changes_nothing(client: Client, late: ReviewCase) -> None:
    northgate = make_lender("northgate")
    client.force_login(make_user("Tom Berg", (northgate, Role.CREDIT_OFFICER)))

    assert current_view(client.get("/queue/").content.decode()) == "all"


def test_start_without_a_view_follows_the_same_rule(
    officer: Client, later: ReviewCase, late: ReviewCase
) -> None:
    due_today = officer.post("/queue/next/")["Location"]
    due_in(late, timedelta(days=3))
    nothing_due = officer.post("/queue/next/")["Location"]

    assert (due_today, nothing_due) == (f"/cases/{late}/?view=due-today", f"/cases/{later}/?view=all")


def test_the_next_case_is_found_from_a_case_opened_without_a_view(officer: Client, later: ReviewCase) -> None:
    page = officer.get(f"/cases/{later}/").content.decode()

    assert "1 of 1 in “All open”" in page


def test_start_on_the_home_page_goes_through_the_view_of_the_case_it_names(
    officer: Client, harbour: Lender, later: ReviewCase, late: ReviewCase
) -> None:
    def start() -> tuple[str, ...]:
        page = officer.get("/").content.decode()
        found = re.search(r'name="view" value="([a-z-]+)">\s*<button[^>]*>[^:]*: (C-\d+)', page)
        return found.groups() if found else ()

    due_today = start()
    claimed(late, make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)))
    all_of_today_is_held = start()

    assert (due_today, all_of_today_is_held) == (("due-today", str(late)), ("all", str(later)))


@pytest.mark.parametrize("is_due", [True, False])
def test_choosing_the_view_costs_the_page_no_query(
    officer: Client, case: ReviewCase, is_due: bool, django_assert_num_queries: Any
) -> None:
    due_in(case, timedelta(hours=-1) if is_due else timedelta(days=2))
    officer.get("/queue/")

    with django_assert_num_queries(8):
        officer.get("/queue/")
