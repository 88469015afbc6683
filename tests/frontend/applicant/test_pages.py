"""What an applicant reads: the state in plain words, and the decision from its frozen notice."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import brotli
import pytest
import time_machine
from django.test import Client

import frontend
from review_queue.models import ReviewCase
from tests.explanations import situations
from tests.explanations.test_compose import DECIDED_AT
from tests.factories import make_assessment, make_lender, make_party
from tests.frontend.applicant.conftest import BIRTH_DATE, Applicant, by_score, decide, make_applicant
from underwriting.enums import ApplicationStatus, CaseState, Language, Outcome
from underwriting.models import Application, Lender
from underwriting.people.links import link_token

STYLE = Path(frontend.__file__).parent / "static" / "frontend" / "applicant.css"
OFFER = {
    "amount_minor": 700_000,
    "term_months": 36,
    "annual_rate_bps": 1249,
    "instalment_minor": 23_415,
    "price_tier": "C",
}


def words(applicant: Applicant, path: str = "") -> str:
    """The page as text, one space between words."""
    page = applicant.get(path)
    assert page.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


@pytest.mark.parametrize(
    ("state", "title", "heading", "next_step"),
    [
        ("SUBMITTED", "we are checking it", "We are checking your application", "You will hear from us by December 2, 2026."),
        ("REFERRED", "a person is looking at it", "A person is now looking at your application", "You will hear from us by December 2, 2026."),
        ("INCOMPLETE", "we need something from you", "We need something more from you", "Send us what is listed here, and we go on."),
        ("WITHDRAWN", "you stopped it", "You stopped this application", "You can apply again at any time."),
        ("EXPIRED", "the offer has ended", "The offer has ended", "You can apply again at any time."),
        ("CLOSED_INCOMPLETE", "closed", "We closed this application", "We did not get all we needed in time."),
        ("ACCEPTED", "you took the offer", "You took our offer", "We will be in touch about the next steps."),
    ],
)  # fmt: skip
def test_the_title_says_the_state_and_the_page_what_happens_next(
    lender: Lender, state: str, title: str, heading: str, next_step: str
) -> None:
    applicant = make_applicant(lender, status=state)
    applicant.answer()

    text = words(applicant)

    assert text.strip().startswith(f"Your application: {title} ")
    assert heading in text
    assert next_step in text
    assert "Reference A-7Q4M-2K Received November 2, 2026" in text
    assert "Harbour, Inc. 40 Quay Street Portland, ME 04101 Telephone +1 207 555 0140" in text


def test_a_referral_says_when_the_person_is_expected_to_decide(lender: Lender) -> None:
    applicant = make_applicant(lender, status=ApplicationStatus.REFERRED)
    application = applicant.party.application
    far = datetime(2126, 11, 5, 3, 0, tzinfo=UTC)  # 4 November in New York
    ReviewCase.objects.create(
        number=20418, lender=lender, application=application, assessment=make_assessment(application), state=CaseState.OPEN,
        why=[], opened_at=application.received_at, due_at=far,
    )  # fmt: skip
    applicant.answer()

    assert "You will hear from us by November 4, 2126." in words(applicant)


def test_an_incomplete_application_lists_what_is_missing_in_words(lender: Lender) -> None:
    applicant = make_applicant(
        lender,
        status=ApplicationStatus.INCOMPLETE,
        missing_fields=["/applicant/annual_income", "/co_applicants/0/housing"],
    )
    applicant.answer()

    text = words(applicant)
    assert "Tell us: Yearly income To do Tell us: Housing, of the other applicant To do" in text
    assert "Send us your application Done" in text


def test_a_decline_is_told_in_order_reasons_help_actions_rights(applicant: Applicant) -> None:
    decide(applicant.party.application, Outcome.DECLINE, reasons=by_score(applicant.party))
    applicant.answer()

    text = words(applicant, "decision/")

    parts = [
        "We cannot offer you this loan",
        "On November 2, 2026 you asked us for a loan of $10,000 over 36 months. We decided on November 3, 2026. The decision was made automatically.",
        "The reasons, most important first",
        "You use more of your card and credit line limits than is usual for those who just pass our checks.",
        "You are using 92% of your card and credit line limits.",
        "Where this came from: Credit report, Demo Bureau, read on November 3, 2026.",
        "Time since your last missed payment: 4 months.",
        "What may help next time",
        "Nothing to do here. Time alone changes this.",
        "We cannot promise a different result.",
        "What you can do",
        "Do it here",
        "Tell us something is wrong",
        "Ask a person to look again, until January 2, 2027",
        "Demo Bureau did not make the decision",
        "1 File Road",
        "Your rights",
        "The Federal Equal Credit Opportunity Act prohibits creditors",
        "Federal Trade Commission",
        "Contact",
    ]  # fmt: skip
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places[1:] == sorted(places[1:])


def test_reasons_come_from_the_frozen_notice_and_not_from_anything_later(applicant: Applicant) -> None:
    application = applicant.party.application
    decide(application, Outcome.DECLINE, reasons=by_score(applicant.party))
    applicant.answer()
    before = words(applicant, "decision/")

    Lender.objects.update(name="Harbour Loans", agency_name="Somebody Else")
    Application.objects.update(requested_amount_minor=1)

    after = words(applicant, "decision/")
    assert after.replace("Harbour Loans", "Harbour") == before


def test_a_counteroffer_shows_both_sides_the_offer_and_why(applicant: Applicant) -> None:
    decide(applicant.party.application, Outcome.COUNTEROFFER, reasons=by_score(applicant.party), offer=OFFER)
    applicant.answer()

    text = words(applicant, "decision/")

    assert "You asked for We can offer Amount $10,000 $7,000" in text
    assert "Amount $7,000 Monthly payment $234.15 Time to repay 36 months Total to repay $8,429.40" in text
    assert "You are using 92% of your card and credit line limits." in text


def test_an_approval_shows_the_offer_and_no_reasons(applicant: Applicant) -> None:
    decide(applicant.party.application, Outcome.APPROVE, offer={**OFFER, "amount_minor": 1_000_000})
    applicant.answer()

    status, text = words(applicant), words(applicant, "decision/")

    assert "Your application is approved" in status
    assert "We can offer you this loan" in text
    assert "The reasons" not in text
    assert (
        "To take the offer or to turn it down, use the page of your application, or call +1 207 555 0140"
        in text
    )


@pytest.mark.django_db
def test_the_credit_score_notice_is_a_section_of_its_own_at_the_end(client: Client) -> None:
    notice = situations.approval()
    path = f"/a/{link_token(notice.application.parties.get())}/"
    with time_machine.travel(DECIDED_AT, tick=False):
        client.post(path, BIRTH_DATE)
        page = client.get(f"{path}decision/").content.decode()

    [apart] = re.findall(r'<section class="apart">(.*?)</section>', page, re.DOTALL)
    said = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", part)) for part in page.split(apart)]
    assert apart.strip().startswith('<p class="lender">Harbour, Inc.</p>')
    assert "What if there are mistakes in your credit report?" in apart
    assert "12 CFR 1022.74" in apart
    assert "Do it here" in said[0]
    assert [part for part in said if "credit score" in part or "credit report" in part] == []


def test_the_last_decision_stands(applicant: Applicant) -> None:
    application = applicant.party.application
    decide(application, Outcome.DECLINE, reasons=by_score(applicant.party))
    decide(application, Outcome.APPROVE, offer=OFFER)
    applicant.answer()

    assert "We can offer you this loan" in words(applicant, "decision/")


def test_each_party_of_a_joint_application_reads_their_own_letter(lender: Lender) -> None:
    primary = make_applicant(lender)
    other = Applicant(make_party(primary.party.application, ordinal=2))
    decide(primary.party.application, Outcome.DECLINE, reasons=by_score(other.party))
    primary.answer()
    other.answer()

    theirs, own = words(primary, "decision/"), words(other, "decision/")

    assert "Share of credit limits in use on the other applicant&#x27;s credit report" in theirs
    assert "92%" not in theirs
    assert "You are using 92% of your card and credit line limits." in own


def test_before_a_decision_its_page_leads_back_to_the_status(applicant: Applicant) -> None:
    applicant.answer()

    response = applicant.get("decision/")

    assert (response.status_code, response["Location"]) == (302, applicant.path)


@pytest.mark.parametrize(("path", "queries"), [("", 10), ("decision/", 10), ("data/", 7), ("dispute/", 10)])
def test_a_page_takes_few_queries(
    applicant: Applicant, django_assert_num_queries: Any, path: str, queries: int
) -> None:
    decide(applicant.party.application, Outcome.DECLINE, reasons=by_score(applicant.party))
    applicant.answer()

    with django_assert_num_queries(queries):
        applicant.get(path)


PAGES = ("", "decision/", "data/", "documents/", "messages/", "dispute/", "look-again/")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("path", PAGES)
def test_a_page_with_its_style_is_at_most_ten_kilobytes(
    lender: Lender, language: Language, path: str
) -> None:
    applicant = make_applicant(lender, language=language)
    decide(applicant.party.application, Outcome.DECLINE, reasons=by_score(applicant.party))
    applicant.answer()

    page = applicant.get(path)

    assert page.status_code == 200
    assert len(brotli.compress(page.content)) + len(brotli.compress(STYLE.read_bytes())) <= 10_240


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "es",
            [
                "No podemos ofrecerle",
                "Qué pasa ahora",
                "Recibida el 2 de noviembre de 2026",
                "Los datos que usamos",
            ],
        ),
        ("hi", ["हम आपको यह नहीं दे सकते", "आगे क्या होगा", "2 नवंबर 2026 को मिला", "जो जानकारी हमने देखी"]),
    ],
)
def test_the_pages_speak_the_language_of_the_application(
    lender: Lender, language: str, said: list[str]
) -> None:
    applicant = make_applicant(lender, language=language)
    decide(applicant.party.application, Outcome.DECLINE, reasons=by_score(applicant.party))
    applicant.answer()

    page, text = applicant.get().content.decode(), words(applicant)

    assert f'<html lang="{language}">' in page
    assert [part for part in said if part not in text] == []
    assert "Your" not in text.replace("Your application", "")


@pytest.mark.parametrize(
    ("wanted", "heading"),
    [("es-MX,es;q=0.9", "Confirme que es usted"), ("hi", "पुष्टि करें कि यह आप हैं"), ("fr", "Confirm it is you")],
)
def test_before_the_proof_the_page_speaks_the_browsers_language(
    applicant: Applicant, wanted: str, heading: str
) -> None:
    """Not the application's: that would tell a real link from one that never was."""
    page = applicant.client.get(applicant.path, headers={"accept-language": wanted})

    assert f"<h1>{heading}</h1>" in page.content.decode()


def test_no_word_of_another_lender(applicant: Applicant) -> None:
    other = make_applicant(make_lender("northgate"), reference="A-8888-88")
    applicant.answer()
    other.answer()

    assert "Northgate" not in words(applicant)
    assert "Harbour" not in words(other)


def test_after_an_offer_is_over_the_decision_can_still_be_read(applicant: Applicant) -> None:
    decide(applicant.party.application, Outcome.COUNTEROFFER, reasons=by_score(applicant.party), offer=OFFER)
    Application.objects.update(status="EXPIRED")

    applicant.answer()
    page = applicant.get().content.decode()

    assert f'href="{applicant.path}decision/"' in page
