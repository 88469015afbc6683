"""Applicants' links: an unguessable path, and one more fact that the person knows, before anything is shown.

A wrong token, an expired link, a wrong fact and a locked link are answered alike, so that nobody learns which of them it was:
the same page after the same number of statements. Tries are counted twice, exactly: for each link in its row, under its lock,
and for each address they come from, whatever the token. Each refusal is audited, with the first characters of the token's hash.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.enums import PartyRole
from underwriting.models import ApplicantLink, Application, Party
from underwriting.people.identity import open_identity
from underwriting.people.sealing import EncryptionNotConfigured, Erased
from underwriting.people.tries import TryLimit, count_try, place_of, take_back_try

# 144 bits; 24 characters, the length from which the log filter takes a path segment for a secret.
TOKEN_BYTES = 18
LIFETIME = timedelta(days=90)
FREE_ATTEMPTS = 4
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(days=1)
# A household or an office shares an address; twenty wrong answers in a quarter of an hour are no longer a slip of the thumb.
BY_ADDRESS = TryLimit("applicant-link", tries=20, window=timedelta(minutes=15))
BY_DOCUMENT = TryLimit("applicant-document", tries=5, window=timedelta(minutes=15))
# Every file costs a process of its own, taken or refused. An application holds twenty of them.
BY_UPLOAD = TryLimit("applicant-upload", tries=20, window=timedelta(hours=1))
HASH_CHARACTERS_SHOWN = 12
NO_ROW = 0  # no row has this key


@dataclass(frozen=True, slots=True)
class KnownFact:
    """What the person typed. Nothing that the letter prints next to the link: whoever finds it has both."""

    birth_date: date


class TooManyTries(Exception):
    """Too many tries from one place; none is heard before `until`. Says nothing about any link."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"not before {until.isoformat()}")
        self.until = until


def create_links(*, application: Application, parties: Sequence[Party], now: datetime) -> None:
    """One link for each party. Only the SHA-256 of a token is stored; `link_token` makes the token again from our key."""
    ApplicantLink.objects.bulk_create(
        ApplicantLink(
            application=application,
            party=party,
            token_sha256=token_sha256(link_token(party)),
            created_at=now,
            expires_at=now + LIFETIME,
        )
        for party in parties
    )


def next_link(last: ApplicantLink, *, expires_at: datetime, now: datetime) -> ApplicantLink:
    """A further link for the party of their last one, which stays as it is. Call it under the application's lock."""
    link = _link_after(last, expires_at=expires_at, now=now)
    link.save(force_insert=True)
    return link


def renew_links(until_of: Mapping[str, datetime], *, now: datetime) -> None:
    """See that each party's newest link lasts until then, by the party's public id. Call it under their applications' locks."""
    links = ApplicantLink.objects.select_related("party").filter(party__public_id__in=list(until_of))
    newest = {link.party_id: link for link in links.order_by("serial", "pk")}
    needed = [(link, until_of[str(link.party.public_id)]) for link in newest.values()]
    ApplicantLink.objects.bulk_create(
        _link_after(link, expires_at=max(until, now + LIFETIME), now=now)
        for link, until in needed
        if link.expires_at < until
    )


def _link_after(last: ApplicantLink, *, expires_at: datetime, now: datetime) -> ApplicantLink:
    serial = last.serial + 1
    return ApplicantLink(
        application_id=last.application_id,
        party=last.party,
        serial=serial,
        token_sha256=token_sha256(link_token(last.party, serial=serial)),
        created_at=now,
        expires_at=expires_at,
    )


def link_token(party: Party, *, serial: int = 1) -> str:
    """The token of a party's link: 144 bits that nobody can make without the index key. Raises EncryptionNotConfigured."""
    key: bytes = settings.FIELD_INDEX_KEY
    if not key:
        raise EncryptionNotConfigured("UW_INDEX_KEY is not set: links cannot be made")
    which = f"applicant-link|{party.public_id}" + (f"|{serial}" if serial > 1 else "")
    digest = hmac.new(key, which.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode()


def applicant_path(application: Application, *, now: datetime) -> str | None:
    """Path of the primary applicant's page, while a link of theirs lasts."""
    link = (
        ApplicantLink.objects.select_related("party")
        .filter(application=application, party__role=PartyRole.PRIMARY, expires_at__gt=now)
        .order_by("-serial")
        .first()
    )
    return None if link is None else _path(link)


def party_path(party: Party, *, now: datetime) -> str | None:
    """Path of this party's page, while a link of theirs lasts."""
    links = ApplicantLink.objects.select_related("party").filter(party=party, expires_at__gt=now)
    link = links.order_by("-serial").first()
    return None if link is None else _path(link)


def _path(link: ApplicantLink) -> str:
    return f"/a/{link_token(link.party, serial=link.serial)}/"


def find_link(token: str, *, now: datetime) -> ApplicantLink | None:
    """The link of a token while it lasts; None for one that never was or has expired. Shows nothing by itself."""
    return (
        ApplicantLink.objects.select_related("application__lender", "application__product", "party")
        .filter(token_sha256=token_sha256(token), expires_at__gt=now)
        .first()
    )


def open_link(token: str, *, known: KnownFact, actor: Actor, now: datetime) -> ApplicantLink | None:
    """The link, where the known fact is right; None where it is not, or the link is locked, expired or no link.

    A wrong answer is counted; from the fifth on each locks the link, first for 15 minutes, then twice as long each time,
    at most a day. A right answer sets the count back. While locked nothing is compared and nothing counted on the link.

    Raises TooManyTries, for any token, where too many answers of `actor.ip_address` were refused before.
    """
    link, over_until = _hear(token, known=known, actor=actor, now=now)
    if over_until is not None:
        raise TooManyTries(over_until)
    return link


@transaction.atomic
def _hear(
    token: str, *, known: KnownFact, actor: Actor, now: datetime
) -> tuple[ApplicantLink | None, datetime | None]:
    over_until = count_stranger(token, actor=actor, now=now)
    if over_until is not None:
        return None, over_until
    link = (
        ApplicantLink.objects.select_for_update(of=("self",))
        .select_related("party")
        .filter(token_sha256=token_sha256(token))
        .first()
    )
    refused = _refusal(link, known, now=now)
    if link is not None and refused in ("", "wrong fact"):
        _count_on_link(link, is_right=not refused, now=now)
    else:
        # As many statements as where there is something to count on.
        ApplicantLink.objects.filter(pk=NO_ROW).update(failed_count=0, locked_until=None)
    if refused:
        record_link_event(token, link, action="link.refused", reason=refused, actor=actor, now=now)
        return None, None
    take_back_try(BY_ADDRESS, place_of(actor.ip_address))
    record_link_event(token, link, action="link.opened", reason="", actor=actor, now=now)
    return link, None


def count_stranger(token: str, *, actor: Actor, now: datetime) -> datetime | None:
    """Count a try of this address in the caller's transaction; the moment until which it is not heard, None where it is.

    The first try too many is audited, the others are not: they could fill the trail.
    """
    tried = count_try(BY_ADDRESS, place_of(actor.ip_address), now=now)
    if tried.is_first_over:
        record_link_event(token, None, action="link.address_throttled", reason="", actor=actor, now=now)
    return tried.over_until


def refuse_document(link: ApplicantLink, document_id: str, *, actor: Actor, now: datetime) -> None:
    """Audit that somebody asked for a document that is not theirs, or not there. Raises TooManyTries after five."""
    with transaction.atomic():
        tried = count_try(BY_DOCUMENT, str(link.pk), now=now)
        if tried.over_until is None or tried.is_first_over:
            record_entry(
                actor=actor, action="document.refused", object_type="document", object_id=document_id,
                lender_id=link.application.lender_id, application_id=link.application_id,
                reason="not a document of this person", now=now,
            )  # fmt: skip
    if tried.over_until is not None:
        raise TooManyTries(tried.over_until)


@transaction.atomic
def count_upload(link: ApplicantLink, *, actor: Actor, now: datetime) -> datetime | None:
    """Count a file that this party sends, before it is opened; the moment until which none is taken, None where it is.

    The first one too many is audited.
    """
    tried = count_try(BY_UPLOAD, str(link.party_id), now=now)
    if tried.is_first_over:
        record_entry(
            actor=actor, action="document.throttled", object_type="application", object_id=str(link.application.public_id),
            object_label=link.application.reference, lender_id=link.application.lender_id,
            application_id=link.application_id, now=now,
        )  # fmt: skip
    return tried.over_until


def record_link_event(
    token: str, link: ApplicantLink | None, *, action: str, reason: str, actor: Actor, now: datetime
) -> None:
    """Audit what became of a token. Of the token itself only the first characters of its hash are kept."""
    record_entry(
        actor=actor,
        action=action,
        object_type="applicant_link",
        object_id=token_sha256(token)[:HASH_CHARACTERS_SHOWN],
        lender_id=None if link is None else link.party.lender_id,
        application_id=None if link is None else link.application_id,
        after=None
        if link is None
        else {
            "failed_count": link.failed_count,
            "locked_until": link.locked_until.isoformat() if link.locked_until else None,
        },
        reason=reason,
        now=now,
    )


def _refusal(link: ApplicantLink | None, known: KnownFact, *, now: datetime) -> str:
    """Why nothing opens, for the trail alone; empty where the link opens."""
    if link is None:
        return "no such link"
    if link.expires_at <= now:
        return "expired"
    if link.locked_until is not None and link.locked_until > now:
        return "locked"
    return "" if _is_right(known, link.party) else "wrong fact"


def _count_on_link(link: ApplicantLink, *, is_right: bool, now: datetime) -> None:
    if is_right:
        link.failed_count, link.locked_until = 0, None
    else:
        link.failed_count += 1
        locks = link.failed_count - FREE_ATTEMPTS
        if locks > 0:
            link.locked_until = now + min(FIRST_LOCK * 2 ** min(locks - 1, 10), LONGEST_LOCK)
    link.save(update_fields=["failed_count", "locked_until"])


def _is_right(known: KnownFact, party: Party) -> bool:
    try:
        identity = open_identity(party)
    except Erased:  # forgotten while the answer was on its way
        return False
    return known.birth_date == identity.birth_date


def token_sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
