"""The credit file of a case page: eight numbers, and the months of payments out of the report that was weighed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from review_queue.models import ReviewCase
from tests.factories import make_application, make_lender, make_party
from tests.factories.lending import make_product
from tests.frontend.operations.conftest import url
from underwriting.models import CreditReport, Party

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


def report(
    case: ReviewCase, months: str | None, *, at: datetime | None = None, **changes: Any
) -> CreditReport:
    party = Party.objects.get(application=case.application)
    accounts = None if months is None else [{"type": "Cards", "months": months.ljust(24, "-")}]
    values: dict[str, Any] = {
        "lender": case.lender, "application": case.application, "party": party, "person_index": party.person_index,
        "consent_id": party.consent_id, "bureau": "Demo Bureau", "body": {},
    }  # fmt: skip
    at = at or case.assessment.created_at - timedelta(minutes=1)
    history = accounts and {"newest_month": "2026-10", "accounts": accounts}
    return CreditReport.objects.create(
        **{**values, **changes}, payment_history=history, reported_at=at, received_at=at
    )


def shown(client: Client, case: ReviewCase) -> str:
    return client.get(url(case, "?fragment=bureau"), headers=HX).content.decode()


def test_eight_numbers_come_first(officer: Client, case: ReviewCase) -> None:
    assert shown(officer, case).partition("<details")[0].count("<dt>") == 8


def test_the_months_of_the_report_are_drawn_and_said(officer: Client, case: ReviewCase) -> None:
    report(case, "039")
    part = shown(officer, case)
    assert (
        'aria-label="Cards: Nov 2024 to Jul 2026 no data; Aug 2026 90 or more days late; Sep 2026 30 days late; Oct 2026 paid on time"'
        in part
    )
    assert 'fill="url(#payments-1-late30)"' in part
    assert "No payment history in this report." not in part


@pytest.mark.parametrize("has_report", [True, False])
def test_a_report_without_a_history_says_so(officer: Client, case: ReviewCase, has_report: bool) -> None:
    if has_report:
        report(case, None)
    part = shown(officer, case)
    assert "No payment history in this report." in part
    assert 'class="strip"' not in part


def test_it_is_the_report_that_was_weighed(officer: Client, case: ReviewCase) -> None:
    """The newest by the time of the assessment, under this consent, at this lender; also of an earlier application."""
    at = case.assessment.created_at
    earlier = make_application(case.application.product)
    report(case, "0", at=at - timedelta(hours=2))
    report(case, "3", at=at - timedelta(hours=1), application=earlier, party=make_party(earlier))
    report(case, "9", at=at + timedelta(seconds=1))
    report(case, "9", consent_id="another consent")
    foreign = make_lender("northgate")
    elsewhere = make_application(make_product(foreign))
    report(case, "9", lender=foreign, application=elsewhere, party=make_party(elsewhere))

    assert "Oct 2026 30 days late" in shown(officer, case)
