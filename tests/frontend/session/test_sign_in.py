"""Signing in: two steps, one answer for every failure, waits, idle sessions, roles."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from frontend.session.sign_in import enrol
from tests.factories import make_lender, make_user
from tests.factories.lending import PASSWORD
from underwriting.enums import Role
from underwriting.models import Membership, User

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)


def code_at(moment: datetime) -> str:
    return str(format_hotp_value(hotp_value(SECRET, int(moment.timestamp()) // 30)))


@pytest.fixture
def ana() -> User:
    ana = make_user("Ana Ruiz", (make_lender(), Role.CREDIT_OFFICER))
    enrolled_at = NOW - timedelta(days=1)
    enrol(user=ana, secret=SECRET, code=code_at(enrolled_at), now=enrolled_at)
    return ana


def post_password(
    client: Client, email: str = "ana@example.test", password: str = PASSWORD, **extra: str
) -> Any:
    return client.post("/sign-in/", {"email": email, "password": password, **extra})


def test_password_and_code_let_in_and_return_to_the_page_asked_for(client: Client, ana: User) -> None:
    with time_machine.travel(NOW, tick=False):
        first = post_password(client, next="/me/settings/")
        second = client.post("/sign-in/second-step/", {"code": code_at(NOW)})
        page = client.get("/me/settings/")

    assert (first.status_code, first["Location"]) == (302, "/sign-in/second-step/")
    assert (second.status_code, second["Location"]) == (302, "/me/settings/")
    assert page.status_code == 200
    assert page["Cache-Control"] == "private, no-store"
    assert "HX-Request" in page["Vary"]


def test_the_password_alone_opens_nothing(client: Client, ana: User) -> None:
    post_password(client)
    assert client.get("/me/settings/")["Location"] == "/sign-in/?next=%2Fme%2Fsettings%2F"


def test_wrong_address_and_wrong_password_get_the_same_answer(client: Client, ana: User) -> None:
    wrong_password = post_password(client, password="not this one at all")
    wrong_address = post_password(client, email="bob@example.test", password="not this one at all")

    def words(response: Any) -> str:
        return re.sub(r'value="[^"]*"|X-CSRFToken": "\w+', "", response.content.decode())

    assert wrong_password.status_code == wrong_address.status_code == 422
    assert words(wrong_password) == words(wrong_address)


@pytest.mark.parametrize("email", ["ana@example.test", "nobody@example.test"])
def test_the_fifth_failure_starts_a_wait_that_is_told_as_a_time(
    client: Client, ana: User, email: str
) -> None:
    with time_machine.travel(NOW, tick=False):
        answers = [post_password(client, email=email, password="wrong") for _ in range(5)]
        during = post_password(client, email=email)
    with time_machine.travel(NOW + timedelta(minutes=5, seconds=1), tick=False):
        after = post_password(client, email=email)

    assert ["Too many attempts" in a.content.decode() for a in answers] == [False] * 4 + [True]
    assert "You can try again at 15:05:00 (UTC)" in during.content.decode()
    assert after.status_code == (302 if email.startswith("ana") else 422)


def test_a_code_works_once(client: Client, ana: User) -> None:
    with time_machine.travel(NOW, tick=False):
        post_password(client)
        client.post("/sign-in/second-step/", {"code": code_at(NOW)})
        client.post("/sign-out/")
        post_password(client)
        again = client.post("/sign-in/second-step/", {"code": code_at(NOW)})
    assert again.status_code == 422
    assert "was used already" in again.content.decode()


def test_someone_without_a_second_step_has_to_enrol_before_anything_opens(client: Client) -> None:
    make_user("Bea Lund", (make_lender(), Role.AUDITOR))
    with time_machine.travel(NOW, tick=False):
        first = post_password(client, email="bea@example.test")
        page = client.get(first["Location"])
        secret = client.session["sign_in_secret"]
        wrong = client.post("/sign-in/enrol/", {"code": "000000"})
        code = format_hotp_value(hotp_value(secret, int(NOW.timestamp()) // 30))
        right = client.post("/sign-in/enrol/", {"code": code})
        client.post("/sign-out/")
        post_password(client, email="bea@example.test")
        again = client.post("/sign-in/second-step/", {"code": code})

    assert first["Location"] == "/sign-in/enrol/"
    assert secret in page.content.decode()
    assert wrong.status_code == 422
    assert (right.status_code, right["Location"]) == (302, "/")
    assert again.status_code == 422
    assert "was used already" in again.content.decode()


def test_a_second_step_set_up_twice_at_once_stays_the_first(ana: User) -> None:
    assert not enrol(user=ana, secret=SECRET, code=code_at(NOW), now=NOW)
    assert Authenticator.objects.filter(user=ana).count() == 1


def test_thirty_idle_minutes_end_the_session_and_polling_does_not_count(client: Client, ana: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client.force_login(ana)
        client.get("/me/settings/")
        clock.shift(timedelta(minutes=20))
        polled = client.get("/me/settings/", headers={"UW-Poll": "1"})
        clock.shift(timedelta(minutes=11))
        idle = client.get("/me/settings/")
    assert polled.status_code == 200
    assert idle.status_code == 302


def test_activity_keeps_the_session(client: Client, ana: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client.force_login(ana)
        client.get("/me/settings/")
        for _ in range(3):
            clock.shift(timedelta(minutes=20))
            assert client.get("/me/settings/").status_code == 200


def test_a_fragment_without_a_session_is_sent_to_sign_in_as_a_page(client: Client) -> None:
    answer = client.get(
        "/me/settings/",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/queue/?view=mine"},
    )
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/sign-in/?next=%2Fqueue%2F%3Fview%3Dmine"


def test_a_way_back_to_another_site_is_dropped(client: Client, ana: User) -> None:
    with time_machine.travel(NOW, tick=False):
        post_password(client, next="https://evil.example/")
        inside = client.post("/sign-in/second-step/", {"code": code_at(NOW)})
    assert inside["Location"] == "/"


def test_one_click_sign_in_exists_in_demonstrations_only(client: Client, ana: User, settings: Any) -> None:
    absent = client.post("/sign-in/as/", {"person": ana.pk})
    settings.UW_DEMO = True
    card = client.get("/sign-in/")
    present = client.post("/sign-in/as/", {"person": ana.pk})

    assert absent.status_code == 404
    assert "credit officer at Harbour" in card.content.decode()
    assert (present.status_code, present["Location"]) == (302, "/")


@pytest.mark.parametrize("person", ["9" * 5_000, "9" * 19, "-1", "\u0663", ""])
def test_one_click_sign_in_of_nobody_is_not_found(client: Client, settings: Any, person: str) -> None:
    settings.UW_DEMO = True

    assert client.post("/sign-in/as/", {"person": person}).status_code == 404


def test_somebody_whose_last_lender_let_them_go_is_told_so(client: Client, ana: User) -> None:
    Membership.objects.filter(user=ana).update(suspended_at=NOW)
    with time_machine.travel(NOW, tick=False):
        post_password(client)
        inside = client.post("/sign-in/second-step/", {"code": code_at(NOW)})
        page = client.get(inside["Location"])
        fragment = client.get("/queue/", headers={"HX-Request": "true"})

    assert (inside["Location"], page.status_code) == ("/", 403)
    assert "You have no access to any lender; ask your administrator." in page.content.decode()
    assert 'action="/sign-out/"' in page.content.decode()
    assert (fragment.status_code, fragment["HX-Redirect"]) == (403, "/")


def test_a_form_of_a_page_that_is_out_of_date_is_answered_with_a_page(ana: User) -> None:
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post("/sign-in/", {"email": "ana@example.test", "password": PASSWORD})

    assert answer.status_code == 403
    assert "Go back, your text is still there." in answer.content.decode()
    assert '<a class="brand" href="/">' in answer.content.decode()


def test_a_person_switches_between_their_own_lenders_only(client: Client) -> None:
    harbour, northgate, quarry = (make_lender(code) for code in ("harbour", "northgate", "quarry"))
    assert quarry.pk
    kim = make_user("Kim Oduya", (harbour, Role.AUDITOR), (northgate, Role.CREDIT_OFFICER))
    client.force_login(kim)

    assert "Auditor" in client.get("/me/settings/").content.decode()
    assert client.post("/me/lender/", {"lender": "northgate"}).status_code == 302
    assert "Credit officer" in client.get("/me/settings/").content.decode()
    assert client.post("/me/lender/", {"lender": "quarry"}).status_code == 404


def test_settings_follow_the_person(client: Client, ana: User) -> None:
    client.force_login(ana)
    saved = client.post("/me/settings/", {"theme": "dark", "density": "dense", "after_decision": "next"})
    page = client.get("/me/settings/").content.decode()
    assert saved.status_code == 303
    assert '<html lang="en" data-theme="dark" data-density="dense" data-shortcuts="off">' in page
