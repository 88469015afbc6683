"""Giving many cases to one person; deciding many does not exist."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.actions.assign import assign_cases, undo_assignment
from review_queue.models import Conflict, Handover, ReviewCase
from review_queue.permissions import MayNotLead
from review_queue.transitions import HoldOver
from tests.contracts.access_world import all_routes
from tests.factories import actor_of, make_user
from tests.factories.reviewing import Desk, make_case
from tests.frontend.operations.conftest import claimed
from underwriting.enums import Role
from underwriting.models import AuditEntry, Lender, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def lena(harbour: Lender) -> User:
    return make_user("Lena Ford", (harbour, Role.TEAM_LEAD))


@pytest.fixture
def lead(lena: User) -> Client:
    client = Client()
    client.force_login(lena)
    return client


@pytest.fixture
def tom(harbour: Lender) -> User:
    return make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER))


@pytest.fixture
def cases(desk: Desk, harbour: Lender, ana: User, tom: User) -> list[ReviewCase]:
    """Two that can be Tom's; then one held, one in which he has a conflict, one he decided, one above his authority."""
    made = [
        make_case(desk, now=timezone.now(), requested_amount_minor=3_000_000 if place == 5 else 900_000)
        for place in range(6)
    ]
    claimed(made[2], ana)
    Conflict.objects.create(
        lender=harbour, application=made[3].application, user=tom, declared_at=timezone.now()
    )
    ReviewCase.objects.filter(pk=made[4].pk).update(not_for=tom)
    return made


def form(cases: list[ReviewCase], to: User, **more: str) -> dict[str, object]:
    return {"case": [case.number for case in cases], "to": str(to.public_id), "view": "all", **more}


def test_a_look_first_then_those_go_that_can(
    lead: Client, cases: list[ReviewCase], tom: User, lena: User
) -> None:
    looked = lead.post("/queue/assign/", form(cases, tom)).content.decode()
    assert "<strong>2 of 6 cases</strong> would go to Tom Berg" in looked
    for because in (
        "1: decided what it looks at again", "1: has a conflict of interest", "1: held by somebody", "1: may not decide this amount",
    ):  # fmt: skip
        assert f"<li>{because}</li>" in looked
    assert not ReviewCase.objects.filter(assigned_to=tom).exists()

    given = lead.post("/queue/assign/", form(cases, tom, confirm="1"))

    assert given.status_code == 303
    assert set(ReviewCase.objects.filter(assigned_to=tom)) == set(cases[:2])
    page = lead.get(given["Location"]).content.decode()
    assert "2 cases given to Tom Berg." in page
    assert 'id="undo-assignment"' in page
    entries = AuditEntry.objects.filter(action="case.assigned")
    assert [(e.actor_name, e.after) for e in entries] == [("Lena Ford", {"holder": "Tom Berg"})] * 2


def test_it_is_taken_back_for_ten_seconds(
    lead: Client, cases: list[ReviewCase], ana: User, tom: User, lena: User
) -> None:
    ReviewCase.objects.filter(pk=cases[0].pk).update(assigned_to=ana)
    now = timezone.now()
    given = assign_cases(
        lender_id=cases[0].lender_id, case_ids=[c.pk for c in cases], to=tom, by=lena, roles={Role.TEAM_LEAD}, actor=actor_of(lena), now=now,
    )  # fmt: skip
    assert given is not None
    claimed(cases[1], tom)
    who: dict[str, Any] = {"lender_id": cases[0].lender_id, "batch": given.batch}
    with pytest.raises(HoldOver):
        undo_assignment(**who, by=tom, actor=actor_of(tom), now=now)
    with pytest.raises(HoldOver):
        undo_assignment(**who, by=lena, actor=actor_of(lena), now=now + timedelta(seconds=10))

    taken_back = undo_assignment(**who, by=lena, actor=actor_of(lena), now=now + timedelta(seconds=9))

    assert taken_back == 1
    assert [c.assigned_to for c in ReviewCase.objects.order_by("pk")[:2]] == [ana, tom], "begun is begun"


def test_all_that_match_are_given_by_the_filters_of_the_address(
    lead: Client, cases: list[ReviewCase], tom: User
) -> None:
    lead.post("/queue/assign/", form([], tom, all="1", amount="large", confirm="1"))
    assert not Handover.objects.exists()
    lead.post("/queue/assign/", form([], tom, all="1", amount="middle", confirm="1"))
    assert set(ReviewCase.objects.filter(assigned_to=tom)) == set(cases[:2])


def test_what_is_missing_is_said(lead: Client, cases: list[ReviewCase], tom: User) -> None:
    nobody = lead.post("/queue/assign/", {"case": [cases[0].number], "to": "", "confirm": "1"})
    nothing = lead.post("/queue/assign/", {"to": str(tom.public_id), "confirm": "1"})
    assert (nobody.status_code, nothing.status_code) == (422, 422)
    assert '<a href="#assign-to">Choose to whom.</a>' in nobody.content.decode()
    assert f'name="case" value="{cases[0].number}"' in nobody.content.decode()
    assert "Choose at least one case." in nothing.content.decode()


def test_a_lead_alone_gives_cases_and_only_of_their_lender(
    officer: Client, lead: Client, cases: list[ReviewCase], tom: User, ana: User
) -> None:
    assert officer.post("/queue/assign/", form(cases, tom, confirm="1")).status_code == 403
    with pytest.raises(MayNotLead):
        assign_cases(
            lender_id=cases[0].lender_id, case_ids=[cases[0].pk], to=tom, by=ana, roles={Role.CREDIT_OFFICER}, actor=actor_of(ana),
            now=timezone.now(),
        )  # fmt: skip
    assert "data-bulk-bar" not in officer.get("/queue/?view=all").content.decode()
    assert "data-bulk-bar" in lead.get("/queue/?view=all").content.decode()


def test_the_statements_do_not_grow_with_the_cases(
    lead: Client, desk: Desk, tom: User, lena: User, django_assert_num_queries: object
) -> None:
    for count in (2, 9):
        ids = [make_case(desk, now=timezone.now()).pk for _ in range(count)]
        with django_assert_num_queries(11):  # type: ignore[operator]
            assign_cases(
                lender_id=desk[0].lender_id, case_ids=ids, to=tom, by=lena, roles={Role.TEAM_LEAD}, actor=actor_of(lena), now=timezone.now(),
            )  # fmt: skip


def test_no_address_decides_more_than_one_case() -> None:
    """What decides names one case in its path, and nothing about decisions is reached without that."""
    deciding = [
        route
        for route, _ in all_routes()
        if any(word in route for word in ("decide", "approve", "decline", "undo"))
        and not route.startswith(("policies/", "admin-area/"))
    ]
    assert deciding
    assert [route for route in deciding if not route.startswith("cases/<case:number>/")] == []
