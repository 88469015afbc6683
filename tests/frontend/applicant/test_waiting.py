"""What an applicant reads while something is still to come: a held letter, or what they have not sent yet."""

from __future__ import annotations

from datetime import date

import pytest

from explanations.notices.compose import compose_incompleteness
from tests.explanations.synthetic import KNOWN_AT
from tests.factories import make_party
from tests.frontend.applicant import scenes
from tests.frontend.applicant.conftest import Applicant, by_score, decide, make_applicant
from tests.frontend.applicant.test_pages import OFFER, words
from underwriting.enums import Outcome
from underwriting.models import Lender


def test_held_reasons_say_that_a_person_checks_the_wording(applicant: Applicant) -> None:
    decide(
        applicant.party.application,
        Outcome.DECLINE,
        reasons=by_score(applicant.party),
        held_because="The risk would not fall.",
    )
    applicant.answer()

    text = words(applicant, "decision/")

    assert "We cannot offer you this loan" in text
    assert (
        "A person is checking the wording of the reasons, so that each of them is true. You will find them here by December 2, 2026."
        in text
    )
    assert "92%" not in text
    assert "card and credit line" not in text
    assert "The risk would not fall" not in text


@pytest.mark.parametrize(
    ("language", "said", "of_reasons"),
    [
        ("en", "We are getting your letter ready. You will find it here.", ["The reasons", "wording"]),
        ("es", "Estamos preparando su carta. La encontrará aquí.", ["Las razones", "palabras"]),
        ("hi", "हम आपकी चिट्ठी तैयार कर रहे हैं। वह आपको यहाँ मिलेगी।", ["कारण"]),
    ],
)
@pytest.mark.parametrize("outcome", [Outcome.APPROVE, Outcome.DECLINE])
def test_a_letter_that_waits_for_a_setting_is_not_said_to_wait_for_its_reasons(
    lender: Lender, outcome: Outcome, language: str, said: str, of_reasons: list[str]
) -> None:
    """No person reads the wording of an approval, nor of a notice that lacks the lender's address."""
    Lender.objects.update(address="")
    applicant = make_applicant(Lender.objects.get(), language=language)
    notice = decide(
        applicant.party.application, outcome, offer=None if outcome is Outcome.DECLINE else OFFER,
        reasons=by_score(applicant.party) if outcome is Outcome.DECLINE else (),
    )  # fmt: skip
    applicant.answer()

    text = words(applicant, "decision/")

    assert notice.held_because
    assert said in text
    assert [word for word in of_reasons if word in text] == []


def test_a_letter_that_waits_for_both_says_so_of_the_reasons(lender: Lender) -> None:
    Lender.objects.update(address="", reviews_notices=True)
    applicant = make_applicant(Lender.objects.get())
    decide(applicant.party.application, Outcome.DECLINE, reasons=by_score(applicant.party))
    applicant.answer()

    assert "A person is checking the wording of the reasons" in words(applicant, "decision/")


@pytest.mark.parametrize("outcome", [Outcome.APPROVE, Outcome.COUNTEROFFER, Outcome.DECLINE])
def test_the_status_sends_nobody_to_read_what_is_held(applicant: Applicant, outcome: Outcome) -> None:
    decide(
        applicant.party.application,
        outcome,
        reasons=by_score(applicant.party),
        offer=None if outcome is Outcome.DECLINE else OFFER,
        held_because="The risk would not fall.",
    )
    applicant.answer()

    text = words(applicant)

    assert "The decision is made. We are getting your letter ready." in text
    assert "Read the reasons" not in text
    assert "Read the offer" not in text


@pytest.mark.parametrize("is_told", [True, False])
def test_the_day_for_what_is_missing_is_named_once_the_letter_names_it(lender: Lender, is_told: bool) -> None:
    """Silence ends nothing for somebody who was not told so."""
    if not is_told:
        Lender.objects.update(address="")
    applicant = scenes.incomplete(Lender.objects.get())
    application = applicant.party.application
    compose_incompleteness(
        application=application, missing=application.missing_fields, answer_by=date(2026, 12, 4), now=KNOWN_AT
    )  # fmt: skip
    applicant.answer()

    said = "Send them by December 4, 2026. After that we close your application."
    assert [said in words(applicant, path) for path in ("", "missing/")] == [is_told, is_told]


def test_a_letter_is_offered_to_whom_one_is_sent(lender: Lender) -> None:
    """Outside the United States the first person on the application gets the one letter; each of them reads the page."""
    Lender.objects.update(country="IN")
    lender.refresh_from_db()
    primary = make_applicant(lender)
    other = Applicant(make_party(primary.party.application, ordinal=2))
    decide(primary.party.application, Outcome.DECLINE, reasons=by_score(primary.party))
    primary.answer()
    other.answer()

    assert [b"letter.pdf" in one.get("decision/").content for one in (primary, other)] == [True, False]
