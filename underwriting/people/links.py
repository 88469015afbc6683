"""Applicants' links: an unguessable path, and one more fact that the person knows, before anything is shown.

A wrong token, an expired link, a wrong fact and a locked link are answered alike, so that nobody learns which of them it was.
Attempts are counted in the link's row under its lock: no two of them can slip through together.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from underwriting.models import ApplicantLink, Application, Party
from underwriting.people.identity import open_identity

# 144 bits; 24 characters, the length from which the log filter takes a path segment for a secret.
TOKEN_BYTES = 18
LIFETIME = timedelta(days=90)
FREE_ATTEMPTS = 4
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class KnownFact:
    """What the person typed: a birth date or, where that is None, a postcode."""

    birth_date: date | None
    postcode: str


def create_link(*, application: Application, party: Party, now: datetime) -> str:
    """Make a link for a party of the application and return its token, which is stored nowhere: only its SHA-256 is."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    ApplicantLink.objects.create(
        application=application,
        party=party,
        token_sha256=_sha256(token),
        created_at=now,
        expires_at=now + LIFETIME,
    )
    return token


def find_link(token: str, *, now: datetime) -> ApplicantLink | None:
    """The link of a token while it lasts; None for one that never was or has expired. Shows nothing by itself."""
    return (
        ApplicantLink.objects.select_related("application__lender", "application__product", "party")
        .filter(token_sha256=_sha256(token), expires_at__gt=now)
        .first()
    )


@transaction.atomic
def open_link(token: str, *, known: KnownFact, now: datetime) -> ApplicantLink | None:
    """The link, where the known fact is right; None where it is not, or the link is locked, expired or no link.

    A wrong answer is counted; from the fifth on each locks the link, first for 15 minutes, then twice as long each time,
    at most a day. A right answer sets the count back. While locked nothing is compared and nothing counted.
    """
    link = (
        ApplicantLink.objects.select_for_update(of=("self",))
        .select_related("party")
        .filter(token_sha256=_sha256(token), expires_at__gt=now)
        .first()
    )
    if link is None or (link.locked_until is not None and link.locked_until > now):
        return None
    if _is_right(known, link.party):
        link.failed_count, link.locked_until = 0, None
        link.save(update_fields=["failed_count", "locked_until"])
        return link
    link.failed_count += 1
    locks = link.failed_count - FREE_ATTEMPTS
    if locks > 0:
        link.locked_until = now + min(FIRST_LOCK * 2 ** min(locks - 1, 10), LONGEST_LOCK)
    link.save(update_fields=["failed_count", "locked_until"])
    return None


def _is_right(known: KnownFact, party: Party) -> bool:
    identity = open_identity(party)
    if known.birth_date is not None:
        return known.birth_date == identity.birth_date
    return hmac.compare_digest(_plain(known.postcode), _plain(identity.postcode))


def _plain(postcode: str) -> bytes:
    return re.sub(r"[\s-]", "", postcode).upper().encode()


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
