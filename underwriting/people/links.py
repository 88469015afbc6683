"""Applicants' links: an unguessable path, and one more fact that the person knows, before anything is shown.

A wrong token, an expired link, a wrong fact and a locked link are answered alike, so that nobody learns which of them it was.
Attempts are counted in the link's row under its lock: no two of them can slip through together.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from underwriting.enums import PartyRole
from underwriting.models import ApplicantLink, Application, Party
from underwriting.people.identity import EncryptionNotConfigured, open_identity

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


def create_links(*, application: Application, parties: Sequence[Party], now: datetime) -> None:
    """One link for each party. Only the SHA-256 of a token is stored; `link_token` makes the token again from our key."""
    ApplicantLink.objects.bulk_create(
        ApplicantLink(
            application=application,
            party=party,
            token_sha256=_sha256(link_token(party)),
            created_at=now,
            expires_at=now + LIFETIME,
        )
        for party in parties
    )


def link_token(party: Party) -> str:
    """The token of a party's link: 144 bits that nobody can make without the index key. Raises EncryptionNotConfigured."""
    key: bytes = settings.FIELD_INDEX_KEY
    if not key:
        raise EncryptionNotConfigured("UW_INDEX_KEY is not set: links cannot be made")
    digest = hmac.new(key, f"applicant-link|{party.public_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode()


def applicant_path(application: Application, *, now: datetime) -> str | None:
    """Path of the primary applicant's page, while its link lasts."""
    link = (
        ApplicantLink.objects.select_related("party")
        .filter(application=application, party__role=PartyRole.PRIMARY, expires_at__gt=now)
        .first()
    )
    return None if link is None else f"/a/{link_token(link.party)}/"


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
