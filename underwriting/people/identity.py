"""Who a party is, sealed: AES-256-GCM under a key of the lender, and a keyed index to find the same person again.

The blob starts with a format byte and the id of the master key, so keys can be rotated while old rows stay readable. The
associated data names lender, table, column and row: a ciphertext copied to another row does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from underwriting.models import Party

FORMAT_VERSION = 1
HEADER_BYTES = 2  # format version, master key id
NONCE_BYTES = 12
TAG_BYTES = 16


class IdentityUnreadable(Exception):
    """A sealed identity does not open: another row's, changed, cut short, or of a key that is not configured."""


class EncryptionNotConfigured(Exception):
    """UW_MASTER_KEYS or UW_INDEX_KEY is not set."""


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """What identifies a person. Its text form hides every value, so that no log line or traceback can carry one."""

    given_name: str
    family_name: str
    birth_date: date
    national_id: str
    email: str
    telephone: str
    address_lines: tuple[str, ...]
    postcode: str

    def __repr__(self) -> str:
        return "Identity(hidden)"

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()


def seal_identity(identity: Identity, *, lender_id: int, party_public_id: UUID) -> bytes:
    """Encrypt for one row of `Party.identity`. Raises EncryptionNotConfigured without a master key."""
    keys: dict[int, bytes] = settings.FIELD_MASTER_KEYS
    if not keys:
        raise EncryptionNotConfigured("UW_MASTER_KEYS is not set: identities cannot be stored")
    key_id = max(keys)
    plain = json.dumps(
        {
            "given_name": identity.given_name,
            "family_name": identity.family_name,
            "birth_date": identity.birth_date.isoformat(),
            "national_id": identity.national_id,
            "email": identity.email,
            "telephone": identity.telephone,
            "address_lines": list(identity.address_lines),
            "postcode": identity.postcode,
        },
        ensure_ascii=False,
    ).encode()
    header = bytes((FORMAT_VERSION, key_id))
    nonce = secrets.token_bytes(NONCE_BYTES)
    cipher = AESGCM(_lender_key(keys[key_id], lender_id))
    return header + nonce + cipher.encrypt(nonce, plain, _associated_data(header, lender_id, party_public_id))


def open_identity(party: Party) -> Identity:
    """Decrypt the identity of a party. Raises IdentityUnreadable when the blob is not this row's or its key is unknown."""
    blob = bytes(party.identity)
    if len(blob) < HEADER_BYTES + NONCE_BYTES + TAG_BYTES or blob[0] != FORMAT_VERSION:
        raise IdentityUnreadable("the sealed identity has no known form")
    header, nonce = blob[:HEADER_BYTES], blob[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES]
    master = settings.FIELD_MASTER_KEYS.get(header[1])
    if master is None:
        raise IdentityUnreadable(f"the master key {header[1]} is not configured")
    cipher = AESGCM(_lender_key(master, party.lender_id))
    try:
        plain = cipher.decrypt(
            nonce,
            blob[HEADER_BYTES + NONCE_BYTES :],
            _associated_data(header, party.lender_id, party.public_id),
        )
    except InvalidTag as error:
        raise IdentityUnreadable("the sealed identity does not belong to this row, or was changed") from error
    data = json.loads(plain)
    return Identity(
        given_name=data["given_name"],
        family_name=data["family_name"],
        birth_date=date.fromisoformat(data["birth_date"]),
        national_id=data["national_id"],
        email=data["email"],
        telephone=data["telephone"],
        address_lines=tuple(data["address_lines"]),
        postcode=data["postcode"],
    )


def person_index(*, lender_id: int, national_id: str, birth_date: date) -> bytes:
    """Return 32 bytes that are the same for the same person at one lender and tell nothing without the index key."""
    key: bytes = settings.FIELD_INDEX_KEY
    if not key:
        raise EncryptionNotConfigured("UW_INDEX_KEY is not set: persons cannot be recognised")
    normalised = re.sub(r"[^0-9A-Z]", "", national_id.upper())
    message = f"{lender_id}|{normalised}|{birth_date.isoformat()}".encode()
    return hmac.new(key, message, hashlib.sha256).digest()


def _associated_data(header: bytes, lender_id: int, party_public_id: UUID) -> bytes:
    return header + f"{lender_id}|underwriting_party|identity|{party_public_id}".encode()


@lru_cache(maxsize=256)
def _lender_key(master: bytes, lender_id: int) -> bytes:
    """One data key a lender, so that no two lenders' rows are under the same key (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"identity|{lender_id}".encode()).derive(
        master
    )
