"""What a demo's partners and applicants do after the first answers, over HTTP alone, as they would.

Partners send what was missing, take an offer of other terms and pass on a document; an applicant disputes a decline on their
own pages, with a payslip.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import httpx
import typst

from scoring.demo.roster import LENDERS
from scoring.demo.stream import Partner, Submission, SubmissionRefused
from underwriting.enums import ApplicationStatus, DocumentKind, Language, OfferState
from underwriting.models import Application

# A submission and the public id of its application.
Sent = tuple[Submission, str]
DISPUTED = "annual_income"
WORDS = "My income is not what you have on file. My payslip shows what I earn."
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def carry_on(sent: Sequence[Sent], *, partner: Partner, base_url: str) -> None:
    """Everything that was to be sent later, and one of each of the others, where there is one to do it with.

    Raises SubmissionRefused.
    """
    for submission, public_id in sent:
        if submission.later:
            partner.post(
                submission.lender_code, f"applications/{public_id}/items", {"items": submission.later}
            )
    for submission, public_id in _with_status(sent, ApplicationStatus.COUNTEROFFERED):
        offer = partner.application(submission.lender_code, public_id)["offer"]
        if offer["state"] == OfferState.OPEN:
            partner.post(submission.lender_code, f"applications/{public_id}/accept", {"accepted": True})
            break
    for submission, public_id in _with_status(sent, ApplicationStatus.REFERRED):
        partner.post(
            submission.lender_code, f"applications/{public_id}/documents", _payslip_by_api(submission)
        )
        break
    for submission, public_id in _with_status(sent, ApplicationStatus.DECLINED):
        page = partner.application(submission.lender_code, public_id)["applicant_page"]
        if page and _can_be_disputed(submission):
            dispute(page, submission, base_url=base_url)
            break


def dispute(page: str, submission: Submission, *, base_url: str) -> None:
    """Say on the applicant's own pages that the income is wrong, and send a payslip. Raises SubmissionRefused."""
    born = date.fromisoformat(submission.body["applicant"]["identity"]["birth_date"])
    with httpx.Client(base_url=base_url, follow_redirects=True, timeout=20.0) as browser:
        _fill_in(browser, page, day=str(born.day), month=str(born.month), year=str(born.year))
        _fill_in(browser, f"{page}dispute/", part=DISPUTED)
        _fill_in(browser, f"{page}dispute/words/", text=WORDS)
        file = ("payslip.pdf", payslip(submission), "application/pdf")
        _fill_in(browser, f"{page}dispute/file/", files={"file": file}, kind=DocumentKind.PAYSLIP.value)
        last = _fill_in(browser, f"{page}dispute/check/")
    if "/appeals/" not in last.url.path:
        raise SubmissionRefused(f"the dispute ended at {last.url.path} and not at its answer")


def payslip(submission: Submission) -> bytes:
    """A page that says who earns what, as a PDF."""
    applicant = submission.body["applicant"]
    name = f"{applicant['identity']['given_name']} {applicant['identity']['family_name']}"
    made = typst.compile(f"= Payslip\n{name}\n\nGross pay of a year: 64,000.00 USD".encode())
    assert isinstance(made, bytes)
    return made


def _payslip_by_api(submission: Submission) -> dict[str, Any]:
    content = base64.b64encode(payslip(submission)).decode()
    return {"kind": DocumentKind.PAYSLIP.value, "name": "payslip.pdf", "content": content}


def _with_status(sent: Sequence[Sent], status: ApplicationStatus) -> list[Sent]:
    """The lender first whose screens a newcomer sees first, and the newest: the named test applicants keep what they show."""
    found = Application.objects.filter(public_id__in=[public_id for _, public_id in sent], status=status)
    standing = {str(public_id) for public_id in found.values_list("public_id", flat=True)}
    newest = [one for one in reversed(sent) if one[1] in standing]
    return sorted(newest, key=lambda one: one[0].lender_code != LENDERS[0].code)


def _can_be_disputed(submission: Submission) -> bool:
    """By somebody who was asked for an income, and reads the language in which the demo's words are."""
    return DISPUTED in submission.body["applicant"] and submission.body["language"] == Language.ENGLISH


def _fill_in(browser: httpx.Client, path: str, files: Any = None, **fields: str) -> httpx.Response:
    """Open a page, send its form, and return the page it led to."""
    page = browser.get(path)
    token = _TOKEN.search(page.text)
    if token is None:
        raise SubmissionRefused(f"{page.status_code}: there is no form at {page.url.path}")
    answer = browser.post(page.url, data={"csrfmiddlewaretoken": token[1], **fields}, files=files)
    if not answer.is_success:
        raise SubmissionRefused(f"{answer.status_code} of the form at {page.url.path}")
    return answer
