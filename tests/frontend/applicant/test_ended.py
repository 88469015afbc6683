"""Offers and appeals as they end: the applicant's pages say what became of them, and promise nothing that will not come."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from review_queue.models import Appeal
from review_queue.tasks import work_on_cases
from tests.factories import disclose, make_lender
from tests.frontend.applicant import scenes
from tests.frontend.applicant.conftest import Applicant
from tests.frontend.applicant.test_answering import text_of
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.record import record_decision
from underwriting.enums import OfferState, Outcome
from underwriting.models import Decision, StandingOffer

pytestmark = pytest.mark.django_db
LOOKING = "If you take the offer, we stop looking."


@pytest.fixture
def appellant() -> Applicant:
    """They were offered other terms, and asked a person to look again."""
    applicant = scenes.decided(make_lender(), Outcome.COUNTEROFFER)
    applicant.answer()
    applicant.post("look-again/", text="")
    applicant.post("look-again/check/")
    return applicant


@pytest.mark.parametrize("by_worker", [False, True])
@pytest.mark.parametrize(
    ("path", "sent", "heading", "words"),
    [
        ("offer/", {"answer": "yes", "sure": "1"}, "You took our offer", "You took our offer. So no one looks at this any more."),
        ("withdraw/", {}, "You stopped this application", "You stopped this application. So no one looks at this any more."),
    ],
)  # fmt: skip
def test_the_question_is_said_to_be_over_and_not_to_be_answered(
    appellant: Applicant, path: str, sent: dict[str, str], heading: str, words: str, *, by_worker: bool
) -> None:
    asked = f"appeals/{Appeal.objects.get().public_id}/"
    before = text_of(appellant.get(asked))

    appellant.post(path, **sent)
    if by_worker:
        work_on_cases()
    after, status = text_of(appellant.get(asked)), text_of(appellant.get())

    assert "We answer by" in before
    assert words in after
    assert "We answer by" not in after + status
    assert "This has been answered" not in after
    assert heading in status


def test_taking_an_offer_that_is_looked_at_again_is_told_to_end_that(appellant: Applicant) -> None:
    assert LOOKING in text_of(appellant.post("offer/", answer="yes"))
    assert LOOKING not in text_of(appellant.post("offer/", answer="no"))


def test_where_nobody_looks_again_nothing_is_said_of_it() -> None:
    applicant = scenes.decided(make_lender(), Outcome.COUNTEROFFER)
    applicant.answer()

    assert LOOKING not in text_of(applicant.post("offer/", answer="yes"))


def test_an_offer_that_took_the_place_of_the_one_that_was_read_is_not_taken_unread() -> None:
    applicant = scenes.decided(make_lender(), Outcome.COUNTEROFFER)
    applicant.answer()
    check = applicant.post("offer/", answer="yes", decision="1")
    standing = Decision.objects.get()
    better = record_decision(
        application=applicant.party.application, assessment=standing.assessment, outcome=Outcome.APPROVE, stage=None,
        offer={**scenes.OFFER, "amount_minor": 1_000_000, "annual_rate_bps": 1999}, reasons=[], decided_by=None, note="",
        actor=SYSTEM, now=timezone.now(),
    )  # fmt: skip
    disclose(better)

    late = applicant.post("offer/", answer="yes", sure="1", decision="1")
    untouched = StandingOffer.objects.get(decision__number=2).state
    anew = applicant.post("offer/", answer="yes", sure="1", decision="2")

    assert 'name="decision" value="1"' in check.content.decode()
    assert (late.status_code, untouched) == (409, OfferState.OPEN)
    assert "This offer is over. Read your application page" in text_of(late)
    assert (anew.status_code, StandingOffer.objects.get(decision__number=2).state) == (
        302,
        OfferState.ACCEPTED,
    )


@pytest.mark.parametrize("is_told", [False, True])
def test_only_an_offer_that_was_told_is_promised_to_stay(*, is_told: bool) -> None:
    applicant = scenes.decided(make_lender(reviews_notices=not is_told), Outcome.COUNTEROFFER)
    applicant.answer()
    applicant.post("look-again/", text="")

    page = text_of(
        applicant.get(applicant.post("look-again/check/")["Location"].removeprefix(applicant.path))
    )

    assert ("Our offer stays open" in page) is is_told


@pytest.mark.parametrize("is_stopped", [False, True])
def test_reasons_are_not_promised_of_what_was_stopped_before_they_were_told(*, is_stopped: bool) -> None:
    lender = make_lender(reviews_notices=True)
    applicant = scenes.decided(lender, Outcome.COUNTEROFFER)
    applicant.answer()
    if is_stopped:
        applicant.post("withdraw/", sure="1")

    page = text_of(applicant.get("decision/"))

    assert ("You will find" in page) is not is_stopped
    assert "Monthly payment" not in page


@pytest.mark.parametrize("page", ["", "decision/"])
def test_an_offer_whose_last_day_is_over_is_offered_on_no_page(page: str) -> None:
    applicant = scenes.decided(make_lender(), Outcome.COUNTEROFFER)
    applicant.answer()
    before = text_of(applicant.get(page))
    StandingOffer.objects.update(valid_until=timezone.now().date() - timedelta(days=2))

    assert "Say yes or no to" in before
    assert "Say yes or no to" not in text_of(applicant.get(page))
