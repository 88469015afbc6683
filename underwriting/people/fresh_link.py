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
from django.db.models import Max

from underwriting.audit.actor import Actor
from underwriting.models import ApplicantLink
from underwriting.outbox.mail import send_later
from underwriting.people.links import (
    LIFETIME,
    TooManyTries,
    count_stranger,
    link_token,
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
        ApplicantLink.objects.select_for_update(of=("self",))
        .select_related("party", "application__lender")
        .filter(token_sha256=token_sha256(token))
        .first()
    )
    if old is None:
        record_link_event(
            token, None, action="link.fresh_refused", reason="no such link", actor=actor, now=now
        )
        return
    # Counted first: its row is locked from here on, so that two wishes of one party are heard one after the other.
    tried = count_try(BY_PARTY, str(old.party_id), now=now)
    last = ApplicantLink.objects.filter(party=old.party).aggregate(last=Max("serial"))["last"]
    if tried.over_until is not None or last >= SERIAL_MAX:
        record_link_event(token, old, action="link.fresh_refused", reason="sent lately", actor=actor, now=now)
        return
    new_token = link_token(old.party, serial=last + 1)
    new = ApplicantLink.objects.create(
        application=old.application,
        party=old.party,
        serial=last + 1,
        token_sha256=token_sha256(new_token),
        created_at=now,
        expires_at=now + LIFETIME,
    )
    words = wording(new, f"{settings.BASE_URL}/a/{new_token}/")
    send_later(application=old.application, party=old.party, subject=words.subject, text=words.text, now=now)
    record_link_event(token, old, action="link.fresh_sent", reason="", actor=actor, now=now)
