"""Rows of a data set as facts: the same values, with the same absences, that the pipeline computes from an application."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from scoring.training.mapping import DataMapping
from scoring.training.rows import SourceRow, source_rows
from underwriting.facts.arithmetic import ratios_before_the_loan, ratios_with_the_loan
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, FactScalar, FactSource, FactValue

# Undated sets: any fixed moment does, since no feature reads it.
UNDATED = datetime(2010, 1, 1, tzinfo=UTC)
# What ratios are computed from: NOT_ASKED where a data set has no such column.
STATED = (
    "requested_amount", "requested_term_months", "annual_income", "monthly_obligations", "monthly_obligations_without_mortgage",
)  # fmt: skip


def read_facts(
    data_root: Path, mapping: DataMapping, *, limit: int | None = None
) -> Iterator[tuple[dict[str, FactValue], date | None]]:
    """Facts and application date of each row, in file order."""
    for row in source_rows(data_root, mapping, limit=limit):
        yield row_facts(row, mapping), row.application_date


def row_facts(row: SourceRow, mapping: DataMapping) -> dict[str, FactValue]:
    """The facts of one row. A mapped fact without a value is UNKNOWN: this source was asked for it."""
    moment = (
        datetime.combine(row.application_date, datetime.min.time(), UTC) if row.application_date else UNDATED
    )
    asked = [column.fact for column in mapping.columns.values()]
    return facts_of(
        stated=row.party | row.application,
        report=row.report,
        asked=asked,
        reference_rate_bps=mapping.model.reference_rate_bps,
        known_at=moment,
    )


def facts_of(
    *,
    stated: Mapping[str, Any],
    report: Mapping[str, Any],
    asked: list[str],
    reference_rate_bps: int | None,
    known_at: datetime,
) -> dict[str, FactValue]:
    """Facts from statements and an inline report, ratios by the pipeline's own arithmetic; asked for and not given is UNKNOWN."""
    facts = {name: _absent(name, Absence.NOT_ASKED, known_at) for name in STATED}
    facts |= {name: _absent(name, Absence.UNKNOWN, known_at) for name in asked}
    for name, value in (*stated.items(), *report.items()):
        if isinstance(value, Mapping):
            facts[name] = _absent(name, Absence(value["absence"]), known_at)
        else:
            facts[name] = _present(name, value, known_at)
    facts |= ratios_before_the_loan(facts)
    return facts | ratios_with_the_loan(facts, reference_rate_bps=reference_rate_bps or 0)


def _present(name: str, value: FactScalar, known_at: datetime) -> FactValue:
    return FactValue(value=value, absence=None, source=_source(name), known_at=known_at)


def _absent(name: str, absence: Absence, known_at: datetime) -> FactValue:
    return FactValue(value=None, absence=absence, source=_source(name), known_at=known_at)


def _source(name: str) -> FactSource:
    return catalogue()[name].source
