"""Papers before an offer can be taken, as officer and applicant meet them on their screens."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from review_queue.actions.claim import claim_case
from review_queue.models import ReviewCase
from review_queue.tasks import work_on_cases
from tests.factories import actor_of
from tests.frontend.applicant.conftest import Applicant
from tests.frontend.applicant.test_pages import words
from tests.frontend.operations.conftest import claimed, url
from tests.underwriting.documents.files import pdf
from underwriting.audit.actor import SYSTEM
from underwriting.documents.receive import receive_document
from underwriting.enums import CaseKind, DocumentKind, Lane, WorkKind
from underwriting.models import Decision, Document, Lender, Party, StandingOffer, User, WorkItem

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def waiting(officer: Client, ana: User, harbour: Lender, case: ReviewCase) -> ReviewCase:
    """The case that waits for two papers, after the officer approved on them."""
    Lender.objects.filter(pk=harbour.pk).update(hold_seconds=0)
    claimed(case, ana)
    officer.post(
        url(case, "decide/approve/"),
        {
            "assessment": case.assessment_id, "mitigating_factor": "verified_income", "sentence": "Sound.",
            "conditions": ["payslips", "address"], "view": "all",
        },
    )  # fmt: skip
    work_on_cases()
    return ReviewCase.objects.get(kind=CaseKind.CONDITIONS)


@pytest.fixture
def payslip(waiting: ReviewCase) -> Document:
    return receive_document(
        application=waiting.application, party=Party.objects.get(application=waiting.application), kind=DocumentKind.PAYSLIP,
        name="July.pdf", content=pdf(), actor=SYSTEM, now=timezone.now(),
    )  # fmt: skip


def seen(document: Document, **changes: Any) -> dict[str, Any]:
    return {
        "code": "payslips",
        "document": str(document.public_id),
        "value": "52,200",
        "said": "As stated.",
        "view": "all",
    } | changes


def test_the_panel_offers_papers_and_keeps_what_was_ticked(
    officer: Client, ana: User, case: ReviewCase
) -> None:
    claimed(case, ana)
    officer.post(url(case, "draft/approve/"), {"conditions": ["payslips"]})
    panel = officer.get(url(case, "decide/approve/"), headers=HTMX).content.decode()

    assert (
        '<details class="fold" id="conditions-field" open><summary class="small">Only with papers first: 1 chosen'
        in panel
    )
    assert 'name="conditions" value="payslips" checked' in panel
    assert "Explanation of the income" not in panel


def test_the_case_says_what_it_waits_for_and_that_the_clock_stands_still(
    officer: Client, waiting: ReviewCase
) -> None:
    page = officer.get(url(waiting)).content.decode()

    assert "Before the offer can be taken" in page
    assert "2 of 2 to be seen" in page
    assert "<strong>Waiting for the applicant</strong>" in page
    assert Decision.objects.get().conditions == ["payslips", "address"]


def test_its_page_takes_no_more_statements_than_any_case(
    officer: Client,
    ana: User,
    waiting: ReviewCase,
    payslip: Document,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    claim_case(case_id=waiting.pk, user=ana, actor=actor_of(ana), now=timezone.now())
    with django_assert_max_num_queries(18):
        assert officer.get(url(waiting)).status_code == 200


def test_a_paper_is_seen_with_its_document_and_the_rest_is_waited_for(
    officer: Client, ana: User, waiting: ReviewCase, payslip: Document
) -> None:
    claim_case(case_id=waiting.pk, user=ana, actor=actor_of(ana), now=timezone.now())
    panel = officer.get(url(waiting, "condition/?code=payslips"), headers=HTMX).content.decode()
    assert f'value="{payslip.public_id}" selected' in panel
    assert "Yearly income, as it shows (USD)" in panel

    refused = officer.post(url(waiting, "condition/"), seen(payslip, said=" "), headers=HTMX)
    assert (refused.status_code, "Say in a sentence what it shows" in refused.content.decode()) == (422, True)

    sent = officer.post(url(waiting, "condition/"), seen(payslip))
    assert sent.status_code == 303
    page = officer.get(url(waiting)).content.decode()
    assert "1 of 2 to be seen" in page
    assert "✓ Seen" in page
    assert StandingOffer.objects.get().conditions[0]["met_at"] is not None
    assert not WorkItem.objects.filter(kind=WorkKind.ASSESS).exists()

    officer.post(url(waiting, "wait/"), {"view": "all"})
    waiting.refresh_from_db()
    assert (waiting.waits_for, waiting.waiting_because) == ("APPLICANT", "Proof of address")


def test_what_was_typed_of_one_paper_is_not_said_of_another(
    officer: Client, ana: User, waiting: ReviewCase, payslip: Document
) -> None:
    claim_case(case_id=waiting.pk, user=ana, actor=actor_of(ana), now=timezone.now())
    officer.post(url(waiting, "draft/condition/"), seen(payslip))
    same = officer.get(url(waiting, "condition/?code=payslips"), headers=HTMX).content.decode()
    other = officer.get(url(waiting, "condition/?code=address"), headers=HTMX).content.decode()
    assert ("As stated." in same, 'value="52,200"' in same) == (True, True)
    assert ("As stated." in other, "52,200" in other) == (False, False)


def test_the_last_paper_has_it_assessed_again(
    officer: Client, ana: User, waiting: ReviewCase, payslip: Document
) -> None:
    claim_case(case_id=waiting.pk, user=ana, actor=actor_of(ana), now=timezone.now())
    officer.post(url(waiting, "condition/"), seen(payslip, code="address"))
    officer.post(url(waiting, "condition/"), seen(payslip))

    assert WorkItem.objects.get(kind=WorkKind.ASSESS).lane == Lane.INTERACTIVE
    page = officer.get(url(waiting)).content.decode()
    assert "All seen" in page
    assert "Being assessed with what the papers showed." in page
    assert StandingOffer.objects.get().is_conditional


def test_without_a_claim_nothing_is_seen_and_the_sentence_says_so(
    officer: Client, waiting: ReviewCase, payslip: Document
) -> None:
    refused = officer.post(url(waiting, "condition/"), seen(payslip), headers=HTMX)
    assert refused.status_code == 409
    assert "Nobody holds this case. Claim it first; your text is kept below." in refused.content.decode()
    assert "As stated." in refused.content.decode()


def test_the_applicant_reads_what_to_send_and_can_only_turn_the_offer_down(waiting: ReviewCase) -> None:
    applicant = Applicant(Party.objects.get(application=waiting.application))
    applicant.answer()

    assert "Send us: Your payslips of the last three months." in words(applicant)
    decision, offer = words(applicant, "decision/"), words(applicant, "offer/")
    assert "What we need before you can take it" in decision
    assert "You can take this offer when we have seen these papers." in offer
    assert "Yes, I take the offer" not in offer
    refused = applicant.post("offer/", answer="yes", sure="1")
    assert refused.status_code == 422
    assert "You can turn the offer down now." in refused.content.decode()
    assert StandingOffer.objects.get().state == "OPEN"


def test_the_applicant_reads_what_was_seen(
    officer: Client, ana: User, waiting: ReviewCase, payslip: Document
) -> None:
    claim_case(case_id=waiting.pk, user=ana, actor=actor_of(ana), now=timezone.now())
    officer.post(url(waiting, "condition/"), seen(payslip))
    applicant = Applicant(Party.objects.get(application=waiting.application))
    applicant.answer()
    assert "Your payslips of the last three months. (seen)" in words(applicant, "offer/")
    officer.post(url(waiting, "condition/"), seen(payslip, code="address"))
    assert "We are looking at your papers" in words(applicant)
    assert "We have seen them all." in words(applicant, "offer/")
