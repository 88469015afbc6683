"""A person says that a letter was posted: that is its proof of dispatch."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.enums import MailState
from underwriting.models import Mail, User
from underwriting.outbox.results import (
    ITEMS_CAME,
    REPLACED,
    WITHDRAWN,
    is_void,
    lock_mail,
    record_sent,
    record_void,
)

NOON = time(12)
DO_NOT_POST = {
    WITHDRAWN: "The application was withdrawn.",
    ITEMS_CAME: "What was missing came.",
    REPLACED: "Another decision was made.",
}


class NotPosted(Exception):
    """It cannot be noted as posted; the message says why, for the person who wanted to."""


def confirm_posted(*, mail: Mail, posted_on: date, user: User, actor: Actor, now: datetime) -> Mail:
    """Note on which day, where the lender is, a letter was posted: its clock stops, the applicant counts as told.

    Raises NotPosted for a day before it was written or in the future, and for a letter that waits no more.
    """
    with transaction.atomic():
        locked = lock_mail(mail.pk)
        if locked.state == MailState.WAITING and not is_void(locked):
            zone = ZoneInfo(locked.application.lender.time_zone)
            _require_day(posted_on, locked, today=now.astimezone(zone).date(), zone=zone)
            # Nobody asks for the hour; noon keeps the day in every calculation, and nothing happens before its cause.
            noon = datetime.combine(posted_on, NOON, tzinfo=zone)
            sent_at = min(now, max(noon, locked.created_at))
            proof = f"Posted on {posted_on.isoformat()}, as {user.name} says"
            record_sent(locked, proof=proof, sent_at=sent_at, actor=actor, posted_by=user, now=now)
            return locked
        if locked.state == MailState.WAITING:
            record_void(locked, actor=actor, now=now)
    if locked.proof in DO_NOT_POST:
        raise NotPosted(f"{DO_NOT_POST[locked.proof]} Do not post this letter.")
    raise NotPosted("This letter was noted as posted already.")


def _require_day(posted_on: date, mail: Mail, *, today: date, zone: ZoneInfo) -> None:
    written = mail.created_at.astimezone(zone).date()
    if posted_on > today:
        raise NotPosted("This day lies in the future")
    if posted_on < written:
        raise NotPosted(f"The letter was written on {written.day} {written:%B %Y}, after this day")
