"""The list of letters to post: who sees it, what is on it, how a letter leaves it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from explanations.models import Notice
from explanations.notices.dispatch import dispatch_letter
from explanations.notices.letters.opening import letter_pdf
from explanations.notices.letters.store import render_letters
from tests.explanations.situations import knock_out
from tests.factories import make_application, make_lender, make_party, make_product, make_user
from underwriting.clocks.running import start_clock
from underwriting.clocks.selectors import today_of
from underwriting.enums import ApplicationStatus, ClockKind, MailState, Role
from underwriting.models import Application, AuditEntry, Lender, Mail, NoticeClock, Product
from underwriting.outbox.mail import send_later

pytestmark = pytest.mark.django_db


def signed_in(lender: Lender, role: Role) -> Client:
    client = Client()
    client.force_login(make_user(f"{role.value} Person", (lender, role)))
    return client


@pytest.fixture
def notice() -> Notice:
    return knock_out()


@pytest.fixture
def mail(notice: Notice) -> Mail:
    application = Application.objects.get()
    Application.objects.update(status=ApplicationStatus.DECLINED)
    start_clock(application=application, kind=ClockKind.DECISION_NOTICE, began_at=timezone.now())
    (letter,) = render_letters(notice, now=timezone.now())
    return dispatch_letter(letter, now=timezone.now())


@pytest.fixture
def officer(notice: Notice) -> Client:
    return signed_in(notice.application.lender, Role.CREDIT_OFFICER)


def some_product() -> Product:
    return make_product(make_lender())


def messages(product: Product, count: int) -> list[Mail]:
    application = make_application(product)
    party = make_party(application)
    return [
        send_later(application=application, party=party, subject="s", text="Hello", now=timezone.now())
        for _ in range(count)
    ]


def test_an_empty_list_says_so() -> None:
    lender = make_lender()

    page = signed_in(lender, Role.TEAM_LEAD).get("/letters/").content.decode()

    assert "No letter waits to be posted." in page
    assert "No deadline within ten days, and none was missed." in page


def test_a_letter_is_listed_with_its_reader_and_its_day(officer: Client, mail: Mail) -> None:
    page = officer.get("/letters/").content.decode()

    clock = NoticeClock.objects.get()
    assert all(
        part in page for part in ("A-7Q4M-2K", "Maria Okafor", f"{clock.due_on.day} {clock.due_on:%b %Y}")
    )
    assert "1 to post" in page
    assert "<b>1</b><span>letter to post</span>" in officer.get("/").content.decode()


def test_the_letter_is_opened_for_printing_and_that_is_in_the_trail(officer: Client, mail: Mail) -> None:
    response = officer.get(f"/letters/{mail.public_id}/letter/")

    assert response.content == letter_pdf(Notice.objects.get().letters.get())
    assert (response["Content-Type"], response["Cache-Control"]) == ("application/pdf", "private, no-store")
    assert response["Content-Disposition"] == 'attachment; filename="A-7Q4M-2K.pdf"'
    entry = AuditEntry.objects.get(action="notice.letter_read")
    assert (entry.actor_name, entry.after) == ("credit_officer Person", {"letter_sha256": mail.letter_sha256})


def test_a_message_without_a_letter_is_printed_as_text() -> None:
    product = some_product()
    (mail,) = messages(product, 1)

    response = signed_in(product.lender, Role.SENIOR_OFFICER).get(f"/letters/{mail.public_id}/letter/")

    assert (response.content, response["Content-Type"]) == (b"Hello", "text/plain; charset=utf-8")


def test_noting_it_as_posted_tells_the_applicant_and_takes_it_off_the_list(
    officer: Client, mail: Mail
) -> None:
    today = today_of(mail.application.lender, timezone.now())

    done = officer.post(f"/letters/{mail.public_id}/posted/", {"posted_on": today.isoformat()}, follow=True)

    mail.refresh_from_db()
    assert "The letter about A-7Q4M-2K is noted as posted." in done.content.decode()
    assert "No letter waits to be posted." in done.content.decode()
    assert mail.state == MailState.SENT
    assert Application.objects.get().notified_at == mail.sent_at
    assert not NoticeClock.objects.filter(kind=ClockKind.DECISION_NOTICE, stopped_at__isnull=True).exists()


@pytest.mark.parametrize(
    ("day", "why"),
    [("", "Enter a day"), ("yesterday", "Enter a day like 2026-12-01"), ("2999-01-01", "lies in the future"), ("2001-01-01", "after this day")],
)  # fmt: skip
def test_a_day_that_cannot_be_is_refused(officer: Client, mail: Mail, day: str, why: str) -> None:
    response = officer.post(f"/letters/{mail.public_id}/posted/", {"posted_on": day})

    mail.refresh_from_db()
    assert (response.status_code, mail.state) == (422, MailState.WAITING)
    assert why in response.content.decode()


def test_a_letter_of_a_withdrawn_application_is_not_posted(officer: Client, mail: Mail) -> None:
    Application.objects.update(status=ApplicationStatus.WITHDRAWN)
    today = today_of(mail.application.lender, timezone.now())

    response = officer.post(f"/letters/{mail.public_id}/posted/", {"posted_on": today.isoformat()})

    mail.refresh_from_db()
    assert "Do not post this letter." in response.content.decode()
    assert (mail.state, Application.objects.get().notified_at) == (MailState.FAILED, None)


def test_auditors_see_the_list_and_open_and_post_nothing(mail: Mail) -> None:
    auditor = signed_in(mail.application.lender, Role.AUDITOR)

    page = auditor.get("/letters/").content.decode()

    assert "A-7Q4M-2K" in page
    assert "PDF" not in page
    assert auditor.get(f"/letters/{mail.public_id}/letter/").status_code == 403
    assert auditor.post(f"/letters/{mail.public_id}/posted/").status_code == 403


def test_another_lenders_letter_is_not_there(mail: Mail) -> None:
    stranger = signed_in(make_lender("northgate"), Role.CREDIT_OFFICER)

    assert "Okafor" not in stranger.get("/letters/").content.decode()
    assert stranger.get(f"/letters/{mail.public_id}/letter/").status_code == 404
    assert stranger.post(f"/letters/{mail.public_id}/posted/", {"posted_on": "2026-12-01"}).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_as_many_statements_for_one_letter_as_for_three(
    django_assert_num_queries: Any, count: int
) -> None:
    product = some_product()
    messages(product, count)
    client = signed_in(product.lender, Role.TEAM_LEAD)
    client.get("/letters/")

    with django_assert_num_queries(7):
        client.get("/letters/")


def test_fifty_letters_are_a_page() -> None:
    product = some_product()
    mails = messages(product, 51)
    client = signed_in(product.lender, Role.TEAM_LEAD)

    first = client.get("/letters/").content.decode()
    rest = client.get(f"/letters/?after={mails[49].pk}").content.decode()
    beyond = client.get(f"/letters/?after={mails[50].pk}").content.decode()

    assert (first.count('name="posted_on"'), rest.count('name="posted_on"')) == (50, 1)
    assert f"/letters/?after={mails[49].pk}" in first
    assert "That was the last letter." in beyond
    assert client.get("/letters/?after=x'9%00").status_code == 200


def test_a_missed_deadline_is_seen_on_the_home_page_and_on_the_list() -> None:
    product = some_product()
    application = make_application(product)
    start_clock(
        application=application, kind=ClockKind.DECISION_NOTICE, began_at=timezone.now() - timedelta(days=40)
    )
    client = signed_in(product.lender, Role.CREDIT_OFFICER)

    page, home = client.get("/letters/").content.decode(), client.get("/").content.decode()

    assert application.reference in page
    assert "The notice of the decision" in page
    assert ", missed</span>" in page
    assert "notice missed</span>" in home


def test_a_request_for_reasons_puts_the_letter_on_the_list_again(officer: Client, mail: Mail) -> None:
    today = today_of(mail.application.lender, timezone.now()).isoformat()
    officer.post(f"/letters/{mail.public_id}/posted/", {"posted_on": today})

    done = officer.post("/letters/reasons/", {"reference": "a-7q4m-2k", "asked_on": today}, follow=True)

    assert "The letter with the reasons for A-7Q4M-2K is on the list below." in done.content.decode()
    assert Mail.objects.filter(state=MailState.WAITING).count() == 1
    assert NoticeClock.objects.filter(kind=ClockKind.STATEMENT_OF_REASONS, stopped_at=None).count() == 1


@pytest.mark.parametrize(
    ("reference", "day", "why"),
    [
        ("", "2026-12-01", "Enter the reference on the letter"),
        ("A-ZZZZ-ZZ", "2026-11-01", "There is no application with this reference"),
        ("A-7Q4M-2K", "2999-12-01", "This day lies in the future"),
        ("A-7Q4M-2K", "2026-11-01", "No adverse notice was sent for this application."),
    ],
)
def test_a_request_that_cannot_be_answered_says_why(
    officer: Client, notice: Notice, reference: str, day: str, why: str
) -> None:
    response = officer.post("/letters/reasons/", {"reference": reference, "asked_on": day})

    assert response.status_code == 422
    assert why in response.content.decode()
