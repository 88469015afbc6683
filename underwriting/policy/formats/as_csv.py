"""A policy as CSV: one file for each table, or all of them in a zip. Pure.

A cell is read by what it looks like: a number, true, false, null, a list in JSON, else text; an empty cell is left out. Text that would
look like something else, or that a spreadsheet could take for a formula, begins with an apostrophe, which reading takes off again.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Mapping
from typing import Any

from underwriting.policy.formats.from_sheets import document_of, place_of
from underwriting.policy.formats.sheets import (
    AUTHORITY,
    COLUMNS,
    CONDITIONS,
    PRICES,
    RULES,
    SETTINGS,
    SHEETS,
    TREE,
    Sheet,
    sheets_of,
)
from underwriting.policy.formats.text import MAX_FILE_BYTES, checked, refused, text_of
from underwriting.policy.schema import PolicyRefused

MAX_ROWS = 10_000
MAX_FILES = 10
# the last four are the wide forms of the first four, which some spreadsheets take for them
_FORMULA = tuple("=+-@\t\r\n|'\uff1d\uff0b\uff0d\uff20")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,399})(?:\.[0-9]{1,400})?(?:[eE][-+]?[0-9]{1,3})?")
_WORDS = {"true": True, "false": False, "null": None}
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the same tables make the same file


def csv_table(document: Mapping[str, Any], name: str) -> str:
    """One of the SHEETS as CSV text. Raises PolicyRefused for a document that cannot be read."""
    return _csv(sheets_of(document)[name])


def csv_zip(document: Mapping[str, Any]) -> bytes:
    """All tables as a zip of CSV files. Raises PolicyRefused for a document that cannot be read."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for sheet in sheets_of(document).values():
            entry = zipfile.ZipInfo(f"{sheet.name}.csv", _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, _csv(sheet))
    return packed.getvalue()


def from_csv(data: bytes, *, onto: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the tables of a CSV file or zip in place of its own; tables that are not sent stay as in `onto`.

    Raises PolicyRefused with every place that is wrong.
    """
    files = _unpacked(data) if data.startswith(b"PK") else {"": data}
    sent: dict[str, Sheet] = {}
    for file, content in files.items():
        sheet = _sheet(text_of(content), file)
        if sheet.name in sent:
            raise refused(sheet.name, "This table was sent twice.")
        sent[sheet.name] = sheet
    kept = {} if set(sent) == set(SHEETS) else sheets_of(onto)
    if RULES in sent and CONDITIONS in kept:
        trees = {row.get("rule_id") for row in sent[RULES].rows if row.get("conditions") == TREE}
        own = kept[CONDITIONS]
        rows = tuple(row for row in own.rows if row["rule_id"] in trees)
        kept[CONDITIONS] = Sheet(own.name, own.columns, rows)
    return document_of({**kept, **sent})


def is_csv(text: str) -> bool:
    """Whether the first line is the heading of one of the tables."""
    heading = text.split("\n", 1)[0]
    return _name(tuple(name.strip().strip('"') for name in heading.split(_separator(heading)))) is not None


def cell_text(value: Any) -> str:
    """A value as a cell."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    looks = not value or value.lower() in _WORDS or value[0] in '[{"' or _NUMBER.fullmatch(value)
    return f"'{value}" if looks or value.lstrip(" \xa0").startswith(_FORMULA) else value


def cell_value(text: str) -> Any:
    """What a filled cell holds. Raises ValueError."""
    if text.startswith("'"):
        return text[1:]
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if text[0] in '[{"' or _NUMBER.fullmatch(text):
        try:
            return json.loads(text)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
    return text


def _csv(sheet: Sheet) -> str:
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(sheet.columns)
    for row in sheet.rows:
        writer.writerow([cell_text(row[column]) if column in row else "" for column in sheet.columns])
    return written.getvalue()


def _sheet(text: str, file: str) -> Sheet:
    """The table a CSV text holds, told by its headings."""
    checked(text)
    heading = text.split("\n", 1)[0]
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_separator(heading), strict=True))
    except csv.Error as error:
        raise refused(file, f"This is not CSV: {error}.") from error
    columns = tuple(name.strip() for name in rows[0]) if rows else ()
    name = _name(columns)
    if name is None:
        raise refused(file, f"This is none of the tables {', '.join(SHEETS)}: its headings are not known.")
    if len(rows) > MAX_ROWS:
        raise refused(name, f"A table holds at most {MAX_ROWS:,} rows.")
    filled = [(number, row) for number, row in enumerate(rows[1:]) if any(row)]
    return Sheet(name, columns, tuple(_cells(name, columns, row, number) for number, row in filled))


def _separator(heading: str) -> str:
    """Spreadsheets of many countries separate by semicolons."""
    return max(",;\t", key=heading.count)


def _name(columns: tuple[str, ...]) -> str | None:
    marks = {
        CONDITIONS: {"rule_id", "path"},
        RULES: {"rule_id", "conditions"},
        PRICES: {"name", "score_from"},
    }
    marks |= {AUTHORITY: {"role"}, SETTINGS: {"setting", "value"}}
    return next((name for name, mark in marks.items() if mark <= set(columns)), None)


def _cells(name: str, columns: tuple[str, ...], row: list[str], number: int) -> dict[str, Any]:
    if len(row) > len(columns):
        raise refused(place_of(name, number), "This row has more cells than the heading.")
    cells = {}
    for column, text in zip(columns, row, strict=False):
        if text:
            try:
                cells[column] = cell_value(text)
            except ValueError as error:
                message = f"“{text[:40]}” cannot be read: {error}."
                raise refused(place_of(name, number, column), message) from error
    return cells


def _unpacked(data: bytes) -> dict[str, bytes]:
    """The files of a zip, counted and limited as they are unpacked: a small file may claim to be a large one, or be one."""
    files: dict[str, bytes] = {}
    left = MAX_FILE_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [e for e in archive.infolist() if not e.is_dir() and "__MACOSX/" not in e.filename]
            if len(entries) > MAX_FILES:
                raise refused("", f"The zip holds at most {MAX_FILES} files.")
            for entry in entries:
                name = entry.filename.rsplit("/", 1)[-1]
                if name.removesuffix(".csv") not in COLUMNS or name in files:
                    raise refused(
                        name[:80],
                        f"The zip holds each of {', '.join(SHEETS)} once, as .csv, and nothing else.",
                    )
                with archive.open(entry) as opened:
                    files[name] = opened.read(left + 1)
                left -= len(files[name])
                if left < 0:
                    raise refused("", f"The zip unpacks to at most {MAX_FILE_BYTES:,} bytes.")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        if isinstance(error, PolicyRefused):
            raise
        raise refused("", "This zip cannot be opened: it is damaged or locked.") from error
    if not files:
        raise refused("", "The zip holds no table.")
    return files
