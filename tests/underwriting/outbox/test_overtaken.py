"""Mail that came back, and mail that events have overtaken: told once, or not at all, and never by a second letter."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from tests.factories import (
    make_assessment,
    make_party,
    make_user,
)
from tests.mail import MailSink
from tests.underwriting.outbox.sending import decide, letter, running
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.record import record_decision
from underwriting.decisions.withdraw import withdraw_application
from underwriting.enums import (
    ApplicationStatus,
    ClockKind,
    MailState,
    Outcome,
    Role,
)
from underwriting.models import (
    Application,
    Mail,
    NoticeClock,
    Party,
)
from underwriting.outbox.bounce import NoBounce, parse_bounce, read_bounce
from underwriting.outbox.posting import NotPosted, confirm_posted
from underwriting.outbox.results import (
    ITEMS_CAME,
    REPLACED,
    lock_mail,
    record_bounced,
    record_sent,
    void_because,
    void_waiting,
)
from underwriting.outbox.selectors import to_post, to_post_count
from underwriting.outbox.tasks import deliver_mails

pytestmark = pytest.mark.django_db


def test_a_bounce_takes_the_telling_back_and_the_letter_goes_on_paper(
    mail_sink: MailSink, application: Application
) -> None:
    before = NoticeClock.objects.get(kind=ClockKind.DECISION_NOTICE)
    mail = letter(application, email="bounce@example.test")
    deliver_mails()
    application.refresh_from_db()
    told_at = application.notified_at

    was_new = [read_bounce(mail_sink.wait_for_bounce(), now=timezone.now()) for _ in range(2)]

    mail.refresh_from_db()
    application.refresh_from_db()
    assert (was_new, told_at is None, application.notified_at) == ([True, False], False, None)
    assert (mail.state, mail.bounce) == (
        MailState.BOUNCED,
        "5.1.1 smtp; 550 5.1.1 There is no such mailbox",
    )
    again = NoticeClock.objects.get(kind=ClockKind.DECISION_NOTICE, stopped_at__isnull=True)
    assert (again.pk == before.pk, again.began_at, again.due_on) == (False, before.began_at, before.due_on)
    assert running(application) == [ClockKind.DECISION_NOTICE]
    assert Party.objects.get().mail_failed_at is not None
    assert Mail.objects.filter(on_paper=True, state=MailState.WAITING).count() == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda _: b"Subject: hello\r\n\r\nhello", "no delivery status notification"),
        (lambda raw: raw.replace(b"Action: failed", b"Action: delayed"), "reports no failure"),
        (lambda raw: raw.replace(b"Message-ID: <", b"X-Other: <"), "does not name"),
    ],
)
def test_what_is_no_bounce_marks_nothing(
    mail_sink: MailSink, application: Application, change: Any, why: str
) -> None:
    letter(application, email="bounce@example.test")
    deliver_mails()

    with pytest.raises(NoBounce, match=why):
        read_bounce(change(mail_sink.wait_for_bounce()), now=timezone.now())

    assert Mail.objects.get().state == MailState.SENT


def test_a_bounce_of_somebody_elses_mail_is_none_of_ours(
    mail_sink: MailSink, application: Application
) -> None:
    mail = letter(application, email="bounce@example.test")
    deliver_mails()
    raw = mail_sink.wait_for_bounce()
    other = raw.replace(str(mail.public_id).encode(), b"00000000-0000-4000-8000-000000000000")

    with pytest.raises(NoBounce, match="none of ours"):
        read_bounce(other, now=timezone.now())


def test_a_whole_message_sent_back_is_read_as_well_as_its_headers_alone(
    mail_sink: MailSink, application: Application
) -> None:
    mail = letter(application, email="bounce@example.test")
    deliver_mails()
    raw = mail_sink.wait_for_bounce().replace(b"text/rfc822-headers", b"message/rfc822")

    assert parse_bounce(raw).message_id == mail.message_id


def test_a_bounce_of_a_mail_that_was_given_up_prints_no_second_letter(
    mail_sink: MailSink, application: Application
) -> None:
    mail = letter(application, email="vanish@example.test")
    deliver_mails()
    before = Mail.objects.filter(on_paper=True).count()

    was_new = record_bounced(lock_mail(mail.pk), because="5.1.1", actor=SYSTEM, now=timezone.now())

    assert (was_new, before, Mail.objects.filter(on_paper=True).count()) == (True, 1, 1)


def decide_again(application: Application) -> None:
    record_decision(
        application=application, assessment=make_assessment(application, number=2), outcome=Outcome.APPROVE, stage=None,
        offer=None, reasons=[], decided_by=None, note="", actor=SYSTEM, now=timezone.now(),
    )  # fmt: skip


def test_a_letter_that_was_under_way_when_another_decision_was_made_tells_of_none(
    application: Application,
) -> None:
    mail = letter(application)
    Mail.objects.update(attempted_at=timezone.now())
    decide_again(application)

    record_sent(lock_mail(mail.pk), proof="250 OK", sent_at=timezone.now(), actor=SYSTEM, now=timezone.now())

    application.refresh_from_db()
    assert (Mail.objects.get().state, application.notified_at) == (MailState.SENT, None)
    assert running(application) == [ClockKind.APPROVAL_ANSWER, ClockKind.DECISION_NOTICE]


@pytest.mark.parametrize("on_paper", [True, False])
def test_a_letter_of_a_decision_that_no_longer_stands_is_not_sent(
    mail_sink: MailSink, application: Application, *, on_paper: bool
) -> None:
    make_party(application, esign_consented_at=None if on_paper else timezone.now())
    mail = letter(application)

    decide_again(application)
    deliver_mails()

    mail.refresh_from_db()
    assert (mail.on_paper, mail.state, mail.proof) == (on_paper, MailState.FAILED, REPLACED)
    assert (mail_sink.mails(), to_post(lender_id=application.lender_id, limit=9)) == ([], [])
    user = make_user("Olive Post", (application.lender, Role.CREDIT_OFFICER))
    with pytest.raises(NotPosted, match="Another decision was made"):
        confirm_posted(
            mail=mail, posted_on=timezone.now().date(), user=user, actor=SYSTEM, now=timezone.now()
        )


def test_a_letter_that_asks_for_what_came_meanwhile_is_not_sent(application: Application) -> None:
    decide(application)
    Application.objects.update(status=ApplicationStatus.INCOMPLETE)
    make_party(application)
    mail = letter(application, decision=None, meets=ClockKind.INCOMPLETENESS_NOTICE)
    before = void_because(lock_mail(mail.pk))
    application.status = ApplicationStatus.SUBMITTED

    void_waiting([application], actor=SYSTEM, now=timezone.now())

    mail.refresh_from_db()
    assert (before, mail.state, mail.proof) == ("", MailState.FAILED, ITEMS_CAME)


def test_withdrawing_takes_the_waiting_letter_off_the_print_list(application: Application) -> None:
    make_party(application)
    decide(application)
    Application.objects.update(status=ApplicationStatus.APPROVED)
    letter(application)
    before = to_post_count(lender_id=application.lender_id)

    withdraw_application(application=application, actor=SYSTEM, now=timezone.now())

    assert (before, to_post_count(lender_id=application.lender_id)) == (1, 0)
    assert Mail.objects.get().state == MailState.FAILED


def test_a_bounce_after_the_application_was_withdrawn_sets_no_clock_going(
    mail_sink: MailSink, application: Application
) -> None:
    decide(application)
    mail = letter(application)
    deliver_mails()
    Application.objects.update(status=ApplicationStatus.APPROVED)
    withdraw_application(application=application, actor=SYSTEM, now=timezone.now())

    record_bounced(lock_mail(mail.pk), because="5.1.1", actor=SYSTEM, now=timezone.now())

    assert (running(application), Mail.objects.filter(on_paper=True).count()) == ([], 0)


def test_a_letter_of_an_application_that_was_withdrawn_meanwhile_is_not_sent(
    mail_sink: MailSink, application: Application
) -> None:
    make_party(application, esign_consented_at=timezone.now())
    decision = record_decision(
        application=application, assessment=make_assessment(application), outcome=Outcome.APPROVE, stage=None,
        offer=None, reasons=[], decided_by=None, note="", actor=SYSTEM, now=timezone.now(),
    )  # fmt: skip
    letter(application, decision=decision)
    withdraw_application(application=application, actor=SYSTEM, now=timezone.now())

    deliver_mails()

    assert (mail_sink.mails(), running(application)) == ([], [])
    assert Mail.objects.get().proof == "The application was withdrawn before this was sent."
