"""API keys: `uw_<env>_<prefix>_<secret><crc32>`.

The checksum over everything before it lets a scanner, and our own door, tell a real key from a look-alike without a query.
The prefix finds the row; of the secret only the SHA-256 is stored, which is enough for 190 random bits.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.config.settings import ENVIRONMENT
from underwriting.enums import Scope
from underwriting.models import ApiClient, ApiKey

LIVE_KEYS_A_CLIENT = 2  # the old and the new one during a rotation
KEY_ENVIRONMENT = "live" if ENVIRONMENT.production else "test"
PREFIX_CHARACTERS = 10
SECRET_CHARACTERS = 32
_LOWER = string.ascii_lowercase + string.digits
_ALPHABET = string.ascii_letters + string.digits
_FORM = re.compile(
    r"uw_(?P<env>live|test)_(?P<prefix>[a-z0-9]{10})_(?P<secret>[A-Za-z0-9]{32})(?P<check>[0-9a-f]{8})"
)
# Compared when no row has the prefix, so that an unknown prefix takes as long as a wrong secret.
_NO_SECRET_SHA256 = hashlib.sha256(b"no key").hexdigest()


class TooManyKeys(Exception):
    """The client has two live keys already; one must be revoked first."""


class KeyNotLive(Exception):
    """The key is revoked or has expired, so there is nothing to revoke."""


class KeyRefused(Exception):
    """A presented key does not open anything. `code` is the stable word of the API's answer."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key with its full text, which exists here and nowhere else: it is shown once."""

    row: ApiKey
    text: str

    def __repr__(self) -> str:
        return f"IssuedKey({self.row.prefix}, hidden)"


def live_keys(client: ApiClient, *, now: datetime) -> QuerySet[ApiKey]:
    """Keys that open the door at `now`, oldest first."""
    return client.keys.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=now), revoked_at__isnull=True
    ).order_by("pk")


def issue_key(
    *,
    client: ApiClient,
    scopes: Collection[Scope],
    actor: Actor,
    now: datetime,
    expires_at: datetime | None = None,
) -> IssuedKey:
    """Make a key for a client. Raises TooManyKeys when two are live."""
    with transaction.atomic():
        ApiClient.objects.select_for_update().get(pk=client.pk)
        if live_keys(client, now=now).count() >= LIVE_KEYS_A_CLIENT:
            raise TooManyKeys(f"{client.name} has {LIVE_KEYS_A_CLIENT} live keys already")
        prefix = "".join(secrets.choice(_LOWER) for _ in range(PREFIX_CHARACTERS))
        secret = "".join(secrets.choice(_ALPHABET) for _ in range(SECRET_CHARACTERS))
        body = f"uw_{KEY_ENVIRONMENT}_{prefix}_{secret}"
        text = body + _checksum(body)
        row = ApiKey.objects.create(
            client=client,
            prefix=prefix,
            secret_sha256=hashlib.sha256(secret.encode()).hexdigest(),
            last_four=text[-4:],
            scopes=sorted(scope.value for scope in scopes),
            created_at=now,
            created_by_id=actor.user_id,
            expires_at=expires_at,
        )
        _audit(
            row,
            client,
            actor=actor,
            now=now,
            action="api_key.issued",
            after={"scopes": row.scopes, "live": True},
        )
    return IssuedKey(row=row, text=text)


def revoke_key(*, key: ApiKey, actor: Actor, now: datetime, reason: str = "") -> None:
    """Close a key at once. Raises KeyNotLive when it is closed already."""
    with transaction.atomic():
        row = ApiKey.objects.select_for_update(of=("self",)).select_related("client").get(pk=key.pk)
        if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
            raise KeyNotLive("this key is closed already")
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        _audit(
            row, row.client, actor=actor, now=now, action="api_key.revoked",
            before={"live": True}, after={"live": False}, reason=reason,
        )  # fmt: skip


def rotate_key(*, key: ApiKey, actor: Actor, now: datetime) -> IssuedKey:
    """Make a second key with the scopes of `key`, which stays live until it is revoked. Raises TooManyKeys, KeyNotLive."""
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        raise KeyNotLive("a closed key cannot be rotated")
    scopes = [Scope(scope) for scope in key.scopes]
    return issue_key(client=key.client, scopes=scopes, actor=actor, now=now)


def verify_key(text: str, *, now: datetime) -> ApiKey:
    """The row behind a presented key, with its client and lender; one indexed query, none for a look-alike.

    Raises:
        KeyRefused: `key_invalid` (form, checksum, environment, prefix or secret), `key_revoked`, `key_expired`. The last
            two are told only to who presents the right secret.
    """
    match = _FORM.fullmatch(text)
    if match is None or not hmac.compare_digest(_checksum(text[:-8]), match["check"]):
        raise KeyRefused("key_invalid", "This is not an API key: its form or its checksum is wrong.")
    if match["env"] != KEY_ENVIRONMENT:
        raise KeyRefused("key_invalid", f"This is a {match['env']} key; {KEY_ENVIRONMENT} keys work here.")
    row = ApiKey.objects.select_related("client__lender").filter(prefix=match["prefix"]).first()
    stored = row.secret_sha256 if row else _NO_SECRET_SHA256
    same = hmac.compare_digest(hashlib.sha256(match["secret"].encode()).hexdigest(), stored)
    if row is None or not same:
        raise KeyRefused("key_invalid", "There is no such API key.")
    if row.revoked_at is not None:
        raise KeyRefused("key_revoked", "This API key was revoked.")
    if row.expires_at is not None and row.expires_at <= now:
        raise KeyRefused("key_expired", "This API key has expired.")
    return row


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _audit(
    row: ApiKey,
    client: ApiClient,
    *,
    actor: Actor,
    now: datetime,
    action: str,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    record_entry(
        actor=actor,
        action=action,
        object_type="api_key",
        object_id=row.prefix,
        object_label=f"{client.name}, key ending {row.last_four}",
        lender_id=client.lender_id,
        before=before,
        after=after,
        reason=reason,
        now=now,
    )
