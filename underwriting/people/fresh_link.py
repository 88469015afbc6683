"""A fresh link for somebody whose link has ended: sent to the address on file, never shown.

Whoever asks learns nothing: a token that never was, an ended one and a live one are answered alike, after the same count of
tries. What is sent goes where the application says, not where the asker is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.models import ApplicantLink, Application
from underwriting.outbox.mail import send_later
from underwriting.people.links import (
    LIFETIME,
    TooManyTries,
    count_stranger,
    link_token,
    next_link,
    record_link_event,
    token_sha256,
)
from underwriting.people.tries import TryLimit, count_try

# More than a person asks for, less than a nuisance in somebody's letter box.
BY_PARTY = TryLimit("fresh-link", tries=2, window=timedelta(days=1))
SERIAL_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Wording:
    """What the mail says, in the language of the application."""

    subject: str
    text: str


def send_fresh_link(
    token: str, *, wording: Callable[[ApplicantLink, str], Wording], actor: Actor, now: datetime
) -> None:
    """Make a new link for the party of this token and send it to the address on file; nothing where there is no such party.

    `wording` is given the new link, with its application and lender, and its whole address. The old link is left as it is.
    Raises TooManyTries, for any token, after too many tries from `actor.ip_address`.
    """
    with transaction.atomic():
        over_until = count_stranger(token, actor=actor, now=now)
        if over_until is None:
            _send(token, wording=wording, actor=actor, now=now)
    if over_until is not None:
        raise TooManyTries(over_until)


def _send(
    token: str, *, wording: Callable[[ApplicantLink, str], Wording], actor: Actor, now: datetime
) -> None:
    old = (
        ApplicantLink.objects.select_related("party", "application__lender")
        .filter(token_sha256=token_sha256(token))
        .first()
    )
    # The lock under which a notice is told, too, and its page's link made: of one serial there is one link.
    if old is not None:
        Application.objects.select_for_update().get(pk=old.application_id)
    last = (
        ApplicantLink.objects.filter(party=old.party).order_by("-serial").first() if old is not None else None
    )
    if old is None or last is None:  # none there ever was, or its people were erased at this moment
        record_link_event(
            token, None, action="link.fresh_refused", reason="no such link", actor=actor, now=now
        )
        return
    tried = count_try(BY_PARTY, str(old.party_id), now=now)
    if tried.over_until is not None or last.serial >= SERIAL_MAX:
        record_link_event(token, old, action="link.fresh_refused", reason="sent lately", actor=actor, now=now)
        return
    last.party, last.application = old.party, old.application
    new = next_link(last, expires_at=now + LIFETIME, now=now)
    words = wording(new, f"{settings.BASE_URL}/a/{link_token(new.party, serial=new.serial)}/")
    send_later(application=old.application, party=old.party, subject=words.subject, text=words.text, now=now)
    record_link_event(token, old, action="link.fresh_sent", reason="", actor=actor, now=now)
