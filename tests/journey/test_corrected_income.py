"""From a wrong income to a corrected approval: by the applicant and an officer alone, in real processes; both decisions are kept."""

from __future__ import annotations

import re

import pytest

from tests.journey.reader import Reader
from tests.journey.world import (
    RIGHT_INCOME,
    RIGHT_INCOME_WORDS,
    Story,
    begin,
    now_code,
    password,
    payslip,
    wait_for,
)
from tests.processes import RealProcesses
from underwriting.enums import Outcome
from underwriting.models import Assessment, Decision, FactCorrection

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.broker]


def signed_in(story: Story) -> Reader:
    officer = Reader(story.base_url)
    officer.open("/sign-in/")
    officer.send("/sign-in/", email=story.officer_email, password=password())
    officer.send("/sign-in/second-step/", code=now_code())
    return officer


def test_over_http(real_processes: RealProcesses) -> None:
    story = begin(real_processes)

    public_id = story.apply()
    declined = wait_for(
        lambda: found if (found := story.application(public_id))["status"] == "DECLINED" else None,
        "a decline",
    )
    page = declined["applicant_page"]

    applicant = Reader(story.base_url)
    applicant.open(page)
    born = story.birth_date
    applicant.send(page, day=str(born.day), month=str(born.month), year=str(born.year))
    read = applicant.open(f"{page}decision/")
    assert "We cannot offer you this loan" in read
    assert "Tell us something is wrong" in read
    said = applicant.open(f"{page}dispute/")
    assert "Yearly income: $1,200" in said
    applicant.send("/dispute/", part=["annual_income"])
    applicant.send("/dispute/words/", text=RIGHT_INCOME_WORDS)
    applicant.send(
        "/dispute/file/", kind="PAYSLIP", files={"file": ("payslip.pdf", payslip(), "application/pdf")}
    )
    assert "payslip.pdf" in applicant.page.text
    sent = applicant.send("/dispute/check/")
    assert "We have it. A person will look." in sent
    assert "A person is looking at it again" in applicant.open(page)

    officer = signed_in(story)
    case = answer_appeal(officer)

    approved = wait_for(
        lambda: found if (found := story.application(public_id))["status"] == "APPROVED" else None,
        "an approval",
    )
    assert approved["applicant_page"] == page
    told = applicant.open(f"{page}decision/")
    assert "We can offer you this loan" in told
    assert "Our answer to you" in told
    assert "We set this right: Yearly income. Before: $1,200. Now: $120,000." in told
    letter = wait_for(lambda: _letter(applicant, page), "the letter")
    assert letter.startswith(b"%PDF-")

    decisions = list(
        Decision.objects.filter(application__public_id=public_id)
        .order_by("number")
        .values_list("number", "outcome")
    )
    assert decisions == [(1, Outcome.DECLINE), (2, Outcome.APPROVE)]
    assert Assessment.objects.filter(application__public_id=public_id).count() >= 2
    assert FactCorrection.objects.get().source == "Payslip of October 2026"
    assert case


def answer_appeal(officer: Reader) -> str:
    """Take the appeal, set the income right, look at the new assessment, answer blind, then approve."""
    queue = officer.open("/queue/?view=all")
    found = re.search(r"C-\d+", queue)
    assert found is not None
    case = found.group()
    seen = officer.open(f"/cases/{case}/")
    assert RIGHT_INCOME_WORDS.split(".")[0] not in queue
    assert "The applicant says that this is wrong: Yearly income." in seen
    officer.send(f"/cases/{case}/claim/")
    blind = officer.open(f"/cases/{case}/")
    assert "We cannot offer" not in blind
    officer.open(f"/cases/{case}/correct/")
    document = re.search(r'<option value="([0-9a-f-]{36})"', officer.page.text)
    assert document is not None
    officer.send(
        f"/cases/{case}/correct/",
        fact="annual_income",
        value=str(RIGHT_INCOME),
        source="Payslip of October 2026",
        reason="A yearly income was typed two zeros short.",
        document=document.group(1),
        person="1",
    )
    wait_for(lambda: Assessment.objects.filter(number=2).exists(), "the new assessment")
    officer.open(f"/cases/{case}/own-answer/")
    officer.send(f"/cases/{case}/own-answer/", outcome="APPROVE", sentence="The payslip carries the loan.")
    officer.open(f"/cases/{case}/decide/approve/")
    officer.send(
        f"/cases/{case}/decide/approve/",
        sentence="The payslip shows the income.",
        mitigating_factor="verified_income",
    )
    return case


def _letter(applicant: Reader, page: str) -> bytes | None:
    answered = applicant.http.get(f"{page}letter.pdf")
    return answered.content if answered.headers["content-type"] == "application/pdf" else None
