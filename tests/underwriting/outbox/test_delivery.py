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
    make_application,
    make_assessment,
    make_lender,
    make_party,
    make_product,
    make_user,
)
from tests.mail import MailSink
from underwriting.audit.actor import SYSTEM
from underwriting.clocks.running import start_clock
from underwriting.config.launch import processes
from underwriting.decisions.record import record_decision
from underwriting.decisions.withdraw import withdraw_application
from underwriting.enums import (
    ApplicationStatus,
    ClockKind,
    DecisionStage,
    MailState,
    Outcome,
    Role,
    WorkKind,
    WorkState,
)
from underwriting.models import (
    Alert,
    Application,
    AuditEntry,
    Decision,
    Mail,
    NoticeClock,
    Party,
    WorkItem,
)
from underwriting.outbox.bounce import NoBounce, parse_bounce, read_bounce
from underwriting.outbox.deliver import RETRY_AFTER, UNKNOWN, deliver
from underwriting.outbox.mail import send_later
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
from underwriting.outbox.smtp import AnsweringBackend
from underwriting.outbox.tasks import deliver_mails
from underwriting.work.claim import claim

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 the letter"


@pytest.fixture
def application() -> Application:
    lender = make_lender(mail_from="letters@harbour.example")
    now = timezone.now()
    application = make_application(make_product(lender), received_at=now, completed_at=now)
    start_clock(application=application, kind=ClockKind.DECISION_NOTICE, began_at=now)
    return application


def decide(application: Application) -> Decision:
    return record_decision(
        application=application, assessment=make_assessment(application), outcome=Outcome.DECLINE, stage=DecisionStage.SCORE,
        offer=None, reasons=[], decided_by=None, note="", actor=SYSTEM, now=timezone.now(),
    )  # fmt: skip


def letter(application: Application, *, email: str = "maria@example.test", **changes: Any) -> Mail:
    party = application.parties.first() or make_party(
        application, email=email, esign_consented_at=timezone.now()
    )
    values: dict[str, Any] = {
        "subject": "A letter for you", "text": "Open your page.", "letter_id": 7, "letter_sha256": "ab" * 32, "attachment": PDF,
        "decision": application.decisions.last() or decide(application), "meets": ClockKind.DECISION_NOTICE,
        "begins": ClockKind.REASONS_REQUEST, "now": timezone.now(),
    }  # fmt: skip
    return send_later(application=application, party=party, **{**values, **changes})


def running(application: Application) -> list[str]:
    clocks = NoticeClock.objects.filter(application=application, stopped_at__isnull=True)
    return sorted(clocks.values_list("kind", flat=True))


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
