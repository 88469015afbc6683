"""DELIVER: one e-mail to the mail server, at most once.

Before the server is spoken to, the attempt is written down and committed. Whoever finds that mark later (the worker died, or
the connection broke after the message was sent) cannot know whether the message is on its way. It is not sent by e-mail
again: two copies of one letter under one date confuse, and the law wants one that surely went out. The letter goes on the
print list instead; a message without a letter stays readable on the applicant's page.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import formataddr

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from underwriting.audit.actor import SYSTEM
from underwriting.enums import MailState, WorkKind
from underwriting.models import Mail
from underwriting.outbox.mail import SEALED_AS, sender_of
from underwriting.outbox.results import (
    is_void,
    lock_mail,
    record_given_up,
    record_sent,
    record_void,
    without_address,
)
from underwriting.outbox.smtp import Answer, AnsweringBackend, Outcome
from underwriting.people.identity import open_identity
from underwriting.people.sealing import Unreadable, unseal
from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import finish, hold_for_write, quarantine
from underwriting.work.put import put

logger = structlog.get_logger(__name__)

# After so long each: a mail server that is away or busy for a night is tried again in the morning.
RETRY_AFTER = tuple(timedelta(minutes=n) for n in (1, 5, 30, 120, 360, 720))
UNKNOWN = "It is not known whether the e-mail arrived: the attempt ended without an answer."

Clock = Callable[[], datetime]


def deliver(item: ClaimedItem, *, clock: Clock) -> None:
    """Send the mail of a claimed item and write down what became of it, with the server's answer as the proof."""
    mail = _begin(item, now=clock())
    if mail is None:
        return
    answer = _send(mail)
    _end(item, answer, now=clock())


@transaction.atomic
def give_up_delivery(item: ClaimedItem, *, now: datetime) -> None:
    """After the last failed attempt: a letter goes on the print list."""
    if quarantine(item=item, error="the e-mail could not be handed over", now=now):
        mail = lock_mail(item.subject_id or 0)
        if mail.state == MailState.WAITING:
            record_given_up(mail, because=UNKNOWN, is_address=False, actor=SYSTEM, now=now)


@transaction.atomic
def _begin(item: ClaimedItem, *, now: datetime) -> Mail | None:
    """Mark the attempt; None where there is nothing to send (any more)."""
    if item.id not in hold_for_write([item]):
        return None
    mail = lock_mail(item.subject_id or 0)
    if mail.state == MailState.WAITING and is_void(mail):
        record_void(mail, actor=SYSTEM, now=now)
    elif mail.state == MailState.WAITING and mail.attempted_at is not None:
        record_given_up(mail, because=UNKNOWN, is_address=False, actor=SYSTEM, now=now)
    elif mail.state == MailState.WAITING:
        mail.attempted_at = now
        mail.save(update_fields=["attempted_at"])
        return mail
    finish(items=[item])
    return None


def _send(mail: Mail) -> Answer:
    if not settings.EMAIL_HOST:
        return Answer(Outcome.NOT_YET, "No mail server is configured (UW_SMTP_HOST).")
    try:
        return AnsweringBackend().hand_over(_message(mail))
    except Unreadable:  # this person's data was erased
        return Answer(Outcome.REFUSED, "The address or the text cannot be read any more.")


def _message(mail: Mail) -> EmailMessage:
    lender, party = mail.application.lender, mail.party
    message = EmailMessage(
        subject=mail.subject,
        body=unseal(mail.body, party=party, what=SEALED_AS).decode(),
        from_email=formataddr((lender.name, sender_of(lender))),
        to=[open_identity(party).email],
        headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
    )
    if mail.attachment:
        pdf = unseal(mail.attachment, party=party, what=SEALED_AS)
        message.attach(f"{mail.application.reference}.pdf", pdf, "application/pdf")
    return message


@transaction.atomic
def _end(item: ClaimedItem, answer: Answer, *, now: datetime) -> None:
    """Whoever lost the lease meanwhile writes nothing: the next holder finds the mark, and knows that it knows nothing."""
    if item.id not in hold_for_write([item]):
        return
    mail = lock_mail(item.subject_id or 0)
    logger.info("mail.answered", mail=str(mail.public_id), outcome=answer.outcome.value)
    if mail.state != MailState.WAITING:  # a bounce was faster than we are
        finish(items=[item])
        return
    match answer.outcome:
        case Outcome.ACCEPTED:
            record_sent(mail, proof=answer.text, sent_at=now, actor=SYSTEM, now=now)
        case Outcome.REFUSED:
            record_given_up(mail, because=answer.text, is_address=True, actor=SYSTEM, now=now)
        case Outcome.MESSAGE_REFUSED:
            record_given_up(mail, because=answer.text, is_address=False, actor=SYSTEM, now=now)
        case Outcome.UNKNOWN:
            record_given_up(mail, because=UNKNOWN, is_address=False, actor=SYSTEM, now=now)
        case Outcome.NOT_YET:
            _again(item, mail, answer, now=now)
    finish(items=[item])


def _again(item: ClaimedItem, mail: Mail, answer: Answer, *, now: datetime) -> None:
    """Another attempt as a new item, later; after the last one the letter is printed."""
    tries = int(item.payload.get("tries", 0))
    if tries >= len(RETRY_AFTER):
        record_given_up(mail, because=answer.text, is_address=False, actor=SYSTEM, now=now)
        return
    mail.attempted_at, mail.proof = None, without_address(answer.text)
    mail.save(update_fields=["attempted_at", "proof"])
    put(
        kind=WorkKind.DELIVER, lender_id=mail.lender_id, application_id=mail.application_id, subject_id=mail.pk,
        payload={"tries": tries + 1}, now=now, not_before=now + RETRY_AFTER[tries],
    )  # fmt: skip
