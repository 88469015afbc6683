"""Leaving the pages on a device that others use, too: the proof goes, and all that was written under it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.factories import make_lender
from tests.frontend.applicant import scenes
from tests.frontend.applicant.conftest import Applicant, make_applicant
from tests.frontend.applicant.test_answering import WRONG, dispute, text_of
from underwriting.models import Lender
from underwriting.people.links import link_token, next_link


@pytest.fixture
def declined(lender: Lender) -> Applicant:
    applicant = scenes.decided(lender)
    applicant.answer()
    return applicant


def test_leaving_takes_the_proof_and_what_was_written_out_of_the_browser(declined: Applicant) -> None:
    dispute(declined, to="words/")
    held = dict(declined.client.session.items())
    page = declined.get()

    left = declined.post("leave/")

    assert b"/leave/" in page.content
    assert {"applicant_grants", "applicant_drafts"} <= held.keys()
    assert "You have left" in text_of(left)
    assert declined.party.application.reference not in text_of(left)
    assert dict(declined.client.session.items()) == {}
    back = declined.get("decision/")
    assert (back.status_code, back["Location"]) == (302, declined.path)
    assert "You were away for a while." not in text_of(declined.get())
    declined.answer()
    assert WRONG not in declined.get("dispute/words/").content.decode()


def test_leaving_by_one_link_leaves_by_every_link_of_the_application(declined: Applicant) -> None:
    dispute(declined, to="words/")
    last = declined.link
    declined.link = next_link(last, expires_at=last.expires_at, now=timezone.now())
    earlier, declined.token = declined.path, link_token(declined.party, serial=declined.link.serial)
    declined.answer()
    held = declined.client.session["applicant_grants"]

    declined.post("leave/")

    assert held.keys() == {str(last.pk), str(declined.link.pk)}
    assert declined.client.get(f"{earlier}decision/").status_code == 302
    assert dict(declined.client.session.items()) == {}


def test_leaving_one_application_leaves_another_as_it_is(declined: Applicant) -> None:
    other = make_applicant(make_lender("northgate"), reference="A-9999-99")
    other.client = declined.client
    other.answer()
    dispute(declined, to="words/")

    other.post("leave/")

    assert other.get("data/").status_code == 302
    assert WRONG in declined.get("dispute/words/").content.decode()


def test_nobody_else_makes_an_applicant_leave(declined: Applicant) -> None:
    forged = declined.client.post(f"{declined.path}leave/", headers={"origin": "https://x.test"})
    followed = declined.get("leave/")

    assert (forged.status_code, followed.status_code) == (403, 405)
    assert declined.get("decision/").status_code == 200
