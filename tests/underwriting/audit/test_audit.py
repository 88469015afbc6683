"""The trail: entries live and die with their change, and can be found again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from tests.factories import make_application, make_lender, make_product
from underwriting.audit.actor import SYSTEM, Actor
from underwriting.audit.record import NewEntry, NotInTransaction, record_entries, record_entry
from underwriting.audit.selectors import AuditFilter, access_audit_entry, application_timeline, audit_page
from underwriting.enums import ActorKind
from underwriting.models import AuditEntry, Lender

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
ANA = Actor(ActorKind.USER, None, "Ana Reyes", role="credit_officer", request_id="req-9")


def new(lender: Lender, action: str = "lender.changed", **changes: object) -> NewEntry:
    values: dict[str, object] = {
        "actor": SYSTEM, "action": action, "object_type": "lender", "object_id": str(lender.pk), "lender_id": lender.pk, "now": NOW,
    }  # fmt: skip
    return NewEntry(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_an_entry_needs_the_transaction_of_its_change() -> None:
    lender = make_lender()

    with pytest.raises(NotInTransaction):
        record_entries([new(lender)])
    with pytest.raises(NotInTransaction):
        record_entry(
            actor=SYSTEM, action="a", object_type="lender", object_id="1", lender_id=lender.pk, now=NOW
        )

    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_entry_goes_with_its_change_when_that_fails() -> None:
    lender = make_lender()

    def change_and_fail() -> None:
        with transaction.atomic():
            record_entries([new(lender)])
            raise RuntimeError("the change failed")

    with pytest.raises(RuntimeError, match="the change failed"):
        change_and_fail()

    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_many_entries_are_one_statement(django_assert_num_queries: object) -> None:
    lender = make_lender()

    with django_assert_num_queries(1):  # type: ignore[operator]
        record_entries([new(lender, f"a.{i}") for i in range(3)])

    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == ["a.0", "a.1", "a.2"]


@pytest.mark.django_db
def test_the_timeline_of_an_application_is_oldest_first_and_keeps_the_newest() -> None:
    application = make_application(make_product(make_lender()))
    record_entries([new(application.lender, f"a.{i}", application_id=application.pk) for i in range(4)])
    record_entries([new(application.lender, "elsewhere")])

    assert [e.action for e in application_timeline(application_id=application.pk)] == [
        "a.0",
        "a.1",
        "a.2",
        "a.3",
    ]
    assert [e.action for e in application_timeline(application_id=application.pk, limit=2)] == ["a.2", "a.3"]


@pytest.mark.django_db
def test_pages_by_key() -> None:
    lender, other = make_lender(), make_lender("northgate")
    record_entries([new(lender, f"a.{i}") for i in range(5)] + [new(other, "not.ours")])

    first = audit_page(lender_id=lender.pk, query=AuditFilter(), size=2)
    second = audit_page(lender_id=lender.pk, query=AuditFilter(), before_key=first.next_key, size=2)
    third = audit_page(lender_id=lender.pk, query=AuditFilter(), before_key=second.next_key, size=2)

    assert [[e.action for e in page.entries] for page in (first, second, third)] == [
        ["a.4", "a.3"],
        ["a.2", "a.1"],
        ["a.0"],
    ]
    assert third.next_key is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (AuditFilter(actor="ana"), ["case.opened"]),
        (AuditFilter(actor="system"), ["policy.activated", "decision.recorded"]),
        (AuditFilter(action="decision"), ["decision.recorded"]),
        (AuditFilter(case="c-20418"), ["decision.recorded", "case.opened"]),
        (AuditFilter(application="A-7Q4M-2K"), ["decision.recorded", "case.opened"]),
        (AuditFilter(after=NOW + timedelta(minutes=2)), ["policy.activated"]),
        (AuditFilter(before=NOW + timedelta(minutes=1)), ["case.opened"]),
        (AuditFilter(words=("score", "band")), ["case.opened"]),
        (AuditFilter(words=("req-9",)), ["case.opened"]),
        (AuditFilter(words=("score", "nowhere")), []),
    ],
)
def test_search(query: AuditFilter, expected: list[str]) -> None:
    lender = make_lender()
    application = make_application(make_product(lender), reference="A-7Q4M-2K")
    record_entries(
        [
            new(lender, "case.opened", actor=ANA, object_type="case", object_label="C-20418", application_id=application.pk,
                reason="Score 628 is in the review band."),
            new(lender, "decision.recorded", application_id=application.pk, now=NOW + timedelta(minutes=1)),
            new(lender, "policy.activated", now=NOW + timedelta(minutes=2)),
        ]
    )  # fmt: skip

    assert [e.action for e in audit_page(lender_id=lender.pk, query=query).entries] == expected


@pytest.mark.django_db
def test_another_lenders_entry_is_not_there() -> None:
    lender, other = make_lender(), make_lender("northgate")
    record_entries([new(other, "not.ours")])

    with pytest.raises(AuditEntry.DoesNotExist):
        access_audit_entry(lender_id=lender.pk, entry_id=AuditEntry.objects.get().pk)
