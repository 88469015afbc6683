"""E-mails through Django's SMTP backend and a real server: once, with its answer kept, and on paper where that fails."""

from __future__ import annotations

import smtplib
import socket
import threading
from datetime import timedelta
from typing import Any
from unittest.mock import ANY

import pytest
from django.utils import timezone

from tests.factories import (
    make_party,
)
from tests.mail import MailSink
from tests.underwriting.outbox.sending import PDF, letter, running
from underwriting.config.launch import processes
from underwriting.enums import (
    ClockKind,
    MailState,
    WorkKind,
    WorkState,
)
from underwriting.models import (
    Alert,
    Application,
    AuditEntry,
    Mail,
    NoticeClock,
    Party,
    WorkItem,
)
from underwriting.outbox.deliver import RETRY_AFTER, UNKNOWN, deliver
from underwriting.outbox.smtp import AnsweringBackend
from underwriting.outbox.tasks import deliver_mails
from underwriting.work.claim import claim

pytestmark = pytest.mark.django_db


def test_a_letter_is_sent_with_its_pdf_and_the_servers_answer_is_the_proof(
    mail_sink: MailSink, application: Application
) -> None:
    mail = letter(application)

    deliver_mails()

    (arrived,) = mail_sink.mails()
    assert (arrived["From"], arrived["To"]) == ("Harbour <letters@harbour.example>", "maria@example.test")
    assert (arrived["Subject"], arrived["Auto-Submitted"]) == ("A letter for you", "auto-generated")
    assert arrived["Message-ID"] == f"<{mail.public_id}@harbour.example>"
    text, pdf = arrived.iter_parts()
    assert text.get_content().strip() == "Open your page."
    assert (pdf.get_content(), pdf.get_filename()) == (PDF, f"{application.reference}.pdf")
    mail.refresh_from_db()
    assert (mail.state, bytes(mail.attachment), mail.attempted_at) == (MailState.SENT, b"", None)
    assert mail.proof.startswith("250 2.0.0 Kept as ")
    application.refresh_from_db()
    assert application.notified_at == mail.sent_at
    assert running(application) == [ClockKind.REASONS_REQUEST]
    assert NoticeClock.objects.get(kind=ClockKind.DECISION_NOTICE).stopped_by == f"mail {mail.public_id}"
    entry = AuditEntry.objects.get(action="notice.sent")
    assert entry.after == {
        "proof": mail.proof, "sent_at": ANY, "on_paper": False, "letter_sha256": "ab" * 32, "message_id": mail.message_id,
    }  # fmt: skip


def test_many_mails_let_other_work_have_its_turn_and_stand_in_line_again(
    mail_sink: MailSink, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    hints: list[str] = []
    monkeypatch.setattr("underwriting.outbox.tasks.AT_ONCE", 1)
    monkeypatch.setattr("underwriting.outbox.tasks.ROUNDS_MAX", 2)
    monkeypatch.setattr("underwriting.outbox.tasks.nudge", hints.append)
    for _ in range(3):
        letter(application)

    deliver_mails()
    some, asked = len(mail_sink.mails()), list(hints)
    deliver_mails()

    assert (some, asked) == (2, ["underwriting.outbox.work"])
    assert (len(mail_sink.mails()), hints) == (3, asked)


def test_one_mail_is_sent_once_however_often_it_is_asked_for(
    mail_sink: MailSink, application: Application
) -> None:
    mail = letter(application)
    for _ in range(3):
        WorkItem.objects.create(
            kind=WorkKind.DELIVER, lender=application.lender, subject_id=mail.pk, state=WorkState.READY,
            not_before=timezone.now(), created_at=timezone.now(),
        )  # fmt: skip

    deliver_mails()
    deliver_mails()

    assert len(mail_sink.mails()) == 1
    assert set(WorkItem.objects.values_list("state", flat=True)) == {WorkState.DONE}


def test_an_address_that_is_refused_gets_no_more_mail_and_the_letter_goes_on_paper(
    mail_sink: MailSink, application: Application
) -> None:
    mail = letter(application, email="refused@example.test")

    deliver_mails()

    mail.refresh_from_db()
    party = Party.objects.get()
    assert (mail.state, mail.proof) == (MailState.FAILED, "550 5.1.1 There is no such mailbox")
    assert (party.mail_failed_at is None, mail_sink.mails()) == (False, [])
    paper = Mail.objects.get(on_paper=True)
    assert (paper.state, paper.letter_id, paper.meets) == (MailState.WAITING, 7, ClockKind.DECISION_NOTICE)
    assert running(application) == [ClockKind.DECISION_NOTICE]
    assert letter(application).on_paper
    assert Alert.objects.get().kind == "mail.to_print"


def test_a_server_that_is_busy_is_tried_again_later_and_not_for_ever(
    mail_sink: MailSink, application: Application
) -> None:
    mail = letter(application, email="busy@example.test")
    waits = []
    for _ in range(len(RETRY_AFTER)):
        deliver_mails()
        item = WorkItem.objects.get(kind=WorkKind.DELIVER, state=WorkState.READY)
        waits.append(round((item.not_before - timezone.now()) / timedelta(minutes=1)))
        WorkItem.objects.filter(pk=item.pk).update(not_before=timezone.now())

    deliver_mails()

    mail.refresh_from_db()
    assert waits == [1, 5, 30, 120, 360, 720]
    assert (mail.state, mail.proof) == (MailState.FAILED, "451 4.2.0 Try again later")
    assert Mail.objects.get(on_paper=True).state == MailState.WAITING
    assert Party.objects.get().mail_failed_at is None  # the address is as good as before


@pytest.mark.parametrize(
    ("refusal", "state", "papers"),
    [
        (smtplib.SMTPSenderRefused(550, b"5.7.1 Sender not allowed", "us@x"), MailState.WAITING, 0),
        (smtplib.SMTPDataError(554, b"5.6.0 Message rejected"), MailState.FAILED, 1),
    ],
)
def test_a_no_that_is_not_about_the_address_is_not_held_against_it(
    mail_sink: MailSink,
    application: Application,
    monkeypatch: pytest.MonkeyPatch,
    refusal: Exception,
    state: MailState,
    papers: int,
) -> None:
    def refuse(*given: Any) -> None:
        raise refusal

    mail = letter(application)
    monkeypatch.setattr(AnsweringBackend, "send_messages", refuse)

    deliver_mails()

    mail.refresh_from_db()
    assert (mail.state, Mail.objects.filter(on_paper=True).count()) == (state, papers)
    assert Party.objects.get().mail_failed_at is None


def test_a_mail_whose_server_is_away_waits_for_it(application: Application, settings: Any) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = (
        "127.0.0.1",
        processes.any_free_port(),
        False,
    )
    mail = letter(application)

    deliver_mails()

    mail.refresh_from_db()
    assert (mail.state, mail.attempted_at) == (MailState.WAITING, None)
    assert "ConnectionRefusedError" in mail.proof
    assert WorkItem.objects.filter(kind=WorkKind.DELIVER, state=WorkState.READY).count() == 1


def test_where_nobody_knows_whether_it_arrived_it_is_not_sent_again_but_printed(
    mail_sink: MailSink, application: Application
) -> None:
    mail = letter(application, email="vanish@example.test")

    deliver_mails()

    mail.refresh_from_db()
    assert len(mail_sink.mails()) == 1  # the server has it, and never said so
    assert (mail.state, mail.proof) == (MailState.FAILED, UNKNOWN)
    assert Mail.objects.get(on_paper=True).letter_id == 7
    assert not WorkItem.objects.filter(state=WorkState.READY).exists()


def test_a_worker_that_died_while_sending_leaves_a_mark_that_forbids_a_second_time(
    mail_sink: MailSink, application: Application
) -> None:
    mail = letter(application)
    Mail.objects.filter(pk=mail.pk).update(attempted_at=timezone.now())

    deliver_mails()

    mail.refresh_from_db()
    assert (mail.state, mail.proof, mail_sink.mails()) == (MailState.FAILED, UNKNOWN, [])
    assert Mail.objects.get(on_paper=True).letter_id == 7


def test_a_worker_that_lost_its_lease_while_sending_writes_nothing(
    mail_sink: MailSink, application: Application
) -> None:
    mail = letter(application)
    (item,) = claim(kinds=[WorkKind.DELIVER], worker="slow")

    def slept() -> Any:
        if Mail.objects.get(pk=mail.pk).attempted_at is not None:
            WorkItem.objects.filter(pk=item.id).update(leased_until=timezone.now() - timedelta(minutes=5))
        return timezone.now()

    deliver(item, clock=slept)

    mail.refresh_from_db()
    assert (mail.state, len(mail_sink.mails())) == (MailState.WAITING, 1)
    assert mail.attempted_at is not None


@pytest.mark.parametrize("missing", ["consent", "address"])
def test_without_consent_or_address_it_goes_on_paper(application: Application, missing: str) -> None:
    if missing == "consent":
        make_party(application)
    else:
        make_party(application, email="", esign_consented_at=timezone.now())

    mail = letter(application)

    assert (mail.on_paper, mail.message_id, bytes(mail.body)) == (True, "", b"")
    assert not WorkItem.objects.exists()


def test_a_server_that_hangs_up_after_the_message_leaves_the_unknown(
    application: Application, settings: Any
) -> None:
    """The same as `vanish`, with a server that closes properly instead of breaking the connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    settings.EMAIL_HOST, settings.EMAIL_PORT = listener.getsockname()
    settings.EMAIL_USE_TLS = False

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rwb") as stream:
            stream.write(b"220 here\r\n")
            stream.flush()
            while (line := stream.readline()) and line.upper() != b"DATA\r\n":
                stream.write(b"250 OK\r\n")
                stream.flush()
            stream.write(b"354 go on\r\n")
            stream.flush()
            while (line := stream.readline()) and line != b".\r\n":
                pass

    thread = threading.Thread(target=serve)
    thread.start()
    mail = letter(application)

    deliver_mails()
    thread.join(5)
    listener.close()

    mail.refresh_from_db()
    assert (mail.state, mail.proof) == (MailState.FAILED, UNKNOWN)
