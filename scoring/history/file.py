"""A file of past applications: JSON lines of API bodies with `as_of`, or CSV with dotted column names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from scoring.history.past_application import PastApplication, RefusedRow
from underwriting.api.body import parse_json
from underwriting.api.problems import Problem
from underwriting.enums import Outcome
from underwriting.facts.catalogue import Unit, catalogue
from underwriting.facts.values import Absence
from underwriting.outcomes.events import ToldEvent
from underwriting.outcomes.file import FileUnreadable, csv_lines
from underwriting.outcomes.reading import read_event

BESIDE_THE_BODY = ("as_of", "outcome", "channel", "events")
CHANNEL_CHARACTERS_MAX = 40
LINES_LIMIT = 500_000
_AS_TEXT = (Unit.MONEY, Unit.CATEGORY)


def read_file(name: str, content: bytes) -> tuple[list[PastApplication], list[RefusedRow]]:
    """The rows of a file by the end of its name, and what cannot be read, by line. Raises FileUnreadable."""
    if name.lower().endswith(".csv"):
        lines: Iterator[tuple[int, Mapping[str, Any] | str]] = _of_csv(content)
    elif name.lower().endswith((".jsonl", ".ndjson")):
        lines = _of_json(content)
    else:
        raise FileUnreadable("A history is a file of JSON lines (.jsonl) or a table (.csv).")
    rows: list[PastApplication] = []
    unread: list[RefusedRow] = []
    for line, given in lines:
        if isinstance(given, str):
            unread.append(RefusedRow(line, "", given))
            continue
        row, faults = _row(given, line)
        unread += faults
        if row is not None:
            rows.append(row)
    if not rows and not unread:
        raise FileUnreadable("The file has no line.")
    return rows, unread


def _of_json(content: bytes) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, parse_json(line)
        except Problem as problem:
            yield number, problem.detail


def _of_csv(content: bytes) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    for line, cells in csv_lines(content, known=None, required=("as_of",), limit=LINES_LIMIT):
        if cells is None:
            yield line, "The line has more columns than the header."
            continue
        body: dict[str, Any] = {}
        for column, cell in cells.items():
            *place, last = column.split(".")
            inner = body
            for part in place:
                inner = inner.setdefault(part, {})
            inner[last] = _cell(column, cell)
        yield line, body


def _cell(column: str, cell: str) -> Any:
    """A cell as the body has it: an absence, a number where the fact is one, lines of an address, or text."""
    name = column.rpartition(".")[2]
    if cell in set(Absence):
        return {"absence": cell}
    if column.endswith("address.lines"):
        return [line.strip() for line in cell.split("|")]
    definition = catalogue().get(name)
    if definition is None or definition.unit in _AS_TEXT:
        return cell
    for read in (int, float):
        try:
            return read(cell)
        except ValueError:
            continue
    return cell


def _row(given: Mapping[str, Any], line: int) -> tuple[PastApplication | None, list[RefusedRow]]:
    faults: list[RefusedRow] = []
    as_of = _moment(given.get("as_of"))
    if as_of is None:
        faults.append(RefusedRow(line, "/as_of", "A moment with its zone, as 2026-03-02T15:00:00Z."))
    outcome = given.get("outcome")
    if outcome is not None and outcome not in set(Outcome):
        faults.append(RefusedRow(line, "/outcome", "APPROVE, COUNTEROFFER or DECLINE."))
    channel = given.get("channel", "")
    if not isinstance(channel, str) or len(channel) > CHANNEL_CHARACTERS_MAX:
        faults.append(RefusedRow(line, "/channel", f"Text of at most {CHANNEL_CHARACTERS_MAX} characters."))
    events, wrong = _events(given.get("events", []), line)
    faults += wrong
    if faults or as_of is None:
        return None, faults
    body = {name: value for name, value in given.items() if name not in BESIDE_THE_BODY}
    row = PastApplication(
        body=body,
        as_of=as_of,
        outcome=None if outcome is None else Outcome(outcome),
        channel=channel,
        events=events,
        line=line,
    )
    return row, []


def _events(given: Any, line: int) -> tuple[tuple[ToldEvent, ...], list[RefusedRow]]:
    if not isinstance(given, list):
        return (), [RefusedRow(line, "/events", "A list of events.")]
    events, faults = [], []
    for place, one in enumerate(given):
        if not isinstance(one, Mapping):
            faults.append(RefusedRow(line, f"/events/{place}", "An event is an object with named fields."))
            continue
        event, wrong = read_event(one)
        faults += [RefusedRow(line, f"/events/{place}/{fault.field}", fault.message) for fault in wrong]
        if event is not None:
            events.append(event)
    return tuple(events), faults


def _moment(given: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None
    return None if found is None or found.tzinfo is None else found.astimezone(UTC)
