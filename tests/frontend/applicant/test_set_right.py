"""The answer to an appeal tells what was set right, and nothing of what was only found again in a paper."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from review_queue.models import Appeal
from tests.factories import make_lender
from tests.frontend.applicant import scenes
from tests.frontend.applicant.test_answering import text_of
from underwriting.models import Decision, FactCorrection, User

pytestmark = pytest.mark.django_db


def test_what_was_only_verified_is_not_told_as_set_right() -> None:
    applicant = scenes.decided(make_lender())
    applicant.answer()
    standing = Decision.objects.get()
    Appeal.objects.create(
        lender=applicant.party.lender, application=applicant.party.application, party=applicant.party, decision=standing,
        kind="LOOK_AGAIN", text=b"", received_at=standing.decided_at - timedelta(days=1), answer_due_on=timezone.now().date(),
        answered_at=standing.decided_at, answer=standing,
    )  # fmt: skip
    for fact, before, value in (("annual_income", 120_000, 12_000_000), ("employment_tenure_months", 84, 84)):
        FactCorrection.objects.create(
            lender=applicant.party.lender, application=applicant.party.application, party=applicant.party, fact=fact, value=value,
            before=before, source="Payslip", corrected_by=User.objects.get(), corrected_at=standing.decided_at,
        )  # fmt: skip

    told = text_of(applicant.get("decision/"))

    assert "We set this right: Yearly income. Before: $1,200. Now: $120,000." in told
    assert told.count("We set this right") == 1
