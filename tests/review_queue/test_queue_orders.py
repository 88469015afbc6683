"""The queue at any size: each order walks an index of its own from where a page begins, and counts stop at a bound."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from review_queue.counting import Count, counts_and_firsts
from review_queue.desk import show_assessment
from review_queue.models import ReviewCase
from review_queue.queue import SORTS, QueueQuery, beyond, matching, place_in_order, sorted_cases
from review_queue.selectors import place_of, queue_page, view_counts
from tests.factories import make_assessment, make_lender
from tests.factories.applying import RECEIVED_AT
from tests.factories.reviewing import Desk, make_case, make_desk
from underwriting.audit.actor import SYSTEM
from underwriting.models import Holiday, Lender

pytestmark = pytest.mark.django_db
NOW = RECEIVED_AT
DUE = NOW + timedelta(hours=4)


@pytest.fixture
def harbour() -> Lender:
    return make_lender()


@pytest.fixture
def desk(harbour: Lender) -> Desk:
    return make_desk(harbour)


def query_of(desk: Desk, **changes: Any) -> QueueQuery:
    values = {"view": "all", **changes}
    return QueueQuery(desk[0].lender_id, 0, today_ends=NOW + timedelta(days=1), **values)


def numbers(desk: Desk, **changes: Any) -> list[int]:
    return [row.number for row in queue_page(query_of(desk, **changes), now=NOW).rows]


def due(case: ReviewCase, at: datetime) -> ReviewCase:
    ReviewCase.objects.filter(pk=case.pk).update(due_at=at)
    return case


def test_late_comes_first_then_what_is_due_then_the_largest_amount(desk: Desk) -> None:
    small, large, line = (
        due(make_case(desk, requested_amount_minor=minor), DUE) for minor in (500_000, 2_000_000, None)
    )
    late = due(make_case(desk, requested_amount_minor=100_000), NOW - timedelta(hours=1))

    assert numbers(desk) == [late.number, large.number, small.number, line.number]


def test_each_order_is_its_own(desk: Desk) -> None:
    first = make_case(desk, now=NOW - timedelta(hours=2), requested_amount_minor=700_000, score=600)
    second = make_case(desk, now=NOW - timedelta(hours=1), requested_amount_minor=900_000, score=None)
    third = make_case(desk, requested_amount_minor=None, score=630)
    due(third, DUE - timedelta(minutes=1))  # the others are due alike: they came before the office opened

    assert {sort: numbers(desk, sort=sort) for sort in SORTS} == {
        "due": [third.number, second.number, first.number],
        "age": [first.number, second.number, third.number],
        "amount": [second.number, first.number, third.number],
        "score": [third.number, first.number, second.number],
    }


@pytest.mark.parametrize("sort", SORTS)
def test_every_case_knows_its_place_and_its_neighbours(desk: Desk, sort: str) -> None:
    made = [
        due(make_case(desk, requested_amount_minor=minor), DUE) for minor in (700_000, 700_000, 900_000, None)
    ]
    for case in made:
        case.refresh_from_db()
    query = query_of(desk, sort=sort)
    order = numbers(desk, sort=sort)

    for case in made:
        place = place_of(case, query, now=NOW)
        at = order.index(case.number)
        around = (None, *order, None)
        assert place is not None
        assert (str(place.position), str(place.total), place.previous, place.following) == (
            str(at + 1), "4", around[at], around[at + 2],
        )  # fmt: skip


def test_a_newer_assessment_moves_the_case_in_the_order_of_scores(desk: Desk) -> None:
    case, other = make_case(desk, score=600), make_case(desk, score=610)

    show_assessment(
        application=case.application, assessment=make_assessment(case.application, number=2, score=650), why=["Again"],
        is_technical=False, actor=SYSTEM, now=NOW,
    )  # fmt: skip

    assert numbers(desk, sort="score") == [case.number, other.number]


@pytest.fixture
def only_indexes(db: None) -> None:
    """On three rows the planner reads the table; here it may not, so that its plan says whether an index could serve."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off")


@pytest.mark.usefixtures("only_indexes")
@pytest.mark.parametrize(
    ("sort", "index", "from_where"),
    [
        ("due", "case_queue", "ROW(due_at, (queue_amount_minor * '-1'::integer), id) > ROW("),
        ("age", "case_queue_age", "ROW(opened_at, id) > ROW("),
        ("amount", "case_queue_amount", "ROW(queue_amount_minor, id) < ROW("),
        ("score", "case_queue_score", "ROW(queue_score, id) < ROW("),
    ],
)
def test_a_page_begins_where_its_index_says(desk: Desk, sort: str, index: str, from_where: str) -> None:
    case = make_case(desk)
    place = place_in_order(ReviewCase.objects.values().get(pk=case.pk) | {"pk": case.pk}, sort)

    ordered = sorted_cases(matching(query_of(desk), now=NOW), sort)
    plan = beyond(ordered, sort=sort, place=place).values("number").explain()

    assert ("Sort" in plan, f"using {index} on" in plan) == (False, True), plan
    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert from_where in condition


def test_a_count_stops_at_its_bound(harbour: Lender) -> None:
    days = [
        Holiday(lender=harbour, on=date(2026, 1, 1) + timedelta(days=n), name="Closed") for n in range(1_201)
    ]
    Holiday.objects.bulk_create(days)
    every = Holiday.objects.filter(lender=harbour)
    counted, _ = counts_and_firsts(
        {"all": every, "thousand": every.filter(on__lt=date(2026, 1, 1) + timedelta(days=1_000)),
         "none": every.filter(name="Open")},
        lender_id=harbour.pk,
    )  # fmt: skip

    assert counted == {"all": Count(1_001), "thousand": Count(1_000), "none": Count(0)}
    assert {name: str(count) for name, count in counted.items()} == {
        "all": "1,000+", "thousand": "1,000", "none": "0",
    }  # fmt: skip
    assert [bool(count) for count in counted.values()] == [True, True, False]


def test_the_tabs_are_counted_in_one_statement(desk: Desk, django_assert_num_queries: Any) -> None:
    due(make_case(desk), DUE)
    due(make_case(desk, score=None), NOW + timedelta(days=9))

    with django_assert_num_queries(1):
        counts = view_counts(query_of(desk), now=NOW)

    assert {name: count.value for name, count in counts.items()} == {
        "due-today": 1, "mine": 0, "second-look": 0, "came-back": 0, "all": 2, "technical": 1, "waiting": 0,
    }  # fmt: skip
