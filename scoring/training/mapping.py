"""A mapping file: what each column of a data set means as a fact, and which columns are refused and why.

`check_columns` is the gate in front of training. It reads the roles that the data set itself states (`columns.csv`) and
refuses a mapping that uses a column of any other role than `app`, one that the data set does not describe, a place of
residence, a third party's score, or, under whatever name, the values of a column that is refused.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from underwriting.facts.catalogue import Unit, catalogue

MAPPINGS = Path(__file__).with_name("mappings")
DATA_SETS = {"harbour": "lending_club_2007_2011", "northgate": "give_me_some_credit", "quarry": "heloc"}
INPUT_ROLE = "app"
ABSENCES = ("NEVER", "UNKNOWN", "NOT_ASKED")
# The data sets call these `app`, since they are known at application; we refuse them all the same.
STANDS_IN = (
    (re.compile(r"zip|postcode|postal", re.IGNORECASE), "a place of residence"),
    (re.compile(r"(^|_)state($|_)|borough|city|town|county", re.IGNORECASE), "a place of residence"),
    (
        re.compile(r"fico|externalrisk|ext_source|vantage|bureau_?score", re.IGNORECASE),
        "a third party's score",
    ),
)
# Facts that no model may read, whatever a mapping says.
NEVER_MODEL_INPUTS = frozenset({"bureau_score", "possible_duplicate_flag", "prior_restructure_count_24m"})

Text = Annotated[str, Field(min_length=1)]


class MappingRefused(ValueError):
    """The mapping would feed a model what it must not see, or does not fit the data set; the message names the column."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatedCodes(_Strict):
    """Codes that hold only for applications up to and including `until`."""

    date: date
    codes: dict[str, str]


class Column(_Strict):
    fact: Text
    unit: Unit
    window: Text
    read: Literal["number", "code", "category", "months_before_application", "share_of_monthly_income"]
    place: Literal["party", "application", "report"]
    scale: float = 1
    codes: dict[str, str | int] = {}
    codes_until: DatedCodes | None = None
    empty: Literal["NEVER", "UNKNOWN", "NOT_ASKED"] = "UNKNOWN"
    unknown_above: float | None = None
    income: str | None = None
    income_periods: int = 1
    amount_where_income_is_unknown: bool = False

    @field_validator("fact")
    @classmethod
    def _in_catalogue(cls, fact: str) -> str:
        if fact not in catalogue():
            raise ValueError(f"{fact} is not in the facts catalogue")
        return fact


class NoHit(_Strict):
    """How a row without a credit record looks."""

    all_empty: list[str] = []
    all_equal: int | None = None


class Split(_Strict):
    """Test rows: those dated `before` or later, or, where rows are undated, this share drawn in file order."""

    before: date | None = None
    seed: int = 11
    test_share: float = 0.2


class ReferenceAuc(_Strict):
    reached: float
    low: float
    high: float


class Feature(_Strict):
    fact: Text
    monotone: Literal[-1, 0, 1] | None = None
    why: str = ""


class ModelPlan(_Strict):
    name: Text
    reference_rate_bps: int | None = None
    learning_rate: float
    leaves: int = Field(le=31)
    depth: int = Field(le=6)
    rows_in_leaf: int
    points_offset: float
    points_to_double_odds: float
    features: list[Feature]


class DataMapping(_Strict):
    data_set: Text
    lender: Text
    file: Text
    target: Text
    date: str | None = None
    split: Split
    bad_means: Text
    horizon_months: int
    horizon: Text
    currency_note: str = ""
    stated_bad_rate: float | None = None
    no_hit: NoHit = NoHit()
    reference_auc: ReferenceAuc
    default_codes: dict[str, str] = {}
    columns: dict[str, Column]
    refused: dict[str, str]
    refused_files: dict[str, str] = {}
    # SHA-256 of the values of columns that may not be inputs, to find them again under another name.
    fingerprints: dict[str, str] = {}
    model: ModelPlan


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """What the training command prints about columns."""

    used: tuple[str, ...]
    refused: Mapping[str, str]  # column -> role and why


def load_mapping(path: Path) -> DataMapping:
    """Raises MappingRefused with every complaint about the file's form."""
    try:
        return DataMapping.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        complaints = "; ".join(f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors())
        raise MappingRefused(f"{path.name}: {complaints}") from error


def mapping_for(lender: str) -> DataMapping:
    if lender not in DATA_SETS:
        raise MappingRefused(f"no mapping for lender {lender}; there are {', '.join(DATA_SETS)}")
    return load_mapping(MAPPINGS / f"{DATA_SETS[lender]}.yaml")


def column_roles(columns_csv: Path, file: str) -> dict[str, str]:
    """Column -> role, of one file of a data set."""
    with columns_csv.open(encoding="utf-8", newline="") as lines:
        return {row["column"]: row["role"] for row in csv.DictReader(lines) if row["file"] == file}


def check_columns(mapping: DataMapping, roles: Mapping[str, str]) -> ColumnReport:
    """The gate. Raises MappingRefused for the first column that may not be an input, or that nobody accounts for."""
    for column, meaning in mapping.columns.items():
        _check_column(mapping, column, meaning, roles)
    for column in (mapping.target, *([mapping.date] if mapping.date else [])):
        if column in mapping.columns or column in mapping.refused:
            raise MappingRefused(f"{column} is the target or the date: neither mapped nor refused")
    accounted = {*mapping.columns, *mapping.refused, mapping.target, mapping.date}
    if forgotten := [column for column in roles if column not in accounted]:
        raise MappingRefused(f"columns that the mapping neither uses nor refuses: {', '.join(forgotten)}")
    if unknown := [column for column in mapping.refused if column not in roles]:
        raise MappingRefused(f"refused columns that the data set does not have: {', '.join(unknown)}")
    _check_features(mapping)
    return ColumnReport(
        used=tuple(mapping.columns),
        refused={column: f"{roles[column]}: {why}" for column, why in mapping.refused.items()},
    )


def check_fingerprints(mapping: DataMapping, prints: Mapping[str, str]) -> None:
    """Second lock, for a data set whose names or roles were changed. `prints`: column -> SHA-256 of its values.

    Raises MappingRefused where a mapped column holds the values of a column that may not be an input.
    """
    known = {digest: name for name, digest in mapping.fingerprints.items()}
    for column in mapping.columns:
        original = known.get(prints.get(column, ""))
        if original is not None:
            raise MappingRefused(
                f"column {column}: holds the values of {original}, which may not be an input"
            )


def _check_column(mapping: DataMapping, column: str, meaning: Column, roles: Mapping[str, str]) -> None:
    role = roles.get(column)
    if role is None:
        raise MappingRefused(f"column {column}: columns.csv does not describe it, so its role is unknown")
    if role != INPUT_ROLE:
        raise MappingRefused(f"column {column}: its role is {role}, and only {INPUT_ROLE} may be an input")
    if column in mapping.refused:
        raise MappingRefused(
            f"column {column}: refused ({mapping.refused[column]}), yet mapped to {meaning.fact}"
        )
    for pattern, what in STANDS_IN:
        if pattern.search(column):
            raise MappingRefused(f"column {column}: {what}, refused although its role is {role}")
    expected = catalogue()[meaning.fact].unit
    if meaning.unit is not expected:
        raise MappingRefused(f"column {column}: unit {meaning.unit}, but {meaning.fact} is in {expected}")
    if meaning.read != "category":
        _check_codes(column, meaning.codes | (meaning.codes_until.codes if meaning.codes_until else {}))
    elif values := set(meaning.codes.values()) - set(catalogue()[meaning.fact].values):
        raise MappingRefused(
            f"column {column}: {meaning.fact} has no value {', '.join(sorted(map(str, values)))}"
        )


def _check_codes(column: str, codes: Mapping[str, Any]) -> None:
    for code, meaning in codes.items():
        if isinstance(meaning, str) and meaning not in ABSENCES:
            raise MappingRefused(
                f"column {column}: code {code} means {meaning}, which is neither a number nor an absence"
            )


def _check_features(mapping: DataMapping) -> None:
    for feature in mapping.model.features:
        if feature.fact in NEVER_MODEL_INPUTS:
            raise MappingRefused(f"feature {feature.fact}: never an input of a model")
        if feature.fact not in catalogue():
            raise MappingRefused(f"feature {feature.fact} is not in the facts catalogue")
        sign = catalogue()[feature.fact].risk_sign
        if feature.monotone is not None and sign and feature.monotone != sign:
            # rules, reasons and the what-would-change lines all read the catalogue's sign
            raise MappingRefused(
                f"feature {feature.fact}: the catalogue says {sign:+d}, and a mapping may not say {feature.monotone:+d}"
            )
        if feature.monotone is not None and not feature.why:
            raise MappingRefused(f"feature {feature.fact}: a sign of a two-sided fact needs its reason")
