"""How a person repaid before: which events count for which decision, and what they come to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.factories import make_application, make_lender, make_party, make_product
from underwriting.enums import LoanEventKind
from underwriting.models import Application, CustomerRecord, LoanEvent, Party, Product
from underwriting.outcomes.repaid import (
    Asked,
    PastEvent,
    RepaymentRecord,
    instalments,
    repayment_records,
)

AS_OF = datetime(2026, 6, 10, 15, 0, tzinfo=UTC)
PERSON = "TEST-1"


def told(*events: tuple[str, int | None]) -> list[PastEvent]:
    return [PastEvent(1, kind, date(2026, 1, day), late) for day, (kind, late) in enumerate(events, start=1)]


@pytest.mark.parametrize(
    ("events", "days_late"),
    [
        ([("PAID", None), ("PAID", None)], [0, 0]),
        ([("LATE", 10), ("LATE", 40), ("PAID", None), ("PAID", None)], [40, 0]),
        ([("PAID", None), ("LATE", 30)], [0, 30]),
        ([("LATE", 60), ("CHARGED_OFF", None)], [90]),
        ([("LATE", 120), ("CHARGED_OFF", None)], [120]),
        ([("PAID_OFF", None)], [0]),
    ],
)
def test_the_days_late_of_each_instalment(events: list[tuple[str, int | None]], days_late: list[int]) -> None:
    assert instalments(told(*events)) == days_late


@pytest.fixture
def product(db: None) -> Product:
    return make_product(make_lender(time_zone="America/New_York"))


def application_of(
    product: Product, received_at: datetime, person: str = PERSON
) -> tuple[Application, Party]:
    application = make_application(product, received_at=received_at)
    return application, make_party(application, national_id=person)


def happened(application: Application, kind: LoanEventKind, day: date, days_late: int | None = None) -> None:
    LoanEvent.objects.create(
        application=application, lender=application.lender, kind=kind, occurred_on=day, days_late=days_late, recorded_at=AS_OF
    )  # fmt: skip


def record_of(application: Application, party: Party, as_of: datetime = AS_OF) -> RepaymentRecord | None:
    return repayment_records([Asked(application, [party], as_of)]).get(party.pk)


def test_only_events_before_the_day_of_other_earlier_applications_of_the_person_count(
    product: Product,
) -> None:
    earlier, _ = application_of(product, AS_OF - timedelta(days=300))
    now, party = application_of(product, AS_OF)
    later, _ = application_of(product, AS_OF + timedelta(days=1))
    stranger, _ = application_of(product, AS_OF - timedelta(days=300), "TEST-2")
    elsewhere = make_product(make_lender("northgate"))
    foreign, _ = application_of(elsewhere, AS_OF - timedelta(days=300))
    day = date(2026, 6, 10)
    for application in (now, later, stranger, foreign):
        happened(application, LoanEventKind.LATE, day - timedelta(days=30), 45)
    happened(earlier, LoanEventKind.LATE, day, 60)
    assert record_of(now, party) is None

    happened(earlier, LoanEventKind.LATE, day - timedelta(days=1), 30)
    found = record_of(now, party)

    assert found is not None
    assert (found.due_count, found.on_time_count, found.days_late_total) == (1, 0, 30)
    assert found.restructure_count is None
    assert found.known_at == datetime(2026, 6, 9, 4, 0, tzinfo=UTC)


def test_the_day_is_the_lenders(product: Product) -> None:
    """01:00 in UTC is the evening before in New York: an event of that day is not before it."""
    earlier, _ = application_of(product, AS_OF - timedelta(days=300))
    now, party = application_of(product, AS_OF)
    happened(earlier, LoanEventKind.PAID, date(2026, 6, 9))

    assert record_of(now, party, datetime(2026, 6, 10, 1, 0, tzinfo=UTC)) is None
    assert record_of(now, party, datetime(2026, 6, 10, 5, 0, tzinfo=UTC)) is not None


def test_the_lenders_record_is_carried_on_from_its_day_and_a_later_one_is_not_seen(product: Product) -> None:
    earlier, _ = application_of(product, AS_OF - timedelta(days=300))
    now, party = application_of(product, AS_OF)
    summed_up = CustomerRecord.objects.create(
        lender=product.lender, person_index=bytes(party.person_index), instalments_due_count=4, instalments_on_time_count=3,
        mean_days_late=Decimal("2.00"), restructure_request_count_24m=1, as_of=AS_OF - timedelta(days=60),
    )  # fmt: skip
    happened(earlier, LoanEventKind.PAID, date(2026, 3, 1))  # in the record already
    happened(earlier, LoanEventKind.LATE, date(2026, 5, 1), 22)
    happened(earlier, LoanEventKind.PAID, date(2026, 5, 23))

    found = record_of(now, party)
    assert found is not None
    assert (found.due_count, found.on_time_count, found.days_late_total) == (5, 3, 30)
    assert found.restructure_count == 1

    CustomerRecord.objects.filter(pk=summed_up.pk).update(as_of=AS_OF)
    of_events = record_of(now, party)
    assert of_events is not None
    assert (of_events.due_count, of_events.on_time_count, of_events.restructure_count) == (2, 1, None)


def test_two_statements_however_many_people(product: Product, django_assert_num_queries: object) -> None:
    asked = []
    for number in range(5):
        application, party = application_of(product, AS_OF, f"TEST-{number}")
        asked.append(Asked(application, [party], AS_OF))

    with django_assert_num_queries(2):  # type: ignore[operator]
        repayment_records(asked)
