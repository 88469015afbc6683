"""The search line: `actor:ana action:decision case:C-20418 after:2026-08-01 "card use"`. Pure text in, a filter out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from underwriting.audit.selectors import AuditFilter

LINE_LIMIT_CHARACTERS = 400
WORDS_LIMIT = 8
KEYS = ("actor", "action", "case", "application", "after", "before")
_TOKEN = re.compile(r'(?:(?P<key>[a-z]+):)?(?:"(?P<quoted>[^"]*)"|(?P<plain>\S+))')


@dataclass(frozen=True, slots=True)
class Search:
    """A search line understood: the filter, and a sentence for each part that could not be."""

    line: str
    query: AuditFilter
    complaints: tuple[str, ...]


def read_line(line: str, *, time_zone: str) -> Search:
    """Understand a search line. Days begin at midnight of `time_zone`; `after:` includes its day, `before:` does not."""
    line = line.replace("\x00", "").strip()[:LINE_LIMIT_CHARACTERS]
    values: dict[str, str] = {}
    days: dict[str, datetime] = {}
    words: list[str] = []
    complaints: list[str] = []
    for token in _TOKEN.finditer(line):
        key, value = token["key"], token["quoted"] if token["quoted"] is not None else token["plain"]
        if not value:
            continue
        if key is None:
            words.append(value)
        elif key in ("after", "before"):
            day = _day(value, time_zone)
            if day is None:
                complaints.append(f"{key}:{value} is not a day like 2026-08-01; it was left out.")
            else:
                days[key] = day
        elif key in KEYS:
            values[key] = value
        else:
            words.append(token[0].strip('"'))
    if len(words) > WORDS_LIMIT:
        complaints.append(f"Only the first {WORDS_LIMIT} words were searched for.")
    return Search(
        line=line,
        query=AuditFilter(
            actor=values.get("actor", ""),
            action=values.get("action", ""),
            case=values.get("case", ""),
            application=values.get("application", ""),
            after=days.get("after"),
            before=days.get("before"),
            words=tuple(words[:WORDS_LIMIT]),
        ),
        complaints=tuple(complaints),
    )


def write_line(fields: dict[str, str]) -> str:
    """The line that says what the filter fields say; `words` come last, as they are."""
    parts = [f"{key}:{_quoted(fields[key].strip())}" for key in KEYS if fields.get(key, "").strip()]
    return " ".join([*parts, fields.get("words", "").strip()]).strip()[:LINE_LIMIT_CHARACTERS]


def filter_fields(search: Search) -> dict[str, str]:
    """The filter fields as the line says them, for the form beside it."""
    query = search.query
    return {
        "actor": query.actor,
        "action": query.action,
        "case": query.case,
        "application": query.application,
        "after": query.after.date().isoformat() if query.after else "",
        "before": query.before.date().isoformat() if query.before else "",
        "words": " ".join(_quoted(word) for word in query.words),
    }


def _quoted(value: str) -> str:
    value = value.replace('"', "")
    return f'"{value}"' if " " in value else value


def _day(text: str, time_zone: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(0), tzinfo=ZoneInfo(time_zone))
    except ValueError:
        return None
