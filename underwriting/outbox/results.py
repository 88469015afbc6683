"""What became of a mail, written down once: sent or posted, given up, bounced. In the caller's transaction.

Sending is what tells an applicant (12 CFR 1002.9 comment 9-3), so it stops the clock that the mail meets; a bounce shows that
it did not tell them, so it sets that clock going again, from the same event and to the same day.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

from underwriting.alerts.raise_alert import raise_alert
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.clocks.running import DECISION_CLOCKS, NewClock, start_clocks, stop_clocks
from underwriting.enums import ApplicationStatus, ClockKind, MailState, PartyRole
from underwriting.models import Application, Decision, Mail, NoticeClock, Party, User
from underwriting.outbox.mail import put_on_paper

WITHDRAWN = "The application was withdrawn before this was sent."
ITEMS_CAME = "What was missing came before this was sent."
REPLACED = "Another decision was made before this was sent."
# Mail servers like to repeat an address, and the trail is never erased.
AN_ADDRESS = re.compile(r"[^\s<>,;:\"']+@[^\s<>,;:\"']+")


def lock_mail(mail_id: int) -> Mail:
    """Lock the application, then its mail, as every writer does, and read both afresh."""
    application_id = Mail.objects.values_list("application_id", flat=True).get(pk=mail_id)
    application = (
        Application.objects.select_for_update(of=("self",)).select_related("lender").get(pk=application_id)
    )
    mail = Mail.objects.select_for_update(of=("self",)).select_related("party").get(pk=mail_id)
    mail.application = application
    return mail


def is_void(mail: Mail) -> bool:
    """Whether a letter that waits was overtaken by events, and is not sent."""
    return bool(void_because(mail))


def void_because(mail: Mail) -> str:
    """Why a letter is not sent any more; empty where it is. A withdrawn application needs no notice (comment 9-2)."""
    if mail.letter_id is None:
        return ""
    status = mail.application.status
    if status == ApplicationStatus.WITHDRAWN:
        return WITHDRAWN
    if mail.decision_id is not None:
        return "" if _stands(mail) else REPLACED
    waits = status in (ApplicationStatus.INCOMPLETE, ApplicationStatus.CLOSED_INCOMPLETE)
    return "" if waits else ITEMS_CAME


def void_waiting(applications: Collection[Application], *, actor: Actor, now: datetime) -> None:
    """Take back the letters that an event just overtook. An e-mail that is being handed over is left to its answer.

    The applications are locked by the caller, and have the status that the event gave them.
    """
    by_id = {application.pk: application for application in applications}
    waiting = Mail.objects.select_for_update(of=("self",)).filter(
        application_id__in=by_id, letter_id__isnull=False, state=MailState.WAITING, attempted_at__isnull=True
    )
    for mail in waiting.order_by("pk"):
        mail.application = by_id[mail.application_id]
        if is_void(mail):
            record_void(mail, actor=actor, now=now)


def record_sent(
    mail: Mail, *, proof: str, sent_at: datetime, actor: Actor, posted_by: User | None = None, now: datetime
) -> None:
    """The mail is on its way for good. `mail` comes from `lock_mail`."""
    application = mail.application
    mail.state, mail.sent_at, mail.proof = MailState.SENT, sent_at, without_address(proof)
    mail.attempted_at, mail.attachment, mail.posted_by = None, b"", posted_by
    mail.save(update_fields=["state", "sent_at", "proof", "attempted_at", "attachment", "posted_by"])
    if mail.decision_id is None or _stands(mail):
        _tell(mail, application, sent_at=sent_at)
    _record(
        mail,
        "posted" if mail.on_paper else "sent",
        actor=actor,
        now=now,
        after={"proof": mail.proof, "sent_at": sent_at.isoformat()},
    )


def record_given_up(mail: Mail, *, because: str, is_address: bool, actor: Actor, now: datetime) -> None:
    """The e-mail is not sent (again); a letter goes on the print list. `is_address`: no other mail will arrive there either."""
    mail.state, mail.proof, mail.attempted_at, mail.attachment = (
        MailState.FAILED,
        without_address(because),
        None,
        b"",
    )
    mail.save(update_fields=["state", "proof", "attempted_at", "attachment"])
    if is_address:
        _note_failed_address(mail.party, now)
    _continue_on_paper(mail, now=now)
    _record(mail, "not_delivered", actor=actor, now=now, after={"because": mail.proof})


def record_void(mail: Mail, *, actor: Actor, now: datetime) -> None:
    """The mail waits for nothing any more."""
    because = void_because(mail)
    mail.state, mail.proof, mail.attempted_at, mail.attachment = MailState.FAILED, because, None, b""
    mail.save(update_fields=["state", "proof", "attempted_at", "attachment"])
    _record(mail, "void", actor=actor, now=now, after={"because": because})


def record_bounced(mail: Mail, *, because: str, actor: Actor, now: datetime) -> bool:
    """The e-mail came back. False where that is known already, or it was never an e-mail."""
    if mail.on_paper or mail.state == MailState.BOUNCED:
        return False
    sent_at, is_on_paper = mail.sent_at, mail.state == MailState.FAILED
    mail.state, mail.bounced_at, mail.bounce = MailState.BOUNCED, now, without_address(because)
    mail.attempted_at, mail.attachment = None, b""
    mail.save(update_fields=["state", "bounced_at", "bounce", "attempted_at", "attachment"])
    _note_failed_address(mail.party, now)
    if sent_at is not None and void_because(mail) not in (
        WITHDRAWN,
        ITEMS_CAME,
    ):  # then nothing is due any more
        _take_back(mail, mail.application, sent_at=sent_at, now=now)
    if not is_on_paper:  # given up before: its letter was put on the print list then
        _continue_on_paper(mail, now=now)
    _record(mail, "bounced", actor=actor, now=now, after={"because": mail.bounce})
    return True


def _stands(mail: Mail) -> bool:
    last = Decision.objects.filter(application_id=mail.application_id).order_by("-number").first()
    return last is not None and last.pk == mail.decision_id


def _tell(mail: Mail, application: Application, *, sent_at: datetime) -> None:
    is_primary = mail.party.role == PartyRole.PRIMARY
    if mail.decision_id is not None and is_primary and application.notified_at is None:
        application.notified_at = sent_at
        application.save(update_fields=["notified_at"])
    if mail.meets:
        kinds = DECISION_CLOCKS if mail.meets in DECISION_CLOCKS else (ClockKind(mail.meets),)
        stop_clocks(application, by=_name(mail), now=sent_at, kinds=kinds)
    if mail.begins:
        start_clocks(
            [NewClock(application=application, kind=ClockKind(mail.begins), began_at=sent_at)],
        )


def _take_back(mail: Mail, application: Application, *, sent_at: datetime, now: datetime) -> None:
    for met in NoticeClock.objects.filter(application=application, stopped_by=_name(mail)):
        again = NewClock(
            application=application, kind=ClockKind(met.kind), began_at=met.began_at, due=met.due_on
        )
        start_clocks([again])
    if mail.begins:
        NoticeClock.objects.filter(
            application=application, kind=mail.begins, began_at=sent_at, stopped_at__isnull=True
        ).update(stopped_at=now, stopped_by=f"{_name(mail)} bounced", rings_at=None)
    if mail.decision_id is not None and application.notified_at == sent_at and _stands(mail):
        application.notified_at = None
        application.save(update_fields=["notified_at"])


def _continue_on_paper(mail: Mail, *, now: datetime) -> None:
    if mail.letter_id is None or is_void(mail):
        return
    put_on_paper(mail, now=now)
    raise_alert(
        kind="mail.to_print",
        subject=f"A letter about {mail.application.reference} could not be sent by e-mail and has to be posted",
        lender_id=mail.lender_id,
        now=now,
        details={"mail": str(mail.public_id), "application": mail.application.reference},
    )


def _note_failed_address(party: Party, now: datetime) -> None:
    Party.objects.filter(pk=party.pk, mail_failed_at__isnull=True).update(mail_failed_at=now)


def without_address(answer: str) -> str:
    return AN_ADDRESS.sub("(address)", answer)[:200]


def _name(mail: Mail) -> str:
    return f"mail {mail.public_id}"


def _record(mail: Mail, what: str, *, actor: Actor, now: datetime, after: dict[str, Any]) -> None:
    """In the trail, a letter's journey is the notice's; that of a message is its own."""
    record_entry(
        actor=actor,
        action=f"{'notice' if mail.letter_id is not None else 'mail'}.{what}",
        object_type="mail",
        object_id=str(mail.public_id),
        object_label=mail.application.reference,
        lender_id=mail.lender_id,
        application_id=mail.application_id,
        after={**after, "on_paper": mail.on_paper, "letter_sha256": mail.letter_sha256, "message_id": mail.message_id},
        now=now,
    )  # fmt: skip
