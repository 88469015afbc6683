"""Rows of a data set as applications: what the applicant stated, what the credit report said, and when. Never the target.

These are the shapes that an application's JSON has: statements in whole minor units by fact name, and an inline report of
fact name -> number or {"absence": "NEVER"}. A statement that was not given is left out; a report says UNKNOWN.
"""

from __future__ import annotations

import gzip
import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scoring.features.matrix import Vector
from scoring.training.mapping import Column, DataMapping, MappingRefused
from underwriting.facts.catalogue import Unit, catalogue

Number = int | float
Reported = Number | str | dict[str, str]


class ValueNotUnderstood(ValueError):
    """A value that the mapping file does not explain; the message names row, column and value."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """`index` counts the rows of the file from 0. `application_date` is None for undated data sets."""

    index: int
    party: dict[str, Number | str]
    application: dict[str, Number | str]
    report: dict[str, Reported]
    application_date: date | None


def data_file(data_root: Path, mapping: DataMapping) -> Path:
    return data_root / mapping.data_set / mapping.file


def read_columns(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """The named columns as the text the file has, nothing guessed. Raises MappingRefused for one that is not there."""
    frame = pd.read_csv(
        path, dtype=str, keep_default_na=False, usecols=lambda name: name in columns, low_memory=False
    )
    if missing := [column for column in columns if column not in frame.columns]:
        raise MappingRefused(f"{path.name} has no column {', '.join(missing)}")
    return frame


def read_target(data_root: Path, mapping: DataMapping) -> Vector:
    """1 for bad, 0 for good, in file order. Raises ValueError for a row without an outcome."""
    target = read_columns(data_file(data_root, mapping), [mapping.target])[mapping.target]
    return np.array([float(value) for value in target], dtype=np.float64)


def fingerprints(path: Path) -> dict[str, str]:
    """Column -> SHA-256 of its values as text, in file order: finds a column again under another name."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, low_memory=False)
    return {
        str(name): hashlib.sha256("\x1f".join(frame[name]).encode()).hexdigest() for name in frame.columns
    }


def source_rows(data_root: Path, mapping: DataMapping, *, limit: int | None = None) -> Iterator[SourceRow]:
    """Rows in file order. Reads mapped columns and the date, nothing else: the target stays on the disk."""
    wanted = [*mapping.columns, *([mapping.date] if mapping.date else [])]
    frame = read_columns(data_file(data_root, mapping), wanted)
    for index, values in enumerate(frame.head(limit if limit is not None else len(frame)).to_dict("records")):
        yield _row(index, {str(name): value.strip() for name, value in values.items()}, mapping)


def _row(index: int, values: Mapping[str, str], mapping: DataMapping) -> SourceRow:
    applied = date.fromisoformat(values[mapping.date][:10]) if mapping.date else None
    places: dict[str, dict[str, Any]] = {"party": {}, "application": {}, "report": {}}
    hit = _has_record(values, mapping)
    for name, column in mapping.columns.items():
        if column.place == "report" and not hit:
            continue
        value = _read(name, column, values, mapping, applied=applied, index=index)
        if column.place == "report":
            places["report"][column.fact] = {"absence": "UNKNOWN"} if value is None else value
        elif value is not None and not isinstance(value, dict):
            places[column.place][column.fact] = value
    places["report"]["bureau_hit_flag"] = int(hit)
    if hit and (thin := _is_thin(places["report"])) is not None:
        places["report"]["thin_file_flag"] = thin
    return SourceRow(index, places["party"], places["application"], places["report"], applied)


def _has_record(values: Mapping[str, str], mapping: DataMapping) -> bool:
    rule = mapping.no_hit
    if rule.all_equal is not None:
        return any(float(values[name]) != rule.all_equal for name in mapping.columns)
    return not rule.all_empty or any(values[name] for name in rule.all_empty)


def _is_thin(report: Mapping[str, Any]) -> int | None:
    """The catalogue's definition, where both facts are there."""
    accounts, oldest = report.get("total_account_count"), report.get("oldest_account_age_months")
    if not isinstance(accounts, int | float) or not isinstance(oldest, int | float):
        return None
    return int(accounts < 3 or oldest < 6)


def _read(
    name: str,
    column: Column,
    values: Mapping[str, str],
    mapping: DataMapping,
    *,
    applied: date | None,
    index: int,
) -> Reported | None:
    """The value in the catalogue's unit, {"absence": ...} for NEVER and NOT_ASKED, None for UNKNOWN."""
    text = values[name]
    if not text:
        return _absence(column.empty)
    code = _code(text, column, mapping, applied)
    if isinstance(code, str) and column.read != "category":
        return _absence(code)
    if column.read in ("code", "category"):
        if code is None:
            raise ValueNotUnderstood(
                f"row {index}, column {name}: the mapping file does not explain {text!r}"
            )
        return code
    if column.read == "months_before_application":
        return _months_between(date.fromisoformat(text[:10]), applied)
    if column.read == "share_of_monthly_income":
        return _share_of_income(float(text), column, values, mapping)
    return _number(float(text), column)


def _code(text: str, column: Column, mapping: DataMapping, applied: date | None) -> str | int | None:
    key = text.removesuffix(".0")
    dated = column.codes_until
    if dated and applied and applied <= dated.date and key in dated.codes:
        return dated.codes[key]
    return column.codes.get(key, mapping.default_codes.get(key))


def _absence(name: str) -> dict[str, str] | None:
    return None if name == "UNKNOWN" else {"absence": name}


def _number(value: float, column: Column) -> Number | None:
    if column.unknown_above is not None and value > column.unknown_above:
        return None
    scaled = value * column.scale
    if catalogue()[column.fact].unit is Unit.RATIO:
        return round(scaled, 6)
    return math.floor(scaled + 0.5)


def _months_between(earlier: date, later: date | None) -> int | None:
    if later is None:
        return None
    return max(0, (later.year - earlier.year) * 12 + later.month - earlier.month)


def _share_of_income(
    share: float, column: Column, values: Mapping[str, str], mapping: DataMapping
) -> int | None:
    """Monthly payments in minor units out of a ratio to income; `income_periods` a year is how often the source states it."""
    if column.income is None:
        raise MappingRefused(f"{column.fact}: a share of income names the income's column")
    text, income_column = values[column.income], mapping.columns[column.income]
    known = bool(text) and _code(text, income_column, mapping, None) is None
    if not known:
        return math.floor(share * 100 + 0.5) if column.amount_where_income_is_unknown else None
    monthly_minor = float(text) * 100 * column.income_periods / 12
    return math.floor(share * column.scale * monthly_minor + 0.5)


def sha256_of_file(path: Path) -> str:
    """Of the uncompressed bytes, so that a file packed again is the same data."""
    digest = hashlib.sha256()
    with gzip.open(path, "rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
