"""An access export as sections, rows and terms of a page. Nothing is left out and nothing is added: the file says the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django import template

register = template.Library()
A_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
SAID_ELSEWHERE = frozenset({"name", "label", "value", "in_words"})


@dataclass(frozen=True, slots=True)
class Term:
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A sentence (no terms), or a group of terms with or without a heading."""

    heading: str
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    rows: tuple[Row, ...]


@register.filter
def sections(export: Mapping[str, Any]) -> list[Section]:
    return [Section(_words(name), tuple(_rows(content))) for name, content in export.items()]


def _rows(content: Any) -> Iterator[Row]:
    if isinstance(content, Mapping):
        yield Row("", tuple(_terms(content)))
    elif isinstance(content, list) and all(_is_fact(item) for item in content):
        if content:
            yield Row("", tuple(Term(_label(item), _said(item)) for item in content))
    elif isinstance(content, list):
        for place, item in enumerate(content, start=1):
            if isinstance(item, Mapping):
                yield from _item(f"{place}", item)
            else:
                yield Row(_text(item))
    else:
        yield Row(_text(content))


def _item(heading: str, item: Mapping[str, Any]) -> Iterator[Row]:
    """What is plain about it, then each list of things inside under its own name."""
    lists = {name: value for name, value in item.items() if _is_list_of_things(value)}
    yield Row(heading, tuple(_terms({name: value for name, value in item.items() if name not in lists})))
    for name, things in lists.items():
        yield Row(_words(name), tuple(Term(_label(thing), _said(thing)) for thing in things))


def _terms(content: Mapping[str, Any], prefix: str = "") -> Iterator[Term]:
    """A term for each plain value; those of an object inside stand one after the other."""
    for name, value in content.items():
        label = f"{prefix}{_words(name)}"
        if isinstance(value, Mapping):
            yield from _terms(value, f"{label}: ")
        elif isinstance(value, list):
            yield Term(label, "\n".join(_text(line) for line in value) or "none")
        else:
            yield Term(label, _text(value))


def _is_list_of_things(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, Mapping) for item in value)


def _is_fact(item: Any) -> bool:
    return isinstance(item, Mapping) and "in_words" in item and "label" in item


def _label(item: Mapping[str, Any]) -> str:
    """What a row of a list inside is called: a fact's label, a rule's sentence, a group's name."""
    return str(item.get("label") or item.get("rule") or item.get("group") or "")


def _said(item: Mapping[str, Any]) -> str:
    """Its words, and below them whatever else it says."""
    told = [str(item["in_words"])] if "in_words" in item else []
    rest = (
        f"{_words(name)}: {_text(value)}"
        for name, value in item.items()
        if name not in SAID_ELSEWHERE | {"rule", "group", "result"} and value not in (None, "", [])
    )
    result = [str(item["result"])] if "result" in item else []
    return "\n".join([*result, *told, *rest])


def _text(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)
    return _moment(value) if isinstance(value, str) and A_MOMENT.match(value) else str(value)


def _moment(value: str) -> str:
    return f"{datetime.fromisoformat(value).astimezone(UTC):%-d %B %Y, %H:%M} UTC"


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
