"""Texts and files that name a person, sealed: AES-256-GCM, bound to the row's party and to what it is.

The blob starts with a format byte and the id of the master key, so keys can be rotated while old rows stay readable. The
associated data names lender, party and purpose: a ciphertext copied to another row does not open.
"""

from __future__ import annotations

import secrets
from functools import lru_cache

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


class Unreadable(Exception):
    """Something sealed does not open: another row's, changed, cut short, or of a key that is not there (any more)."""


class EncryptionNotConfigured(Exception):
    """UW_MASTER_KEYS or UW_INDEX_KEY is not set."""


def seal(plain: bytes, *, party: Party, what: str) -> bytes:
    """Encrypt for one row. `what` names the column ("letter", "document.content"). Raises EncryptionNotConfigured."""
    keys: dict[int, bytes] = settings.FIELD_MASTER_KEYS
    if not keys:
        raise EncryptionNotConfigured("UW_MASTER_KEYS is not set: personal data cannot be stored")
    key_id = max(keys)
    header = bytes((FORMAT_VERSION, key_id))
    nonce = secrets.token_bytes(NONCE_BYTES)
    cipher = AESGCM(_data_key(keys[key_id], party.lender_id))
    return header + nonce + cipher.encrypt(nonce, plain, _associated_data(header, party, what))


def unseal(blob: bytes, *, party: Party, what: str) -> bytes:
    """Decrypt what `seal` made for the same party and purpose. Raises Unreadable."""
    blob = bytes(blob)
    if len(blob) < HEADER_BYTES + NONCE_BYTES + TAG_BYTES or blob[0] != FORMAT_VERSION:
        raise Unreadable("the sealed text has no known form")
    header, nonce = blob[:HEADER_BYTES], blob[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES]
    master = settings.FIELD_MASTER_KEYS.get(header[1])
    if master is None:
        raise Unreadable(f"the master key {header[1]} is not configured")
    cipher = AESGCM(_data_key(master, party.lender_id))
    try:
        return cipher.decrypt(
            nonce, blob[HEADER_BYTES + NONCE_BYTES :], _associated_data(header, party, what)
        )
    except InvalidTag as error:
        raise Unreadable("the sealed text does not belong to this row, or was changed") from error


def _associated_data(header: bytes, party: Party, what: str) -> bytes:
    return header + f"{party.lender_id}|{what}|{party.public_id}".encode()


@lru_cache(maxsize=256)
def _data_key(master: bytes, lender_id: int) -> bytes:
    """One data key a lender, so that no two lenders' rows are under the same key (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"sealed|{lender_id}".encode()).derive(master)
