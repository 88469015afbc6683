"""Texts and files that name a person, sealed: AES-256-GCM under a key of the party's own, bound to the row and to what it is.

Each party has a random data key, kept beside it wrapped under a key of the lender. Forgetting a person is forgetting that key:
whatever was sealed under it, here and in every backup made later, is noise from then on, while hashes and decisions stay.
The wrapped key starts with a format byte and the id of the master key, so that master keys can be rotated while old rows stay
readable. The associated data names lender, party and purpose: a ciphertext copied to another row does not open.
"""

from __future__ import annotations

import secrets
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
KEY_BYTES = 32


class Unreadable(Exception):
    """Something sealed does not open: another row's, changed, cut short, or of a key that is not configured."""


class Erased(Unreadable):
    """The person was forgotten: the key is gone, and with it everything that was sealed under it."""


class EncryptionNotConfigured(Exception):
    """UW_MASTER_KEYS or UW_INDEX_KEY is not set."""


def new_sealing_key(*, lender_id: int, party_public_id: UUID) -> bytes:
    """A data key for `Party.sealing_key`, wrapped. Raises EncryptionNotConfigured without a master key."""
    keys: dict[int, bytes] = settings.FIELD_MASTER_KEYS
    if not keys:
        raise EncryptionNotConfigured("UW_MASTER_KEYS is not set: personal data cannot be stored")
    key_id = max(keys)
    header = bytes((FORMAT_VERSION, key_id))
    wrapping = _lender_key(keys[key_id], lender_id)
    return header + _encrypt(
        wrapping, secrets.token_bytes(KEY_BYTES), header + _bound_to(lender_id, "key", party_public_id)
    )


def seal(plain: bytes, *, party: Party, what: str) -> bytes:
    """Encrypt for one row. `what` names the column ("letter", "document.content"). Raises Unreadable, Erased."""
    return _encrypt(_data_key(party), plain, _bound_to(party.lender_id, what, party.public_id))


def unseal(blob: bytes | memoryview, *, party: Party, what: str) -> bytes:
    """Decrypt what `seal` made for the same party and purpose. Raises Unreadable, Erased."""
    return _decrypt(_data_key(party), bytes(blob), _bound_to(party.lender_id, what, party.public_id))


def _data_key(party: Party) -> bytes:
    if party.sealing_key is None:
        raise Erased("the person was erased")
    blob = bytes(party.sealing_key)
    if len(blob) < HEADER_BYTES or blob[0] != FORMAT_VERSION:
        raise Unreadable("the sealing key has no known form")
    header = blob[:HEADER_BYTES]
    master = settings.FIELD_MASTER_KEYS.get(header[1])
    if master is None:
        raise Unreadable(f"the master key {header[1]} is not configured")
    wrapping = _lender_key(master, party.lender_id)
    return _decrypt(
        wrapping, blob[HEADER_BYTES:], header + _bound_to(party.lender_id, "key", party.public_id)
    )


def _encrypt(key: bytes, plain: bytes, associated: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, associated)


def _decrypt(key: bytes, blob: bytes, associated: bytes) -> bytes:
    if len(blob) < NONCE_BYTES + TAG_BYTES:
        raise Unreadable("the sealed text has no known form")
    try:
        return AESGCM(key).decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], associated)
    except InvalidTag as error:
        raise Unreadable("the sealed text does not belong to this row, or was changed") from error


def _bound_to(lender_id: int, what: str, party_public_id: UUID) -> bytes:
    return f"{lender_id}|{what}|{party_public_id}".encode()


@lru_cache(maxsize=256)
def _lender_key(master: bytes, lender_id: int) -> bytes:
    """One wrapping key a lender, so that no two lenders' rows are under the same key (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"sealed|{lender_id}".encode()).derive(
        master
    )
