"""The address and the code that a letter prints: a page of its own reader that opens as long as they can answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from explanations.models import Letter
from explanations.notices.disclosing import disclose
from explanations.notices.letters.content import code_drawing, letter_content
from explanations.notices.letters.opening import letter_pdf
from explanations.notices.letters.store import draw_letters, render_letters
from tests.explanations import situations
from tests.explanations.situations import party_of
from tests.explanations.test_compose import DECIDED_AT
from tests.explanations.test_letters import primary_letter, text_of
from underwriting.audit.actor import SYSTEM
from underwriting.models import ApplicantLink, Party
from underwriting.people.fresh_link import Wording, send_fresh_link
from underwriting.people.links import find_link, link_token

pytestmark = pytest.mark.django_db


def printed_link(letter: Letter) -> str:
    """The address of the page as the letter's text has it."""
    return str(re.findall(r"/a/([\w-]{24})/", text_of(letter_pdf(letter)))[0])


def test_the_code_is_that_of_the_partys_own_page() -> None:
    notice = situations.joint()

    for letter in render_letters(notice, now=DECIDED_AT):
        content = letter_content(notice, letter.party)
        newest = ApplicantLink.objects.filter(party=letter.party).latest("serial")
        address = f"http://localhost:8000/a/{link_token(letter.party, serial=newest.serial)}/"
        assert (content["online"]["address"], content["online"]["code"]) == (address, code_drawing(address))
        assert address in text_of(letter_pdf(letter))


@pytest.mark.parametrize("people", [1, 2])
def test_the_page_that_a_letter_names_opens_thirty_days_beyond_the_last_day_to_look_again(
    people: int,
) -> None:
    """Decided 3 November, asked until 2 January: to 1 February. The link of 2 November ends the day before."""
    notice = situations.joint() if people == 2 else situations.cap()

    for letter in render_letters(notice, now=DECIDED_AT):
        link = find_link(printed_link(letter), now=datetime(2027, 2, 1, 4, 59, tzinfo=UTC))
        assert link is not None
        assert (link.party, link.serial) == (letter.party, 2)
    assert ApplicantLink.objects.count() == 2 * people


def test_a_link_that_lasts_is_printed_as_it_is() -> None:
    made = situations.application(lender={"look_again_days": 59})

    letter = primary_letter(situations.declined(made, situations.by_score(made)))

    assert printed_link(letter) == link_token(party_of(made))
    assert ApplicantLink.objects.count() == 1


def test_the_page_lasts_for_a_lender_who_looks_again_for_longer_than_a_link_does() -> None:
    made = situations.application(lender={"look_again_days": 365})

    letter = primary_letter(situations.declined(made, situations.by_score(made)))

    assert find_link(printed_link(letter), now=datetime(2027, 12, 3, 4, 59, tzinfo=UTC)) is not None


def test_a_notice_that_is_told_late_names_a_page_of_the_day_it_is_told() -> None:
    made = situations.application()
    notice = situations.declined(made, situations.by_score(made), held_because="The risk would not fall.")
    late = DECIDED_AT + timedelta(days=100)
    before = ApplicantLink.objects.count()

    disclose(notice, actor=SYSTEM, now=late)
    [letter] = render_letters(notice, now=late)

    assert before == 1
    assert find_link(printed_link(letter), now=late) is not None


def test_a_fresh_link_is_the_one_that_is_printed() -> None:
    made = situations.application(lender={"look_again_days": 30})
    party = party_of(made)
    send_fresh_link(link_token(party), wording=lambda *_: Wording("", ""), actor=SYSTEM, now=made.received_at)

    letter = primary_letter(situations.declined(made, situations.by_score(made)))

    assert printed_link(letter) == link_token(party, serial=2)


def test_a_link_made_after_the_notice_was_told_changes_no_letter() -> None:
    notice = situations.cap()
    [first] = draw_letters(notice)
    send_fresh_link(
        link_token(first.party),
        wording=lambda *_: Wording("", ""),
        actor=SYSTEM,
        now=DECIDED_AT + timedelta(days=2),
    )

    [again] = draw_letters(notice)

    assert ApplicantLink.objects.count() == 3
    assert again.pdf == first.pdf


def test_a_link_that_had_ended_is_not_printed() -> None:
    notice = situations.cap()
    ApplicantLink.objects.update(expires_at=DECIDED_AT)

    assert letter_content(notice, Party.objects.get())["online"] is None
