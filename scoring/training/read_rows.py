"""Rows of a data set as facts: the same values, with the same absences, that the pipeline computes from an application."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from scoring.training.mapping import DataMapping
from scoring.training.rows import SourceRow, source_rows
from underwriting.facts.arithmetic import instalment_minor, monthly_from_annual_minor, ratio
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, FactScalar, FactSource, FactValue

# Undated sets: any fixed moment does, since no feature reads it.
UNDATED = datetime(2010, 1, 1, tzinfo=UTC)


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
    """Facts from statements and an inline report, derived ratios included; what was asked for and not given is UNKNOWN."""
    facts = {name: _absent(name, Absence.UNKNOWN, known_at) for name in asked}
    for name, value in (*stated.items(), *report.items()):
        if isinstance(value, Mapping):
            facts[name] = _absent(name, Absence(value["absence"]), known_at)
        else:
            facts[name] = _present(name, value, known_at)
    for name, derived in _derived(stated, "annual_income" in asked, reference_rate_bps).items():
        facts[name] = (
            _absent(name, Absence.UNKNOWN, known_at) if derived is None else _present(name, derived, known_at)
        )
    return facts


def _derived(
    stated: Mapping[str, Any], asks_income: bool, reference_rate_bps: int | None
) -> dict[str, FactScalar | None]:
    """Ratios to income, by the catalogue's definitions. A ratio without its numerator is not made at all."""
    if not asks_income:
        return {}
    income = stated.get("annual_income")
    monthly = None if income is None else monthly_from_annual_minor(income)
    derived: dict[str, FactScalar | None] = {"monthly_income": monthly}
    if "requested_amount" in stated:
        derived["loan_to_income_ratio"] = (
            None if income is None else ratio(stated["requested_amount"], income)
        )
        if "requested_term_months" in stated and reference_rate_bps is not None:
            instalment = instalment_minor(
                stated["requested_amount"], reference_rate_bps, stated["requested_term_months"]
            )
            derived["instalment_to_income_ratio"] = None if monthly is None else ratio(instalment, monthly)
    for name, numerator in (
        ("debt_to_income_ratio", stated.get("monthly_obligations")),
        ("debt_to_income_without_mortgage_ratio", stated.get("monthly_obligations_without_mortgage")),
    ):
        if numerator is not None:
            derived[name] = None if monthly is None else ratio(numerator, monthly)
    return derived


def _present(name: str, value: FactScalar, known_at: datetime) -> FactValue:
    return FactValue(value=value, absence=None, source=_source(name), known_at=known_at)


def _absent(name: str, absence: Absence, known_at: datetime) -> FactValue:
    return FactValue(value=None, absence=absence, source=_source(name), known_at=known_at)


def _source(name: str) -> FactSource:
    return catalogue()[name].source
