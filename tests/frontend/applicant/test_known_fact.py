"""Nothing is shown before the second fact; a guess learns nothing, and attempts are counted exactly."""

from __future__ import annotations

import hashlib
import re
import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.factories import make_lender, make_party
from tests.frontend.applicant.conftest import BIRTH_DATE, WRONG_DATE, Applicant, make_applicant
from underwriting.audit.actor import Actor
from underwriting.enums import ActorKind
from underwriting.models import ApplicantLink, Lender
from underwriting.people.identity import open_identity
from underwriting.people.links import KnownFact, link_token, open_link

RIGHT = KnownFact(birth_date=date(1988, 4, 17))
STRANGER = Actor(kind=ActorKind.APPLICANT, user_id=None, name="Unknown visitor", ip_address="192.0.2.7")
WRONG = KnownFact(birth_date=date(1989, 4, 17))


def seen(response: Any) -> tuple[int, str]:
    """Status and page, without what is drawn anew for any answer and without the path that was asked for."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    return response.status_code, re.sub(r"/a/[\w-]{24}/", "/a/-/", text)


def test_only_the_hash_of_a_token_of_at_least_128_bits_is_stored(applicant: Applicant) -> None:
    assert len(applicant.token) * 6 >= 128
    assert applicant.link.token_sha256 == hashlib.sha256(applicant.token.encode()).hexdigest()


def test_nothing_is_shown_before_the_known_fact(applicant: Applicant) -> None:
    page, decision = applicant.get(), applicant.get("decision/")

    text = page.content.decode()
    assert page.status_code == 200
    assert "Confirm it is you" in text
    assert not [word for word in ("A-7Q4M-2K", "Harbour", "Okafor", "$10,000") if word in text]
    assert (decision.status_code, decision["Location"]) == (302, applicant.path)


@pytest.mark.parametrize(
    "given",
    [BIRTH_DATE, {**BIRTH_DATE, "month": "04"}, {**BIRTH_DATE, "day": " 17 "}],
)
def test_the_birth_date_opens_the_page(applicant: Applicant, given: dict[str, str]) -> None:
    answered = applicant.answer(**given)

    assert (answered.status_code, answered["Location"]) == (302, applicant.path)
    assert "A-7Q4M-2K" in applicant.get().content.decode()


def test_what_the_letter_prints_beside_the_link_does_not_open_the_page(applicant: Applicant) -> None:
    printed = open_identity(applicant.party).postcode

    answered = applicant.answer(postcode=printed)

    assert "postcode" not in answered.content.decode()
    assert (answered.status_code, applicant.get("decision/").status_code) == (422, 302)
    assert applicant.get("decision/")["Location"] == applicant.path


def test_wrong_token_expired_link_wrong_fact_and_locked_link_are_answered_alike(
    applicant: Applicant, lender: Lender
) -> None:
    expired = make_applicant(lender, reference="A-2222-22")
    ApplicantLink.objects.filter(pk=expired.link.pk).update(expires_at=timezone.now())
    locked = make_applicant(lender, reference="A-3333-33")
    ApplicantLink.objects.filter(pk=locked.link.pk).update(
        failed_count=5, locked_until=timezone.now() + timedelta(minutes=5)
    )
    unknown = Client()

    wrong_fact = applicant.answer(**WRONG_DATE)
    no_link = unknown.post("/a/AAAAAAAAAAAAAAAAAAAAAAAA/", WRONG_DATE)
    too_late, paused = expired.answer(**BIRTH_DATE), locked.answer(**BIRTH_DATE)
    wrong_fact_again = applicant.answer(**WRONG_DATE)

    assert wrong_fact.status_code == 422
    assert "That did not match, or this link has ended." in wrong_fact.content.decode()
    assert seen(wrong_fact_again) == seen(wrong_fact)
    expected = seen(wrong_fact)
    assert [seen(r) for r in (no_link, too_late, paused)] == [
        _with_date(expected, "1989"),
        _with_date(expected, "1988"),
        _with_date(expected, "1988"),
    ]
    forms = [
        seen(Client().get(path))
        for path in (applicant.path, "/a/AAAAAAAAAAAAAAAAAAAAAAAA/", expired.path, locked.path)
    ]
    assert forms == [forms[0]] * 4


def _with_date(answer: tuple[int, str], year: str) -> tuple[int, str]:
    """The same page with what was typed: the form gives it back."""
    return answer[0], answer[1].replace('value="1989"', f'value="{year}"')


def test_the_headers_of_an_answer_tell_no_difference(applicant: Applicant) -> None:
    answers = [applicant.answer(**WRONG_DATE), Client().post("/a/AAAAAAAAAAAAAAAAAAAAAAAA/", WRONG_DATE)]

    kept = [
        {name: value for name, value in r.items() if name not in ("Request-Id", "Expires")} for r in answers
    ]
    assert kept[0] == kept[1]
    assert [r.cookies.keys() for r in answers] == [answers[1].cookies.keys()] * 2


def test_four_wrong_answers_are_free_and_each_further_one_locks_for_longer(applicant: Applicant) -> None:
    now = timezone.now()
    locked_for: list[timedelta | None] = []
    for _ in range(12):
        assert open_link(applicant.token, known=WRONG, actor=STRANGER, now=now) is None
        applicant.link.refresh_from_db()
        until = applicant.link.locked_until
        locked_for.append(until - now if until else None)
        now = until or now

    minutes = [None if locked is None else locked.total_seconds() / 60 for locked in locked_for]
    assert minutes == [None] * 4 + [15, 30, 60, 120, 240, 480, 960, 1440]


def test_while_locked_even_the_right_answer_opens_nothing_and_is_not_counted(applicant: Applicant) -> None:
    now = timezone.now()
    for _ in range(5):
        open_link(applicant.token, known=WRONG, actor=STRANGER, now=now)

    while_locked = open_link(applicant.token, known=RIGHT, actor=STRANGER, now=now + timedelta(minutes=14))
    applicant.link.refresh_from_db()
    count_while_locked = applicant.link.failed_count
    after = open_link(applicant.token, known=RIGHT, actor=STRANGER, now=now + timedelta(minutes=15))

    assert (while_locked, count_while_locked) == (None, 5)
    assert after == applicant.link
    applicant.link.refresh_from_db()
    assert (applicant.link.failed_count, applicant.link.locked_until) == (0, None)


@pytest.mark.django_db(transaction=True)
def test_wrong_answers_at_the_same_moment_are_all_counted() -> None:
    applicant = make_applicant(make_lender())
    now, together = timezone.now(), threading.Barrier(8)

    def guess() -> None:
        try:
            together.wait(10)
            open_link(applicant.token, known=WRONG, actor=STRANGER, now=now)
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    applicant.link.refresh_from_db()
    # the fifth locks the link; the three after it find it locked and are not compared
    assert (applicant.link.failed_count, applicant.link.locked_until) == (5, now + timedelta(minutes=15))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"day": "", "month": "", "year": ""}, "Enter your date of birth."),
        (
            {"day": "31", "month": "2", "year": "1988"},
            "Enter a date of birth that exists, for example 17 4 1988.",
        ),
        (
            {"day": "x", "month": "2", "year": "1988"},
            "Enter a date of birth that exists, for example 17 4 1988.",
        ),
        (
            {"day": "17", "month": "4", "year": ""},
            "Enter a date of birth that exists, for example 17 4 1988.",
        ),
    ],
)
def test_an_answer_that_is_none_is_said_so_and_not_counted(
    applicant: Applicant, given: dict[str, str], said: str
) -> None:
    response = applicant.answer(**given)

    text = response.content.decode()
    assert (response.status_code, said in text) == (422, True)
    assert "<title>Error: Your application: confirm it is you</title>" in text
    applicant.link.refresh_from_db()
    assert applicant.link.failed_count == 0


def test_one_link_does_not_open_another_persons(applicant: Applicant, lender: Lender) -> None:
    other = make_applicant(lender, reference="A-9999-99")
    applicant.answer()

    page = applicant.client.get(other.path)
    decision = applicant.client.get(f"{other.path}decision/")

    assert "Confirm it is you" in page.content.decode()
    assert "A-9999-99" not in page.content.decode()
    assert (decision.status_code, decision["Location"]) == (302, other.path)


def test_two_parties_each_prove_themselves(applicant: Applicant) -> None:
    joint = Applicant(make_party(applicant.party.application, ordinal=2))
    applicant.answer()

    page = applicant.client.get(joint.path)

    assert "Confirm it is you" in page.content.decode()


def test_a_stolen_path_alone_opens_nothing_after_the_owner_answered(applicant: Applicant) -> None:
    applicant.answer()

    thief = Client().get(applicant.path)

    assert "Confirm it is you" in thief.content.decode()


@pytest.mark.parametrize(("minutes", "is_open"), [(29, True), (31, False)])
def test_a_grant_lasts_half_an_hour(applicant: Applicant, minutes: int, is_open: bool) -> None:
    applicant.answer()
    session = applicant.client.session
    granted_at = datetime.now().timestamp() - minutes * 60  # noqa: DTZ005 - a timestamp has no zone
    session["applicant_grants"] = {str(applicant.link.pk): [granted_at, granted_at]}
    session.save()

    assert ("A-7Q4M-2K" in applicant.get().content.decode()) is is_open


def test_a_grant_ends_with_its_link(applicant: Applicant) -> None:
    applicant.answer()
    ApplicantLink.objects.filter(pk=applicant.link.pk).update(expires_at=timezone.now())

    assert "Confirm it is you" in applicant.get().content.decode()


def test_a_link_ends_after_ninety_days(applicant: Applicant) -> None:
    made = applicant.link.created_at

    assert applicant.link.expires_at == made + timedelta(days=90)
    assert open_link(applicant.token, known=RIGHT, actor=STRANGER, now=made + timedelta(days=90)) is None
    assert (
        open_link(applicant.token, known=RIGHT, actor=STRANGER, now=made + timedelta(days=89))
        == applicant.link
    )


def test_a_new_session_begins_with_the_grant(applicant: Applicant) -> None:
    applicant.client.session.save()
    session = applicant.client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    applicant.client.cookies["sessionid"] = before or ""

    applicant.answer()

    assert applicant.client.session.session_key != before


def test_pages_are_not_kept_and_do_not_tell_where_the_reader_came_from(applicant: Applicant) -> None:
    asked = applicant.get()
    applicant.answer()
    shown = applicant.get()

    for response in (asked, shown):
        assert response["Referrer-Policy"] == "same-origin"
        assert "no-store" in response["Cache-Control"]
        text = response.content.decode()
        assert re.findall(r"<script|<style|style=|\son\w+=|javascript:", text) == []


def test_a_token_is_different_for_each_party_and_under_each_key(applicant: Applicant, settings: Any) -> None:
    parties = [make_party(applicant.party.application, ordinal=ordinal) for ordinal in (2, 3)]

    tokens = {link_token(party) for party in (applicant.party, *parties)}
    settings.FIELD_INDEX_KEY = b"another key of thirty-two bytes!"
    tokens |= {link_token(applicant.party)}

    assert len(tokens) == 4
    assert all(len(token) == 24 for token in tokens)
