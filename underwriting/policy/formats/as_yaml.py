"""A policy as YAML: one canonical text, keys in the order the schema declares them; reading takes plain data only.

Reading builds values from the parser's events, so no tag, anchor, alias or merge can construct or multiply anything. Words and numbers
are those of YAML 1.2: `no` is a word, `1e3` a number, nothing is a date.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from pydantic import BaseModel

from underwriting.policy.formats.text import MAX_LEVELS, checked, refused
from underwriting.policy.schema import PolicyRefused, parse_document

_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9 _./%-]*[A-Za-z0-9_.%])?")
_RESERVED = frozenset(
    {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
)  # older readers take them for more
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_WHOLE, _NUMBER = (
    re.compile(r"-?[0-9]{1,400}"),
    re.compile(r"-?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][-+]?[0-9]{1,4})?"),
)
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


def yaml_text(document: Mapping[str, Any]) -> str:
    """The one YAML text of a document; reading it gives the same hash. Raises PolicyRefused for one that cannot be read."""
    return "\n".join(_lines(ordered(document), "")) + "\n"


def yaml_of_draft(document: Mapping[str, Any]) -> str:
    """The text for somebody to read beside another one: of a draft that cannot be read yet, with its keys as they are stored."""
    try:
        return yaml_text(document)
    except PolicyRefused:
        return "\n".join(_lines(document, "")) + "\n"


def ordered(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with keys in the order of the schema, whatever order they were stored in. Raises PolicyRefused."""
    found = _ordered(document, parse_document(document))
    assert isinstance(found, dict)
    return found


def _ordered(raw: Any, parsed: Any) -> Any:
    if isinstance(parsed, BaseModel):
        names = (name for name in type(parsed).model_fields if name in raw)
        return {name: _ordered(raw[name], getattr(parsed, name)) for name in names}
    if isinstance(raw, Mapping):
        return {name: raw[name] for name in sorted(raw)}
    if isinstance(raw, (list, tuple)):
        return [_ordered(member, read) for member, read in zip(raw, parsed, strict=True)]
    return raw


def _lines(value: Any, pad: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            parts = member if isinstance(member, list) else [member]
            if member and isinstance(parts[0], Mapping):
                yield f"{pad}{name}:"
                yield from _lines(member, pad + "  ")
            else:
                yield f"{pad}{name}: {_flow(member)}"
        return
    for member in value:
        first, *rest = _lines(member, pad + "  ")
        yield f"{pad}- {first[len(pad) + 2 :]}"
        yield from rest


def _flow(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_scalar(member) for member in value) + "]"
    return "{}" if isinstance(value, Mapping) else _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _RESERVED:
            return value
        quoted = json.dumps(value, ensure_ascii=False)
        return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", quoted)
    text = json.dumps(value, allow_nan=False)
    # 1e-09 is a number to YAML 1.2 and text to older readers; with a point it is a number to both.
    return text.replace("e", ".0e") if isinstance(value, float) and "e" in text and "." not in text else text


def from_yaml(text: str) -> Any:
    """The plain data of a YAML text; whether it is a policy is for `parse_document` to say. Raises PolicyRefused."""
    reading = _Reading()
    try:
        for event in yaml.parse(checked(text), Loader=yaml.CSafeLoader):
            reading.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "this character is not allowed"
        raise refused(f"line {mark.line + 1}" if mark else "", f"This is not YAML: {what}.") from error
    if reading.documents != 1:
        raise refused("", "One YAML document is expected.")
    return reading.value


class _Reading:
    """Values under construction: the open mappings and lists, and the key that waits for its value."""

    def __init__(self) -> None:
        self.documents = 0
        self.value: Any = None
        self._open: list[Any] = []
        self._keys: list[str | None] = []

    def take(self, event: Any) -> None:
        place = f"line {event.start_mark.line + 1}"
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise refused(place, "One YAML document is expected.")
        elif isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise refused(place, "Anchors and aliases are not accepted: write each part out.")
        elif getattr(event, "tag", None):
            raise refused(place, f"The tag {str(event.tag)[:60]} is not accepted: plain data only.")
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, place)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin({} if isinstance(event, yaml.MappingStartEvent) else [], place)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._keys.pop()

    def _begin(self, empty: Any, place: str) -> None:
        if len(self._open) >= MAX_LEVELS:
            raise refused(place, f"Parts are nested at most {MAX_LEVELS} deep.")
        if self._open and isinstance(self._open[-1], dict) and self._keys[-1] is None:
            raise refused(place, "A name is expected here.")
        self._add(empty)
        self._open.append(empty)
        self._keys.append(None)

    def _scalar(self, event: Any, place: str) -> None:
        if self._open and isinstance(self._open[-1], dict) and self._keys[-1] is None:
            if event.value in self._open[-1]:
                raise refused(place, f"{event.value[:80]} is there twice.")
            self._keys[-1] = event.value
            return
        self._add(_plain_value(event.value, place) if event.implicit[0] else event.value)

    def _add(self, value: Any) -> None:
        if not self._open:
            self.value = value
        elif isinstance(self._open[-1], list):
            self._open[-1].append(value)
        else:
            self._open[-1][self._keys[-1]] = value
            self._keys[-1] = None


def _plain_value(text: str, place: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise refused(place, f"{text[:40]} is no number a policy can hold.")
        return number
    return text
