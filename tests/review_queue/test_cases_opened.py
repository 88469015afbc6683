"""Cases that are opened together: numbered in their order, one an application, in a fixed number of statements."""

from __future__ import annotations

from typing import Any

import pytest

from review_queue.access import NUMBER_OFFSET
from review_queue.desk import NewCase, open_cases
from review_queue.models import ReviewCase
from tests.factories import make_application, make_assessment, make_lender, make_product
from tests.factories.applying import RECEIVED_AT
from underwriting.audit.actor import SYSTEM
from underwriting.enums import CaseKind, CaseState
from underwriting.models import AuditEntry, Holiday, Product

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return stored(make_product(make_lender()))


def stored(product: Product) -> Product:
    """As the database has it, with the lender's office hours as hours."""
    return Product.objects.select_related("lender").get(pk=product.pk)


def new_case(product: Product, why: str, kind: CaseKind = CaseKind.REFERRAL) -> NewCase:
    application = make_application(product)
    return NewCase(
        application=application,
        assessment=make_assessment(application),
        why=(why, "And more."),
        is_technical=False,
        actor=SYSTEM,
        kind=kind,
    )


def test_cases_are_numbered_and_entered_in_the_order_they_are_asked_for(product: Product) -> None:
    new = [new_case(product, why) for why in ("first", "second", "third")]

    cases = open_cases(new, now=RECEIVED_AT)

    assert [case.why for case in cases] == [["first", "And more."], ["second", "And more."], ["third", "And more."]]  # fmt: skip
    assert [case.number for case in cases] == sorted(NUMBER_OFFSET + case.pk for case in cases)
    assert list(ReviewCase.objects.order_by("number")) == cases
    assert [
        (entry.object_id, entry.application_id, entry.reason)
        for entry in AuditEntry.objects.filter(action="case.opened").order_by("pk")
    ] == [(str(case.number), case.application_id, " ".join(case.why)) for case in cases]


def test_where_a_case_stands_it_is_answered_and_none_is_opened_beside_it(product: Product) -> None:
    first, second = (new_case(product, why) for why in ("first", "second"))
    [standing] = open_cases([second], now=RECEIVED_AT)
    review = NewCase(
        application=second.application, assessment=second.assessment, why=("held",), is_technical=False, actor=SYSTEM,
        kind=CaseKind.NOTICE_REVIEW,
    )  # fmt: skip

    opened, same, beside = open_cases([first, second, review], now=RECEIVED_AT)

    assert same == standing
    assert (opened.application, beside.kind) == (first.application, CaseKind.NOTICE_REVIEW)
    assert ReviewCase.objects.count() == AuditEntry.objects.filter(action="case.opened").count() == 3

    ReviewCase.objects.update(state=CaseState.CLOSED)
    [another] = open_cases([second], now=RECEIVED_AT)
    assert another != standing


def test_each_case_is_due_by_its_own_lenders_calendar() -> None:
    here, there = (stored(make_product(make_lender(code))) for code in ("harbour", "northgate"))
    Holiday.objects.create(lender=there.lender, on=RECEIVED_AT.date(), name="A day off")

    due = [case.due_at for case in open_cases([new_case(one, "x") for one in (there, here)], now=RECEIVED_AT)]

    assert due[0] > due[1]


def test_many_cases_are_as_many_statements_as_one(product: Product, django_assert_num_queries: Any) -> None:
    new = [new_case(product, "x") for _ in range(4)]

    # cases that stand, the lender's holidays, keys, cases, entries
    for some in (new[:1], new[1:]):
        with django_assert_num_queries(5):
            open_cases(some, now=RECEIVED_AT)
    with django_assert_num_queries(0):
        assert open_cases([], now=RECEIVED_AT) == []
