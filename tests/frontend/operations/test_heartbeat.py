"""What an open page is told about its claim."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.models import ReviewCase
from tests.factories import make_user
from tests.frontend.operations.conftest import claimed, url
from underwriting.enums import CaseState, Role
from underwriting.models import Lender, User

pytestmark = pytest.mark.django_db


def beaten(officer: Client, case: ReviewCase) -> tuple[int, str]:
    answer = officer.post(url(case, "heartbeat/"))
    return answer.status_code, answer.content.decode()


def test_the_holders_lease_is_renewed_without_a_word(officer: Client, ana: User, case: ReviewCase) -> None:
    claimed(case, ana, ago=timedelta(minutes=29))

    answer = beaten(officer, case)

    case.refresh_from_db()
    assert answer == (204, "")
    assert case.lease_until is not None
    assert case.lease_until > timezone.now() + timedelta(minutes=29)


def test_who_lost_the_claim_to_a_colleague_is_told(
    officer: Client, harbour: Lender, ana: User, case: ReviewCase
) -> None:
    claimed(case, ana, ago=timedelta(hours=1))
    claimed(case, make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)))

    assert beaten(officer, case) == (409, "Tom Berg holds this case now. Your text is kept.")


def test_a_case_that_was_decided_or_given_back_elsewhere_is_told_apart(
    officer: Client, ana: User, case: ReviewCase
) -> None:
    given_back = beaten(officer, case)
    ReviewCase.objects.filter(pk=case.pk).update(state=CaseState.DECIDED)
    decided = beaten(officer, case)

    assert (given_back, decided) == (
        (409, "Nobody holds this case now. Claim it again to decide. Your text is kept."),
        (409, "This case was decided meanwhile. Your text is kept."),
    )
