"""Bytes from outside become text: a limit, an encoding, and nothing the database could not keep. Pure."""

from __future__ import annotations

import codecs

from underwriting.policy.schema import Complaint, PolicyRefused

MAX_FILE_BYTES = 2_000_000
MAX_LEVELS = 24  # a policy of the deepest rule takes fewer than 20
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def refused(place: str, message: str) -> PolicyRefused:
    """One complaint, ready to raise."""
    return PolicyRefused([Complaint(place, message)])


def text_of(data: bytes) -> str:
    """UTF-8, or UTF-16 with a byte order mark, as text. Raises PolicyRefused."""
    if len(data) > MAX_FILE_BYTES:
        raise refused("", f"A file holds at most {MAX_FILE_BYTES:,} bytes.")
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        return checked(data.decode(encoding))
    except UnicodeError as error:
        raise refused("", "The file is not text in UTF-8. Save it as UTF-8 and try again.") from error


def checked(text: str) -> str:
    """The text, if it is not too long and holds no NUL. Raises PolicyRefused."""
    if len(text) > MAX_FILE_BYTES:
        raise refused("", f"A file holds at most {MAX_FILE_BYTES:,} bytes.")
    if "\x00" in text:
        raise refused("", "The text holds a NUL character, which no policy does.")
    return text
