"""Who comes to a case that a colleague holds."""

from __future__ import annotations

import pytest
from django.test import Client

from review_queue.models import Note, ReviewCase
from tests.factories import make_user
from tests.frontend.operations.conftest import claimed, url
from underwriting.enums import Role
from underwriting.models import Lender

pytestmark = pytest.mark.django_db


def test_who_may_not_decide_now_can_write_a_note(officer: Client, harbour: Lender, case: ReviewCase) -> None:
    claimed(case, make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)))
    page = officer.get(url(case)).content.decode()
    kept = officer.post(url(case, "notes/"), {"text": "She called about her payslip."})

    assert "Tom Berg holds this case" in page
    assert 'id="note-text"' in page
    assert (kept.status_code, Note.objects.count()) == (303, 1)
    assert "She called about her payslip." in officer.get(url(case)).content.decode()
