"""Reading a JSON body strictly: bounded, UTF-8, one meaning. What two readers could read differently is refused."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from django.http import HttpRequest

from underwriting.api.problems import FieldError, Problem, pointer

BODY_LIMIT_BYTES = 262_144
DEPTH_LIMIT_LEVELS = 32
NUMBER_LIMIT_CHARACTERS = 40
# Matches at every quote it is tried at, closed or not, so that no byte is looked at from two quotes.
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def read_json(request: HttpRequest, *, limit_bytes: int = BODY_LIMIT_BYTES) -> dict[str, Any]:
    """Read a body of at most 256 kB (or another limit), whatever Content-Length says.

    Raises:
        Problem: `body_missing`, `media_type_unsupported`, `body_too_large`, or what `parse_json` raises.
    """
    # int() is safe: Django has refused a Content-Length that is no number.
    if not int(request.META.get("CONTENT_LENGTH") or 0):
        raise Problem("body_missing", "The body is empty, or came without a Content-Length.")
    if (
        request.content_type != "application/json"
        or (request.content_params or {}).get("charset", "utf-8").lower() != "utf-8"
    ):
        raise Problem("media_type_unsupported", "Only application/json in UTF-8 is read here.")
    raw = request.read(limit_bytes + 1)
    if len(raw) > limit_bytes:
        raise Problem("body_too_large", f"The body is larger than {limit_bytes} bytes.")
    return parse_json(raw)


def parse_json(raw: bytes) -> dict[str, Any]:
    """Parse one JSON object.

    Raises:
        Problem: `body_missing`, or `malformed_json` for invalid UTF-8, broken JSON, duplicate keys, NaN or Infinity,
            numbers no column holds, NUL or half surrogates in text, more than 32 levels, or something that is no object.
    """
    if not raw.strip():
        raise Problem("body_missing", "The body is empty.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed(f"Byte {error.start} is not valid UTF-8.") from error
    if _depth(raw) > DEPTH_LIMIT_LEVELS:
        raise _malformed(f"The body is nested more than {DEPTH_LIMIT_LEVELS} levels deep.")
    try:
        value = json.loads(
            text,
            object_pairs_hook=unique_object,
            parse_constant=_refuse_constant,
            parse_int=_whole,
            parse_float=_fraction,
        )
    except json.JSONDecodeError as error:
        raise _malformed(f"{error.msg} at line {error.lineno}, column {error.colno}.") from error
    if not isinstance(value, dict):
        raise _malformed("The body must be a JSON object.")
    wrong = _unstorable(value)
    if wrong:
        raise Problem("malformed_json", "Some text holds characters that cannot be stored.", errors=wrong)
    return value


def _malformed(detail: str) -> Problem:
    return Problem("malformed_json", detail)


def without_strings(raw: bytes) -> bytes:
    """The body without its strings; one that is not closed goes to the end. In time linear in the body."""
    return _STRING.sub(b"", raw)


def _depth(raw: bytes) -> int:
    """The deepest nesting, counted before parsing so that no parser recurses into it."""
    depth = deepest = 0
    for byte in without_strings(raw).translate(None, delete=_NO_BRACKETS):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these members, in time linear in their number. Raises Problem `malformed_json` for a key that comes twice."""
    found: dict[str, Any] = {}
    for name, item in pairs:
        if name in found:
            raise _malformed(f"The key {name[:80]!a} occurs twice in one object.")
        found[name] = item
    return found


def _refuse_constant(name: str) -> float:
    raise _malformed(f"{name} is not JSON.")


def _whole(text: str) -> int:
    if len(text) > NUMBER_LIMIT_CHARACTERS:
        raise _malformed(f"A number has more than {NUMBER_LIMIT_CHARACTERS} characters.")
    return int(text)


def _fraction(text: str) -> float:
    number = float(text)
    if len(text) > NUMBER_LIMIT_CHARACTERS or not math.isfinite(number):
        raise _malformed("A number is longer or larger than can be stored.")
    return number


def _unstorable(value: Any, path: tuple[str | int, ...] = ()) -> list[FieldError]:
    """Texts with NUL or half a surrogate pair, which PostgreSQL cannot hold, names of fields included."""
    match value:
        case str() if _UNSTORABLE.search(value):
            return [
                FieldError(pointer(path), "character_invalid", "NUL and unpaired surrogates are not allowed.")
            ]
        case dict():
            bad_names = [name for name in value if _UNSTORABLE.search(name)]
            if bad_names:
                return [
                    FieldError(
                        pointer(path),
                        "character_invalid",
                        "The name of a field holds NUL or an unpaired surrogate.",
                    )
                ]
            return [error for name, item in value.items() for error in _unstorable(item, (*path, name))]
        case list():
            return [error for index, item in enumerate(value) for error in _unstorable(item, (*path, index))]
        case _:
            return []
