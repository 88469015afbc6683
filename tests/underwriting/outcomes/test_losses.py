"""What a bad loan loses: measured where enough were charged off, else assumed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.factories import make_application, make_lender, make_product
from underwriting.enums import LoanEventKind
from underwriting.models import LoanEvent, Product
from underwriting.outcomes.losses import ASSUMED_SHARE, BAD_LOANS_MIN, LossGivenDefault, loss_given_default

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 3)


@pytest.fixture
def product() -> Product:
    return make_product(make_lender())


def lose(product: Product, count: int, *, amount_minor: int | None = 300_000, on: date = TODAY) -> None:
    for _ in range(count):
        application = make_application(product, requested_amount_minor=1_000_000)
        LoanEvent.objects.create(
            application=application, lender=product.lender, kind=LoanEventKind.CHARGED_OFF, occurred_on=on,
            amount_minor=amount_minor, recorded_at=application.received_at,
        )  # fmt: skip


def test_enough_losses_are_measured_and_fewer_are_not(product: Product) -> None:
    lose(product, BAD_LOANS_MIN - 1)
    few = loss_given_default(product, until=TODAY)
    lose(product, 1)
    enough = loss_given_default(product, until=TODAY)

    assert (few, few.is_measured) == (LossGivenDefault(ASSUMED_SHARE, BAD_LOANS_MIN - 1), False)
    assert (enough, enough.is_measured) == (LossGivenDefault(0.3, BAD_LOANS_MIN), True)


def test_later_losses_losses_without_amount_and_other_products_are_not_counted(product: Product) -> None:
    lose(product, BAD_LOANS_MIN)
    lose(product, BAD_LOANS_MIN, amount_minor=900_000, on=TODAY + timedelta(days=1))
    lose(product, BAD_LOANS_MIN, amount_minor=None)
    lose(make_product(make_lender("other")), BAD_LOANS_MIN, amount_minor=900_000)

    assert loss_given_default(product, until=TODAY) == LossGivenDefault(0.3, BAD_LOANS_MIN)


def test_a_bad_loan_that_was_paid_off_in_the_end_lost_nothing(product: Product) -> None:
    lose(product, BAD_LOANS_MIN)
    for kinds in (
        [LoanEventKind.LATE, LoanEventKind.PAID_OFF],
        [LoanEventKind.LATE],
        [LoanEventKind.PAID_OFF],
    ):
        for _ in range(BAD_LOANS_MIN):
            application = make_application(product, requested_amount_minor=1_000_000)
            for kind in kinds:
                LoanEvent.objects.create(
                    application=application, lender=product.lender, kind=kind, occurred_on=TODAY,
                    days_late=95 if kind is LoanEventKind.LATE else None, recorded_at=application.received_at,
                )  # fmt: skip

    assert loss_given_default(product, until=TODAY) == LossGivenDefault(0.15, 2 * BAD_LOANS_MIN)


def test_nobody_loses_more_than_was_lent(product: Product) -> None:
    lose(product, BAD_LOANS_MIN, amount_minor=1_500_000)

    assert loss_given_default(product, until=TODAY).share == 1.0
