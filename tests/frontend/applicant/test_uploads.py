"""Files an applicant sends: each is a try, taken or refused, and whoever sends too many is told when to go on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.factories import make_party
from tests.frontend.applicant import scenes
from tests.frontend.applicant.conftest import Applicant
from underwriting.documents import receive
from underwriting.documents.refusals import DocumentRefused
from underwriting.models import AuditEntry, Lender
from underwriting.people.links import BY_UPLOAD

NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def send(applicant: Applicant, path: str = "documents/") -> Any:
    file = SimpleUploadedFile("payslip.pdf", b"%PDF damaged", content_type="application/pdf")
    return applicant.post(path, kind="PAYSLIP", file=file)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The files that were opened; each is refused as damaged."""
    found: list[bytes] = []

    def inspect(content: bytes) -> None:
        found.append(content)
        raise DocumentRefused("damaged")

    monkeypatch.setattr(receive, "inspect_file", inspect)
    return found


def test_refused_files_count_and_after_twenty_in_an_hour_none_is_opened(
    lender: Lender, opened: list[bytes]
) -> None:
    applicant = scenes.decided(lender, now=NOON)
    other = Applicant(make_party(applicant.party.application, ordinal=2, given_name="Johan"))
    with time_machine.travel(NOON, tick=False):
        applicant.answer()
        other.answer()
        refused = {send(applicant).status_code for _ in range(BY_UPLOAD.tries)}
    with time_machine.travel(NOON + timedelta(minutes=12), tick=False):
        over, again = send(applicant), send(applicant)
        theirs = send(other)
    with time_machine.travel(NOON + timedelta(minutes=61), tick=False):
        applicant.answer()
        later = send(applicant)

    assert refused == {422}
    assert (over.status_code, again.status_code) == (429, 429)
    assert "Send the next one in about 48 min." in text_of(over)
    assert (theirs.status_code, later.status_code) == (422, 422)
    assert len(opened) == BY_UPLOAD.tries + 2
    told = AuditEntry.objects.get(action="document.throttled")
    assert (told.application_id, told.actor_name) == (applicant.party.application_id, "Applicant")


def test_the_file_of_a_dispute_is_counted_with_the_others(lender: Lender, opened: list[bytes]) -> None:
    applicant = scenes.decided(lender)
    applicant.answer()
    applicant.post("dispute/", part=["revolving_utilisation_ratio"])
    applicant.post("dispute/words/", text="My limit is 20,000.")
    for _ in range(BY_UPLOAD.tries):
        send(applicant)

    over = send(applicant, "dispute/file/")

    assert (over.status_code, len(opened)) == (429, BY_UPLOAD.tries)
    assert "Send the next one in about 60 min." in text_of(over)
