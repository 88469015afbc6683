"""Who a party is, sealed (underwriting.people.sealing), and a keyed index to find the same person again."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from underwriting.models import Party
from underwriting.people.sealing import EncryptionNotConfigured, seal, unseal

WHAT = "identity"


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


def seal_identity(identity: Identity, *, party: Party) -> bytes:
    """Encrypt for the party's `identity`; its lender, public id and sealing key must be set. Raises Unreadable, Erased."""
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
    )
    return seal(plain.encode(), party=party, what=WHAT)


def open_identity(party: Party) -> Identity:
    """Decrypt the identity of a party. Raises Unreadable when the blob is not this row's, Erased when it was forgotten."""
    data = json.loads(unseal(party.identity, party=party, what=WHAT))
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
