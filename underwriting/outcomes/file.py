"""Events of loans as a CSV file: one a line, columns by name, every fault with its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from underwriting.outcomes.events import EventFault
from underwriting.outcomes.reading import read_outcome
from underwriting.outcomes.record import OutcomeError, ToldOutcome

COLUMNS = ("application", "kind", "occurred_on", "days_late", "amount")
REQUIRED = COLUMNS[:3]
LINES_LIMIT = 50_000


class FileUnreadable(Exception):
    """The file is no table of events at all; the message says why, for people."""


def read_outcome_file(content: bytes) -> tuple[list[ToldOutcome], list[OutcomeError]]:
    """The events of a file, and what cannot be read; `place` is the line, the header being line 1. Raises FileUnreadable."""
    told, unread = [], []
    for line, given in csv_lines(content, known=COLUMNS, required=REQUIRED, limit=LINES_LIMIT):
        if given is None:
            unread.append(
                OutcomeError(line, EventFault("", "columns", "The line has more columns than the header."))
            )
            continue
        days = given.get("days_late", "")
        read, faults = read_outcome(given | ({"days_late": int(days)} if _is_whole(days) else {}))
        unread += [OutcomeError(line, fault) for fault in faults]
        if read is not None:
            told.append(ToldOutcome(line, *read))
    return told, unread


def csv_lines(
    content: bytes, *, known: tuple[str, ...] | None, required: tuple[str, ...], limit: int
) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Each line with its number and its cells by column, empty ones left out; None where there are more cells than columns.

    Args:
        known: the columns there may be; None: any.

    Raises FileUnreadable: not UTF-8, columns that are missing, unknown or twice, no line, or more than `limit`.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileUnreadable("The file is not text in UTF-8.") from error
    if "\x00" in text:
        raise FileUnreadable("The file holds NUL characters.")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header, known, required)
        count = 0
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > limit:
                raise FileUnreadable(f"The file has more than {limit:,} lines. Send it in parts.")
            yield reader.line_num, None if len(cells) > len(header) else _by_name(header, cells)
    except csv.Error as error:
        raise FileUnreadable(f"Line {reader.line_num} is not CSV: {error}.") from error
    if not count:
        raise FileUnreadable("The file has no line but its header.")


def _check_header(header: list[str], known: tuple[str, ...] | None, required: tuple[str, ...]) -> None:
    missing = [name for name in required if name not in header]
    if missing:
        raise FileUnreadable(f"The first line names the columns; there is none called {', '.join(missing)}.")
    unknown = [] if known is None else [name for name in header if name not in known]
    if unknown:
        raise FileUnreadable(f"There is no such column: {', '.join(name or '(empty)' for name in unknown)}.")
    if len(set(header)) < len(header):
        raise FileUnreadable("A column is there twice.")


def _by_name(header: list[str], cells: list[str]) -> dict[str, Any]:
    return {name: cell.strip() for name, cell in zip(header, cells, strict=False) if cell.strip()}


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def sentence_of(error: OutcomeError) -> str:
    """An error of a file for people."""
    column = f", {error.fault.field}" if error.fault.field else ""
    return f"Line {error.place}{column}: {error.fault.message}"


def columns_in_words() -> Mapping[str, str]:
    """What each column holds."""
    return {
        "application": "Reference or id of the application.",
        "kind": "PAID, LATE, PAID_OFF or CHARGED_OFF.",
        "occurred_on": "Day at the lender, as 2026-03-02.",
        "days_late": "Days past due reached; of LATE, and empty otherwise.",
        "amount": "Paid or lost, as 301.08; may be empty.",
    }
