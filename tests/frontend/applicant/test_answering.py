"""Answering back on the applicant's pages: each step, what is kept on the way, and what another person never reaches."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from review_queue.actions.appeal import appeal_text
from review_queue.models import Appeal, Message
from tests.factories import make_lender, make_party
from tests.frontend.applicant import scenes
from tests.frontend.applicant.conftest import BIRTH_DATE, WRONG_DATE, Applicant, make_applicant
from tests.underwriting.documents.files import pdf
from underwriting.audit.actor import SYSTEM
from underwriting.enums import ApplicationStatus, OfferState, Outcome, WorkKind
from underwriting.intake.complete import complete_application
from underwriting.models import (
    Application,
    AuditEntry,
    Document,
    Lender,
    Mail,
    Party,
    StandingOffer,
    WorkItem,
)

WRONG = "My limit is 20,000."
FACT = "revolving_utilisation_ratio"


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def declined(lender: Lender) -> Applicant:
    applicant = scenes.decided(lender)
    applicant.answer()
    return applicant


def dispute(applicant: Applicant, *, to: str = "check/") -> Any:
    applicant.post("dispute/", part=[FACT])
    answered = applicant.post("dispute/words/", text=WRONG)
    return answered if to == "words/" else applicant.get("dispute/check/")


def test_a_dispute_is_sent_after_its_answers_were_checked(declined: Applicant) -> None:
    check = text_of(dispute(declined))
    before = Appeal.objects.count()
    sent = declined.post("dispute/check/")
    opened = Appeal.objects.get()
    page = text_of(declined.client.get(sent["Location"]))

    assert "Share of card and line limits in use: 84%" in check
    assert WRONG in check
    assert before == 0
    assert (opened.facts, appeal_text(opened)) == ([FACT], WRONG)
    assert f"Your reference is {declined.party.application.reference}." in page
    assert "We answer by " in page
    assert "Until then the decision stands as it is." in page


def test_sending_twice_makes_one_appeal(declined: Applicant) -> None:
    dispute(declined)
    declined.post("dispute/check/")

    again = declined.post("dispute/check/")

    assert again.status_code == 409
    assert "A person is looking already. We answer by " in text_of(again)
    assert Appeal.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "given", "said"),
    [
        ("dispute/", {}, "Choose the part that is wrong."),
        ("dispute/", {"part": ["shoe_size", "annual_incom\x00e"]}, "Choose the part that is wrong."),
        ("look-again/", {"text": "x" * 4_001}, "This text is too long. Use at most 4,000 characters."),
        ("messages/", {"text": " "}, "Write your message."),
        ("documents/", {"kind": "PAYSLIP"}, "Choose a file."),
    ],
)
def test_an_answer_that_is_none_is_said_so(
    declined: Applicant, path: str, given: dict[str, Any], said: str
) -> None:
    refused = declined.post(path, **given)

    assert refused.status_code == 422
    assert text_of(refused).strip().startswith("Error: ")
    assert f"There is a problem {said}" in text_of(refused)
    assert [model.objects.count() for model in (Appeal, Message, Document)] == [0, 0, 0]


def test_what_was_written_is_kept_when_the_proof_has_ended_meanwhile(declined: Applicant) -> None:
    declined.post("dispute/", part=[FACT])
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        lapsed = declined.post("dispute/words/", text=WRONG)
        asked = declined.client.get(lapsed["Location"])
        declined.answer()
        kept = declined.get("dispute/words/")

    assert "You were away for a while." in text_of(asked)
    assert "84%" not in text_of(asked)
    assert WRONG in kept.content.decode()


def test_a_draft_is_sealed_in_the_session(declined: Applicant) -> None:
    dispute(declined, to="words/")

    drafts = [base64.b64decode(draft) for draft in declined.client.session["applicant_drafts"].values()]
    assert len(drafts) == 1
    assert b"limit" not in drafts[0]
    assert WRONG not in str(dict(declined.client.session.items()))


def test_a_stranger_leaves_no_draft(declined: Applicant) -> None:
    stranger = Client()

    answered = stranger.post(f"{declined.path}dispute/words/", {"text": WRONG})

    assert (answered.status_code, answered["Location"]) == (302, declined.path)
    assert dict(stranger.session.items()) == {}


def test_a_form_that_another_site_sends_changes_nothing(declined: Applicant) -> None:
    forged = declined.client.post(
        f"{declined.path}withdraw/", {"sure": "1"}, headers={"origin": "https://x.test"}
    )

    assert forged.status_code == 403
    assert "This was not sent" in text_of(forged)
    assert "sign-in" not in forged.content.decode()
    assert Application.objects.get().status == ApplicationStatus.DECLINED


def test_a_file_is_sent_listed_and_given_back_to_its_sender(declined: Applicant) -> None:
    file = SimpleUploadedFile("my payslip.pdf", pdf(), content_type="text/html")

    sent = declined.post("documents/", kind="PAYSLIP", file=file)
    listed = text_of(declined.get("documents/"))
    row = Document.objects.get()
    back = declined.get(f"documents/{row.public_id}/")

    assert sent.status_code == 302
    assert "We have your file my payslip.pdf." in listed
    assert "Payslip, 1 KB, sent" in listed
    assert (back.content, back["Content-Type"], back["X-Content-Type-Options"]) == (
        pdf(),
        "application/pdf",
        "nosniff",
    )
    assert back["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in back["Content-Security-Policy"]


def test_a_file_that_is_something_else_is_refused_in_words(declined: Applicant) -> None:
    file = SimpleUploadedFile("payslip.pdf", b"<html>", content_type="application/pdf")

    refused = declined.post("documents/", kind="PAYSLIP", file=file)

    assert refused.status_code == 422
    assert "We cannot read this kind of file. Send a PDF, a JPEG or a PNG." in text_of(refused)
    assert not Document.objects.exists()


def test_a_file_beyond_the_limit_is_said_to_be_too_big_and_not_to_be_missing(declined: Applicant) -> None:
    file = SimpleUploadedFile("scan.pdf", b"%PDF" + b"0" * 10_600_000, content_type="application/pdf")

    dispute(declined, to="words/")
    for path in ("documents/", "dispute/file/"):
        file.seek(0)
        refused = declined.post(path, kind="PAYSLIP", file=file)
        assert refused.status_code == 422
        assert "This file is too big. Send at most 10 MB." in text_of(refused)


def test_another_persons_document_is_as_one_that_is_not_there_and_five_times_at_most(
    declined: Applicant, lender: Lender
) -> None:
    other = make_party(declined.party.application, ordinal=2, given_name="Johan")
    theirs = scenes.with_document(other, name="secret.pdf", content=b"%PDF theirs")
    nowhere = "00000000-0000-4000-8000-000000000000"

    answers = [declined.get(f"documents/{one}/") for one in (theirs.public_id, nowhere)]
    more = [declined.get(f"documents/{theirs.public_id}/") for _ in range(5)]

    plain = [re.sub(r'[0-9a-f-]{36}|value="\w{64}"', "", answer.content.decode()) for answer in answers]
    assert plain[0] == plain[1]
    assert [answer.status_code for answer in (*answers, *more)] == [404] * 5 + [429] * 2
    assert "secret" not in text_of(declined.get("documents/"))
    told = AuditEntry.objects.filter(action="document.refused")
    assert (told.count(), told[0].object_id, told[0].actor_name) == (6, str(theirs.public_id), "Applicant")


def test_too_many_wrong_answers_from_one_address_are_told_so_whatever_the_link(declined: Applicant) -> None:
    client = Client()
    for _ in range(20):
        client.post("/a/AAAAAAAAAAAAAAAAAAAAAAAA/", WRONG_DATE)

    refused = client.post(declined.path, BIRTH_DATE)

    assert refused.status_code == 429
    assert "There were too many wrong answers from your connection." in text_of(refused)
    assert 0 < int(refused["Retry-After"]) <= 900
    assert declined.get().status_code == 200  # who has proved themselves goes on


def test_asking_for_a_fresh_link_is_answered_alike_and_sends_it_to_the_address_on_file(
    declined: Applicant,
) -> None:
    no_link = Client().post("/a/AAAAAAAAAAAAAAAAAAAAAAAA/fresh/")
    real = Client().post(f"{declined.path}fresh/")

    assert real.content == no_link.content
    assert "If this link belongs to an application" in text_of(real)
    mail = Mail.objects.get()
    assert (mail.party, mail.subject) == (
        declined.party,
        f"A new link to your application {declined.party.application.reference}",
    )


def test_a_message_is_sent_and_both_sides_are_read(declined: Applicant) -> None:
    scenes.with_messages(declined.party)
    sent = declined.post("messages/", text="One more <b>thing</b>")

    page = declined.get("messages/")

    assert sent.status_code == 302
    assert "We have your message." in text_of(page)
    assert "Ana Weber" in text_of(page)
    assert "One more &lt;b&gt;thing&lt;/b&gt;" in page.content.decode()


def test_an_offer_is_taken_after_its_answer_was_checked(lender: Lender) -> None:
    applicant = scenes.decided(lender, Outcome.COUNTEROFFER)
    applicant.answer()

    check = applicant.post("offer/", answer="yes")
    open_still = StandingOffer.objects.get().state
    taken = applicant.post("offer/", answer="yes", sure="1")

    assert "You take the offer." in text_of(check)
    assert "Monthly payment $234.15" in text_of(check)
    assert "Yearly rate (APR) 12.49%" in text_of(check)
    assert (open_still, taken.status_code) == (OfferState.OPEN, 302)
    assert "You took our offer" in text_of(applicant.get())
    assert "This offer is over." in text_of(applicant.get("offer/"))
    assert AuditEntry.objects.get(action="offer.accepted").actor_kind == "APPLICANT"


def test_an_offer_is_turned_down(lender: Lender) -> None:
    applicant = scenes.decided(lender, Outcome.COUNTEROFFER)
    applicant.answer()

    applicant.post("offer/", answer="no", sure="1")

    assert StandingOffer.objects.get().state == OfferState.REFUSED


def test_an_application_is_stopped_once_confirmed(applicant: Applicant) -> None:
    applicant.answer()

    page = text_of(applicant.get("withdraw/"))
    stopped = applicant.post("withdraw/")

    assert "We stop all work on it. You get no decision." in page
    assert stopped.status_code == 302
    assert "You stopped this application" in text_of(applicant.get())
    assert "You cannot stop this any more." in text_of(applicant.get("withdraw/"))


def test_whoever_stops_after_an_offer_is_not_told_that_no_decision_comes(lender: Lender) -> None:
    applicant = scenes.decided(lender, Outcome.COUNTEROFFER)
    applicant.answer()

    page = text_of(applicant.get("withdraw/"))

    assert "We stop all work on it. Our offer ends, too." in page
    assert "You get no decision." not in page


def test_missing_items_come_in_pieces_and_the_last_sets_it_to_work(lender: Lender) -> None:
    applicant = scenes.incomplete(lender)
    applicant.answer()
    wrong = applicant.post("missing/", **{"applicant/annual_income": "a lot"})
    first = applicant.post(
        "missing/", **{"applicant/annual_income": "$52,200.50", "applicant/housing": "rent"}
    )
    left = text_of(applicant.get("missing/"))
    applicant.post("missing/", purpose="car", **{"applicant/employment_tenure_months": "84"})

    application = Application.objects.get()
    assert "This does not look right: Yearly income" in text_of(wrong)
    assert first.status_code == 302
    assert ("Yearly income" in left, "Purpose of the loan" in left) == (False, True)
    assert (application.status, application.purpose, application.missing_fields) == ("SUBMITTED", "car", [])
    assert Party.objects.get().stated == {
        "annual_income": 5_220_050,
        "housing": "rent",
        "employment_tenure_months": 84,
    }
    assert WorkItem.objects.filter(kind=WorkKind.ASSESS, application=application).count() == 1


def test_nothing_is_missing_any_more_where_the_partner_was_faster(lender: Lender) -> None:
    applicant = scenes.incomplete(lender)
    applicant.answer()
    given = {
        "/purpose": "car",
        "/applicant/annual_income": "52200.00",
        "/applicant/housing": "rent",
        "/applicant/employment_tenure_months": 84,
    }
    complete_application(
        application=applicant.party.application, given=given, actor=SYSTEM, now=timezone.now()
    )

    assert "We need nothing from you now." in text_of(applicant.get("missing/"))


def test_the_facts_of_the_other_applicant_are_named_and_no_more(declined: Applicant) -> None:
    other = Applicant(make_party(declined.party.application, ordinal=2, given_name="Johan"))
    other.answer()

    facts = text_of(other.get("data/"))

    assert "84%" not in facts
    assert "$52,200" not in facts
    assert "Amount asked for $10,000" in facts


def test_nobody_reads_another_persons_appeal(declined: Applicant, lender: Lender) -> None:
    dispute(declined)
    path = declined.post("dispute/check/")["Location"]
    other = make_applicant(make_lender("northgate"), reference="A-9999-99")
    other.answer()

    answered = other.get(path.partition(declined.path)[2])

    assert answered.status_code == 404
    assert declined.party.application.reference not in text_of(answered)


def test_a_page_that_is_none_leads_an_applicant_to_no_sign_in(client: Client) -> None:
    page = client.get("/a/AAAAAAAAAAAAAAAAAAAAAAAA/decison/")

    assert page.status_code == 404
    assert "There is no such page" in text_of(page)
    assert "sign-in" not in page.content.decode()
