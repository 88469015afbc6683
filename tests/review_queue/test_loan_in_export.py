"""What became of a loan is part of what its applicant is given."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from review_queue.subject_access.export import access_export
from tests.factories import make_application, make_lender, make_party, make_product
from underwriting.audit.actor import SYSTEM
from underwriting.enums import LoanEventKind
from underwriting.models import LoanEvent

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_events_of_the_loan_are_given() -> None:
    application = make_application(make_product(make_lender()))
    party = make_party(application)
    LoanEvent.objects.create(
        application=application, lender=application.lender, kind=LoanEventKind.LATE, occurred_on=date(2026, 5, 1), days_late=30,
        recorded_at=NOW,
    )  # fmt: skip

    given = access_export(application=application, party=party, actor=SYSTEM, now=NOW)

    assert given["loan"] == [{"what": "late", "on": "2026-05-01", "days_late": 30, "amount_minor": None}]
