"""A form sent after its session had ended: its writer finds the words again, once, and nobody else does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from frontend.session.middleware import IDLE_SECONDS, SEEN_SESSION_KEY
from frontend.session.unsent import UNSENT, WRITER_HEADER, writer_token
from review_queue.models import Note, ReviewCase
from tests.factories import make_lender, make_user
from tests.factories.reviewing import make_case, make_desk
from underwriting.enums import Role
from underwriting.models import Lender, User

pytestmark = pytest.mark.django_db
WORDS = "Please send us the payslip of October."


@pytest.fixture
def lender() -> Lender:
    return make_lender()


@pytest.fixture
def ana(lender: Lender) -> User:
    return make_user("Ana Ruiz", (lender, Role.CREDIT_OFFICER))


@pytest.fixture
def case(lender: Lender) -> ReviewCase:
    return make_case(make_desk(lender), now=timezone.now() - timedelta(minutes=5))


def send(
    client: Client, case: ReviewCase, text: str = WORDS, headers: Mapping[str, str] | None = None
) -> str:
    """Send a note from the case's page; answers where that led."""
    page = f"http://testserver/cases/{case}/?view=all"
    answer = client.post(
        f"/cases/{case}/notes/",
        {"text": text},
        headers={"Referer": page, **(headers or {})},
    )
    return answer.headers.get("HX-Redirect") or answer.headers["Location"]


def let_idle(client: Client) -> None:
    session = client.session
    session[SEEN_SESSION_KEY] = int(timezone.now().timestamp()) - IDLE_SECONDS - 1
    session.save()


def test_the_words_are_on_the_page_the_writer_comes_back_to_and_nowhere_after_that(
    client: Client, ana: User, case: ReviewCase
) -> None:
    client.force_login(ana)
    let_idle(client)
    assert send(client, case) == f"/sign-in/?next=%2Fcases%2F{case}%2F%3Fview%3Dall"
    client.force_login(ana)

    first, second = (client.get(f"/cases/{case}/").content.decode() for _ in range(2))
    assert ('id="unsent"' in first, WORDS in first) == (True, True)
    assert ('id="unsent"' in second, WORDS in second) == (False, False)
    assert Note.objects.count() == 0


def test_who_signs_in_next_at_the_same_browser_sees_nothing_of_them(
    client: Client, ana: User, lender: Lender, case: ReviewCase
) -> None:
    client.force_login(ana)
    let_idle(client)
    send(client, case)
    client.force_login(make_user("Tom Berg", (lender, Role.CREDIT_OFFICER)))

    assert WORDS not in client.get(f"/cases/{case}/").content.decode()


def test_after_a_night_the_page_itself_says_who_wrote(client: Client, ana: User, case: ReviewCase) -> None:
    """Twelve hours on, the browser has no session any more that could tell."""
    assert send(client, case, headers={"HX-Request": "true", WRITER_HEADER: writer_token(ana.pk)})
    client.force_login(ana)

    assert WORDS in client.get(f"/cases/{case}/").content.decode()


@pytest.mark.parametrize("header", ["", "1", "1:forged"])
def test_nothing_is_kept_of_somebody_who_was_never_signed_in(
    client: Client, case: ReviewCase, header: str
) -> None:
    send(client, case, headers={"HX-Request": "true", WRITER_HEADER: header})
    assert UNSENT not in client.session


def test_what_is_longer_than_any_form_of_ours_is_not_kept(
    client: Client, ana: User, case: ReviewCase
) -> None:
    send(client, case, text="x" * 9_000, headers={"HX-Request": "true", WRITER_HEADER: writer_token(ana.pk)})
    assert UNSENT not in client.session
