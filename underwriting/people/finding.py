"""Finding a person again by whole words of their name, their e-mail address or a telephone number.

Identities are sealed, so nothing can look into them. Each word is therefore kept a second time, as a keyed hash of the word and
the lender: equal words have equal hashes at one lender, and without the index key a hash tells nothing. That is all it can do:
there are no beginnings of words and no likenesses, because whatever could find those could also be read.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable

from django.conf import settings

from underwriting.people.identity import Identity
from underwriting.people.sealing import EncryptionNotConfigured

# Without the country's code, which one person writes and another leaves out.
TELEPHONE_DIGITS = 10
TELEPHONE_DIGITS_MIN = 7
_TELEPHONE = re.compile(r"\+?\(?[0-9][0-9\s()./-]{5,}[0-9]")
_APOSTROPHES = re.compile("['’`\N{MODIFIER LETTER APOSTROPHE}]")


def words_of(identity: Identity) -> frozenset[str]:
    """Every word by which this person is found, in the form `typed_words` gives to what somebody types."""
    found = _name_words(identity.full_name)
    if identity.email:
        found.add(_plain(identity.email.strip()))
    telephone = _telephone(identity.telephone)
    return frozenset(found | ({telephone} if telephone else set()))


def typed_words(text: str) -> frozenset[str]:
    """The words of a search: telephone numbers, e-mail addresses, and the words of a name, however they are written."""
    numbers = {number for match in _TELEPHONE.finditer(text) if (number := _telephone(match[0]))}
    rest = _TELEPHONE.sub(lambda match: " " if _telephone(match[0]) else match[0], text)
    parts = rest.split()
    addresses = {_plain(part) for part in parts if "@" in part}
    names = _name_words(" ".join(part for part in parts if "@" not in part))
    return frozenset(numbers | addresses | names)


def word_indexes(words: Iterable[str], *, lender_id: int) -> list[int]:
    """64 bits for each word, the same for the same word at one lender. Raises EncryptionNotConfigured without an index key."""
    key: bytes = settings.FIELD_INDEX_KEY
    if not key:
        raise EncryptionNotConfigured("UW_INDEX_KEY is not set: persons cannot be found")
    return sorted(_index(key, f"word|{lender_id}|{word}") for word in words)


def _index(key: bytes, message: str) -> int:
    return int.from_bytes(hmac.new(key, message.encode(), hashlib.sha256).digest()[:8], "big", signed=True)


def _plain(text: str) -> str:
    """In small letters and without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


def _name_words(text: str) -> set[str]:
    # O'Brien is one word, Smith-Jones are two; marks belong to their letters in scripts that write vowels as marks
    joined = _APOSTROPHES.sub("", _plain(text))
    return set("".join(sign if unicodedata.category(sign)[0] in "LMN" else " " for sign in joined).split())


def _telephone(text: str) -> str:
    """The last ten digits, empty where there are too few to be a telephone number."""
    digits = re.sub(r"[^0-9]", "", unicodedata.normalize("NFKD", text))
    return digits[-TELEPHONE_DIGITS:] if len(digits) >= TELEPHONE_DIGITS_MIN else ""
