"""Somebody asked for another look and then took the offer, or stopped: their pages say what became of it."""

from __future__ import annotations

import pytest

from review_queue.models import Appeal
from review_queue.tasks import work_on_cases
from tests.factories import make_lender
from tests.frontend.applicant import scenes
from tests.frontend.applicant.conftest import Applicant
from tests.frontend.applicant.test_answering import text_of
from underwriting.enums import Outcome

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
