"""Letters on their way, and the clocks they meet: by e-mail to those who agreed, onto the print list for the others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from explanations.models import Letter, Notice
from explanations.notices.asking import NoReasonsDue, request_reasons
from explanations.notices.clocks import ring
from explanations.notices.covering import covering
from explanations.notices.dispatch import clocks_of, dispatch_letter, is_combined
from explanations.notices.letters.opening import letter_pdf
from explanations.notices.letters.store import render_letters
from explanations.tasks import work_on_notices
from tests.explanations.situations import counteroffer, joint, knock_out
from tests.factories import make_user
from tests.mail import MailSink
from underwriting.audit.actor import SYSTEM
from underwriting.clocks.running import start_clock
from underwriting.clocks.selectors import today_of
from underwriting.enums import ClockKind, MailState, NoticeKind, Role
from underwriting.models import Alert, Application, AuditEntry, Mail, NoticeClock, Party
from underwriting.outbox.mail import SEALED_AS
from underwriting.outbox.posting import NotPosted, confirm_posted
from underwriting.outbox.tasks import deliver_mails
from underwriting.people.sealing import unseal

pytestmark = pytest.mark.django_db


def told(notice: Notice) -> list[Letter]:
    """The notice's letters, with the clock of its application running from its completion."""
    application = Application.objects.get(pk=notice.application_id)
    start_clock(application=application, kind=ClockKind.DECISION_NOTICE, began_at=application.received_at)
    return render_letters(notice, now=timezone.now())


def agree(notice: Notice) -> None:
    Party.objects.filter(application=notice.application_id).update(esign_consented_at=timezone.now())


def kinds(*, running: bool = True) -> list[str]:
    return sorted(NoticeClock.objects.filter(stopped_at__isnull=running).values_list("kind", flat=True))


def test_a_letter_goes_by_e_mail_without_a_word_of_what_it_says(mail_sink: MailSink) -> None:
    notice = knock_out()
    agree(notice)
    (letter,) = told(notice)

    mail = dispatch_letter(letter, now=timezone.now())
    again = dispatch_letter(letter, now=timezone.now())
    deliver_mails()

    (arrived,) = mail_sink.mails()
    text, pdf = arrived.iter_parts()
    body = text.get_content()
    assert again == mail
    assert "There is a letter from Harbour about your application A-7Q4M-2K." in body
    assert "/a/" in body
    assert not any(word in body.lower() for word in ("declin", "cannot", "offer", "reason", "bankrupt"))
    assert pdf.get_content() == letter_pdf(letter)
    assert (kinds(), kinds(running=False)) == (["REASONS_REQUEST"], ["DECISION_NOTICE"])
    assert Application.objects.get().notified_at is not None


def test_without_consent_a_person_prints_and_posts_it() -> None:
    notice = knock_out()
    (letter,) = told(notice)
    now = timezone.now()
    mail = dispatch_letter(letter, now=now)
    officer = make_user("Olive Post", (notice.application.lender, Role.CREDIT_OFFICER))
    today = today_of(notice.application.lender, now)

    for day, why in ((today + timedelta(days=1), "future"), (today - timedelta(days=1), "after this day")):
        with pytest.raises(NotPosted, match=why):
            confirm_posted(mail=mail, posted_on=day, user=officer, actor=SYSTEM, now=now)
    confirm_posted(mail=mail, posted_on=today, user=officer, actor=SYSTEM, now=now)

    mail.refresh_from_db()
    application = Application.objects.get()
    assert (mail.on_paper, mail.state, mail.posted_by) == (True, MailState.SENT, officer)
    assert mail.proof == f"Posted on {today.isoformat()}, as Olive Post says"
    assert application.notified_at == mail.sent_at
    assert kinds(running=False) == ["DECISION_NOTICE"]
    assert AuditEntry.objects.filter(action="notice.posted").count() == 1
    with pytest.raises(NotPosted, match="already"):
        confirm_posted(mail=mail, posted_on=today, user=officer, actor=SYSTEM, now=now)


def test_the_letter_of_another_party_stops_no_clock(mail_sink: MailSink) -> None:
    notice = joint()
    agree(notice)
    letters = told(notice)
    other = next(letter for letter in letters if letter.party.ordinal == 2)

    mail = dispatch_letter(other, now=timezone.now())
    deliver_mails()

    mail.refresh_from_db()
    assert (mail.state, mail.meets, mail.begins) == (MailState.SENT, "", "")
    assert (kinds(), Application.objects.get().notified_at) == (["DECISION_NOTICE"], None)


def test_a_combined_counteroffer_ends_the_matter_and_another_kind_starts_ninety_days(
    mail_sink: MailSink,
) -> None:
    notice = counteroffer()
    agree(notice)
    snapshot = notice.snapshot
    assert clocks_of(notice) == (ClockKind.DECISION_NOTICE, ClockKind.REASONS_REQUEST)

    bare = {**snapshot, "letters": [{**letter, "reasons": []} for letter in snapshot["letters"]]}
    without_rights = {**snapshot, "rights": None}
    assert (is_combined(snapshot), is_combined(bare), is_combined(without_rights)) == (True, False, False)
    notice.snapshot = bare
    assert clocks_of(notice) == (ClockKind.DECISION_NOTICE, ClockKind.COUNTEROFFER_ANSWER)

    (letter,) = told(notice)
    letter.notice.snapshot = bare
    mail = dispatch_letter(letter, now=timezone.now())
    deliver_mails()

    mail.refresh_from_db()
    clock = NoticeClock.objects.get(kind=ClockKind.COUNTEROFFER_ANSWER)
    assert (clock.began_at, (clock.due_on - today_of(clock.lender, mail.sent_at)).days) == (mail.sent_at, 90)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["en", "es", "hi"])
def test_every_language_has_its_e_mail(language: str) -> None:
    found = covering(
        language=language, reference="A-7Q4M-2K", lender="Harbour", telephone="+1 207", link="https://x/a/t/"
    )
    without = covering(
        language=language, reference="A-7Q4M-2K", lender="Harbour", telephone="+1 207", link=""
    )

    assert "A-7Q4M-2K" in found.subject
    assert all(part in found.text for part in ("A-7Q4M-2K", "Harbour", "+1 207", "https://x/a/t/"))
    assert ("https" in without.text, "{" in found.text + found.subject) == (False, False)
    assert found.text.isascii() is (language == "en")


def test_a_worker_renders_and_sends(mail_sink: MailSink) -> None:
    notice = knock_out()
    agree(notice)

    work_on_notices()
    deliver_mails()

    mail = Mail.objects.get()
    assert (mail.state, mail.letter_sha256) == (MailState.SENT, Letter.objects.get().pdf_sha256)
    assert mail_sink.mails()[0]["Subject"] == "A letter about your application A-7Q4M-2K"
    assert unseal(mail.body, party=mail.party, what=SEALED_AS).startswith(b"There is a letter")


def sent_notice(mail_sink: MailSink) -> Application:
    notice = knock_out()
    agree(notice)
    (letter,) = told(notice)
    dispatch_letter(letter, now=timezone.now())
    deliver_mails()
    return Application.objects.get()


def test_a_request_for_reasons_is_answered_by_the_letter_that_stands(mail_sink: MailSink) -> None:
    application = sent_notice(mail_sink)
    today = today_of(application.lender, timezone.now())

    first = request_reasons(application=application, asked_on=today, actor=SYSTEM, now=timezone.now())
    twin = request_reasons(application=application, asked_on=today, actor=SYSTEM, now=timezone.now())
    clock = NoticeClock.objects.get(kind=ClockKind.STATEMENT_OF_REASONS)
    deliver_mails()

    assert (first, clock.due_on) == (twin, today + timedelta(days=30))
    assert len(mail_sink.mails()) == 2
    clock.refresh_from_db()
    assert clock.stopped_by == f"mail {first.public_id}"
    assert AuditEntry.objects.filter(action="notice.reasons_requested").count() == 1


def test_after_sixty_days_nobody_owes_an_answer(mail_sink: MailSink) -> None:
    application = sent_notice(mail_sink)
    room = NoticeClock.objects.get(kind=ClockKind.REASONS_REQUEST)
    after = timezone.now() + timedelta(days=61)
    ring(room.pk, now=after)

    with pytest.raises(NoReasonsDue, match="60 days"):
        request_reasons(
            application=application, asked_on=today_of(application.lender, after), actor=SYSTEM, now=after
        )
    room.refresh_from_db()
    assert room.stopped_by == "the time was over"
    assert not Alert.objects.exists()


def test_without_an_adverse_notice_there_are_no_reasons_to_ask_for() -> None:
    notice: Any = knock_out()
    application = Application.objects.get(pk=notice.application_id)

    with pytest.raises(NoReasonsDue, match="No adverse notice"):
        request_reasons(
            application=application, asked_on=today_of(application.lender, timezone.now()), actor=SYSTEM, now=timezone.now()
        )  # fmt: skip
    assert notice.kind == NoticeKind.ADVERSE_ACTION
