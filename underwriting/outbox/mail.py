"""Putting a message or letter on its way to one party: by e-mail where they agreed to that, on paper otherwise."""

from __future__ import annotations

import uuid
from datetime import datetime
from email.utils import parseaddr

from django.conf import settings

from underwriting.enums import ClockKind, MailState, WorkKind
from underwriting.models import Application, Decision, Lender, Mail, Party
from underwriting.people.identity import open_identity
from underwriting.people.sealing import seal
from underwriting.work.put import put

SEALED_AS = "mail"


def send_later(
    *,
    application: Application,
    party: Party,
    subject: str,
    text: str,
    letter_id: int | None = None,
    letter_sha256: str = "",
    attachment: bytes = b"",
    decision: Decision | None = None,
    meets: ClockKind | None = None,
    begins: ClockKind | None = None,
    now: datetime,
) -> Mail:
    """Store a mail in the caller's transaction; DELIVER sends an e-mail, a person prints and posts what goes on paper.

    It goes by e-mail where the party agreed to that (15 USC 7001(c)), gave an address, and no mail to it has failed.

    Args:
        text: of the e-mail; it is kept for printing where there is no letter.
        letter_id: the explanations.Letter that it carries, `attachment` its PDF, and `letter_sha256` that PDF's hash.
        decision: the one it tells; a mail of a decision that no longer stands stops and starts no clock.
        meets: the clock that stops, `begins` the one that starts, when this is sent.
    """
    on_paper = not goes_by_e_mail(party)
    public_id = uuid.uuid4()
    keeps_text = not on_paper or letter_id is None
    mail = Mail.objects.create(
        public_id=public_id,
        lender_id=application.lender_id,
        application=application,
        party=party,
        on_paper=on_paper,
        subject=subject,
        body=seal(text.encode(), party=party, what=SEALED_AS) if keeps_text else b"",
        letter_id=letter_id,
        letter_sha256=letter_sha256,
        attachment=seal(attachment, party=party, what=SEALED_AS) if attachment and not on_paper else b"",
        decision=decision,
        meets=meets or "",
        begins=begins or "",
        state=MailState.WAITING,
        message_id="" if on_paper else _message_id(public_id, application.lender),
        created_at=now,
    )
    if not on_paper:
        put(
            kind=WorkKind.DELIVER,
            lender_id=application.lender_id,
            application_id=application.pk,
            subject_id=mail.pk,
            now=now,
        )
    return mail


def goes_by_e_mail(party: Party) -> bool:
    """Whether this party is written to by e-mail."""
    if party.esign_consented_at is None or party.mail_failed_at is not None:
        return False
    return bool(open_identity(party).email)


def sender_of(lender: Lender) -> str:
    """The address that a lender's e-mails come from, and to which they bounce."""
    return lender.mail_from or str(settings.DEFAULT_FROM_EMAIL)


def put_on_paper(mail: Mail, *, now: datetime) -> Mail:
    """A letter whose e-mail did not arrive, once more, on the print list."""
    return Mail.objects.create(
        lender_id=mail.lender_id,
        application_id=mail.application_id,
        party_id=mail.party_id,
        on_paper=True,
        subject=mail.subject,
        body=b"",
        letter_id=mail.letter_id,
        letter_sha256=mail.letter_sha256,
        decision_id=mail.decision_id,
        meets=mail.meets,
        begins=mail.begins,
        state=MailState.WAITING,
        created_at=now,
    )


def _message_id(public_id: uuid.UUID, lender: Lender) -> str:
    """The mail's own id under the sender's domain: what a mail server and a bounce call it."""
    domain = parseaddr(sender_of(lender))[1].rpartition("@")[2]
    return f"<{public_id}@{domain}>"
