"""The form of the page that asks who somebody is: something only they should know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from underwriting.people.links import KnownFact

FIELDS = ("day", "month", "year")


@dataclass(frozen=True, slots=True)
class KnownFactForm:
    """Date of birth in three fields; `error` is a key of the texts."""

    typed: Mapping[str, str]
    known: KnownFact | None
    error: str


EMPTY = KnownFactForm(typed={}, known=None, error="")


def read_known_fact(posted: Mapping[str, str]) -> KnownFactForm:
    """What was typed; too long is no answer, and nothing is looked up for it."""
    typed = {name: posted.get(name, "").strip()[:64].replace("\x00", "") for name in FIELDS}
    parts = [typed[name] for name in ("year", "month", "day")]
    if not any(parts):
        return KnownFactForm(typed, None, "empty")
    try:
        born = date(*(int(part) for part in parts))
    except (ValueError, OverflowError):
        return KnownFactForm(typed, None, "no_date")
    return KnownFactForm(typed, KnownFact(birth_date=born), "")
