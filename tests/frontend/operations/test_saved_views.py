"""Q-3: saved views of the queue: whose they are, when they count as changed, and who changes and deletes them."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.actions.saved_views import VIEWS_MAX
from review_queue.models import ReviewCase, SavedView
from tests.factories import make_lender, make_user
from tests.factories.reviewing import Desk, make_case
from tests.frontend.operations.conftest import claimed
from underwriting.enums import Role
from underwriting.models import AuditEntry, Lender, User

pytestmark = pytest.mark.django_db
ASKED = {"view": "all", "sort": "amount", "channel": "web", "columns": "age"}


@pytest.fixture
def tom(harbour: Lender) -> User:
    return make_user("Tom Berg", (harbour, Role.TEAM_LEAD))


@pytest.fixture
def toms(tom: User) -> Client:
    client = Client()
    client.force_login(tom)
    return client


def saved(client: Client, name: str = "Large, by web", **fields: str) -> SavedView:
    answer = client.post("/queue/views/", {**ASKED, "name": name, **fields})
    assert answer.status_code == 303, answer.content.decode()
    return SavedView.objects.latest("pk")


def address(view: SavedView) -> str:
    return f"/queue/?view=all&channel=web&sort=amount&columns=age&saved={view.pk}"


def controls(client: Client, path: str) -> list[str]:
    """What the page offers to do about the view it came from."""
    page = client.get(path).content.decode()
    names = re.findall(
        r'id="(save-view|reset-view)"|<summary>(Save as new|Save view)<|(Delete “[^”]+”[^<]*)<|(, changed)<',
        page,
    )
    return [html.unescape("".join(found)) for found in names]


def test_a_saved_page_opens_again_under_its_name(officer: Client, harbour: Lender, case: ReviewCase) -> None:
    answer = officer.post("/queue/views/", {**ASKED, "name": "  Large,  by web "})

    view = SavedView.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, address(view))
    assert (view.name, view.is_shared, view.query) == (
        "Large, by web", False, {"sort": "amount", "channel": "web", "columns": "age"},
    )  # fmt: skip
    page = officer.get(answer["Location"]).content.decode()
    assert re.search(rf'id="saved-{view.pk}" aria-current="page">Large, by web</a>', page)
    assert f"C-{case.number}" in page


def test_a_page_that_differs_says_so_and_offers_three_ways(officer: Client) -> None:
    view = saved(officer)

    assert controls(officer, address(view)) == ["Save as new", "Delete “Large, by web”"]
    changed = address(view).replace("channel=web", "channel=broker")
    assert controls(officer, changed) == [
        ", changed", "save-view", "reset-view", "Save as new", "Delete “Large, by web”",
    ]  # fmt: skip
    reset = re.search(r'id="reset-view" href="([^"]+)"', officer.get(changed).content.decode())
    assert reset is not None
    assert html.unescape(reset[1]) == address(view)


def test_saving_lets_the_view_stand_for_the_page(officer: Client) -> None:
    view = saved(officer)

    answer = officer.post(f"/queue/views/{view.pk}/", {"view": "mine", "saved": view.pk})

    view.refresh_from_db()
    assert (answer["Location"], view.query) == (f"/queue/?view=mine&saved={view.pk}", {"view": "mine"})


def test_a_search_is_no_part_of_a_view(officer: Client, case: ReviewCase) -> None:
    view = saved(officer, words=str(case), person="0" * 16)

    assert view.query == {"sort": "amount", "channel": "web", "columns": "age"}
    assert ", changed" not in controls(officer, f"{address(view)}&words={case}")


def test_a_private_view_is_its_owners_alone_and_a_shared_one_everybodys(
    officer: Client, toms: Client, client: Client
) -> None:
    private, shared = saved(officer, "Mine alone"), saved(officer, "For all", shared="1")
    northgate = make_user("Kim Oduya", (make_lender("northgate"), Role.CREDIT_OFFICER))
    stranger = Client()
    stranger.force_login(northgate)

    pages = [one.get("/queue/").content.decode() for one in (officer, toms, stranger)]
    assert [(f"saved-{private.pk}" in page, f"saved-{shared.pk}" in page) for page in pages] == [
        (True, True), (False, True), (False, False),
    ]  # fmt: skip
    assert 'For all <span class="small quiet">Ana Ruiz</span>' in pages[1]


def test_who_does_not_own_a_view_saves_their_own(officer: Client, toms: Client) -> None:
    view = saved(officer, shared="1")
    changed = address(view).replace("channel=web", "channel=broker")

    assert controls(toms, changed) == [", changed", "reset-view", "Save as new"]
    for path in (f"/queue/views/{view.pk}/", f"/queue/views/{view.pk}/delete/"):
        answer = toms.post(path, {"view": "mine", "saved": view.pk})
        assert (answer.status_code, "belongs to somebody else" in answer.content.decode()) == (422, True)
    view.refresh_from_db()
    assert view.query == {"sort": "amount", "channel": "web", "columns": "age"}


@pytest.mark.parametrize("rest", ["", "delete/"])
def test_a_private_view_of_another_person_is_not_there(officer: Client, toms: Client, rest: str) -> None:
    view = saved(officer)

    assert toms.post(f"/queue/views/{view.pk}/{rest}", {"view": "mine"}).status_code == 404
    assert SavedView.objects.filter(pk=view.pk).exists()


def test_its_owner_deletes_it_and_the_page_stays(officer: Client) -> None:
    view = saved(officer)

    answer = officer.post(f"/queue/views/{view.pk}/delete/", {**ASKED, "saved": view.pk})

    assert answer["Location"] == "/queue/?view=all&channel=web&sort=amount&columns=age"
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("   ", "Give the view a name."),
        ("x" * 41, "Give the view a name of at most 40 characters."),
        ("LARGE, by web", "You have a view “LARGE, by web” already. Choose another name."),
    ],
)
def test_a_name_that_will_not_do_is_answered_with_what_was_typed(
    officer: Client, name: str, sentence: str
) -> None:
    saved(officer)

    answer = officer.post("/queue/views/", {**ASKED, "name": name, "shared": "1"})
    page = html.unescape(answer.content.decode())

    assert (answer.status_code, sentence in page, f'name="name" value="{name}"' in page) == (422, True, True)
    assert re.search(r'name="shared" value="1" checked', page)
    assert SavedView.objects.count() == 1


def test_a_person_has_a_limit_of_views(officer: Client) -> None:
    for n in range(VIEWS_MAX):
        saved(officer, f"View {n}")

    answer = officer.post("/queue/views/", {**ASKED, "name": "One more"})

    assert "You have 20 saved views, and that is the most. Delete one first." in answer.content.decode()
    assert SavedView.objects.count() == VIEWS_MAX


def test_what_was_done_is_in_the_trail(officer: Client, ana: User, harbour: Lender) -> None:
    view = saved(officer, shared="1")
    officer.post(f"/queue/views/{view.pk}/", {"view": "mine"})
    officer.post(f"/queue/views/{view.pk}/delete/", {"view": "mine"})

    entries = AuditEntry.objects.filter(object_type="queue_view").order_by("pk")
    first = {"shared": True, "sort": "amount", "channel": "web", "columns": "age"}
    second = {"shared": True, "view": "mine"}
    assert [
        (e.action, e.object_label, e.before, e.after, e.actor_name, e.lender_id, e.application_id)
        for e in entries
    ] == [
        ("queue_view.saved", "Large, by web", None, first, "Ana Ruiz", harbour.pk, None),
        ("queue_view.changed", "Large, by web", first, second, "Ana Ruiz", harbour.pk, None),
        ("queue_view.deleted", "Large, by web", second, None, "Ana Ruiz", harbour.pk, None),
    ]


def test_the_view_goes_with_the_officer_through_the_cases(
    officer: Client, ana: User, case: ReviewCase
) -> None:
    view = saved(officer)

    answer = officer.post("/queue/next/", {**ASKED, "saved": view.pk})

    assert answer["Location"] == address(view).replace("/queue/", f"/cases/{case}/")


@pytest.mark.parametrize("count", [1, 3])
def test_saved_views_cost_the_page_the_same_however_many(
    officer: Client, toms: Client, case: ReviewCase, count: int, django_assert_num_queries: Any
) -> None:
    for n in range(count):
        saved(officer, f"Mine {n}")
        saved(toms, f"Theirs {n}", shared="1")
    path = address(SavedView.objects.latest("pk"))
    officer.get(path)

    with django_assert_num_queries(8):
        officer.get(path)


def test_the_time_in_the_queue_is_a_column_for_who_wants_it(officer: Client, desk: Desk, ana: User) -> None:
    case = claimed(make_case(desk, now=timezone.now() - timedelta(days=3, minutes=5)), ana)

    usual, with_age, by_age = (
        officer.get(f"/queue/?view=all{rest}").content.decode() for rest in ("", "&columns=age", "&sort=age")
    )

    assert f"C-{case.number}" in usual
    cell = '<td class="nowrap" data-label="In queue">3 d</td>'
    assert [cell in page for page in (usual, with_age, by_age)] == [False, True, True]
