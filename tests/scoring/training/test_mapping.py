"""Mapping files, and the gate that keeps columns out of a model."""

from __future__ import annotations

import csv
import gzip
import shutil
from datetime import date
from pathlib import Path
from typing import Literal

import pytest

from scoring.training.mapping import (
    DATA_SETS,
    Column,
    DataMapping,
    Feature,
    MappingRefused,
    check_columns,
    check_fingerprints,
    column_roles,
    mapping_for,
)
from scoring.training.rows import fingerprints
from underwriting.facts.catalogue import Unit, catalogue

ROLES = {"amount": "app", "zip3": "app", "ExternalRiskEstimate": "app", "sex": "protected", "paid": "OUTCOME",
         "rate": "price", "checked": "review", "bad": "TARGET", "key": "id", "day": "date", "note": "meta"}  # fmt: skip


def _column(fact: str = "requested_amount", unit: Unit = Unit.MONEY) -> Column:
    return Column(fact=fact, unit=unit, window="at application", read="number", place="application")


def _with(columns: dict[str, Column], **changes: object) -> DataMapping:
    refused = {name: "not an input" for name in ROLES if name not in {*columns, "bad"}}
    return mapping_for("quarry").model_copy(
        update={"columns": columns, "refused": refused, "target": "bad", "date": None, **changes}
    )


@pytest.mark.parametrize("role", ["protected", "OUTCOME", "price", "review", "TARGET", "id", "date", "meta"])
def test_a_column_of_another_role_than_app_is_refused_by_name_and_role(role: str) -> None:
    column = next(name for name, its in ROLES.items() if its == role)

    with pytest.raises(MappingRefused) as refusal:
        check_columns(_with({"amount": _column(), column: _column()}), ROLES)

    assert str(refusal.value) == f"column {column}: its role is {role}, and only app may be an input"


def test_a_column_the_data_set_does_not_describe_is_refused() -> None:
    with pytest.raises(MappingRefused, match=r"column invented: columns\.csv does not describe it"):
        check_columns(_with({"invented": _column()}), ROLES)


@pytest.mark.parametrize(
    ("column", "what"), [("zip3", "a place of residence"), ("ExternalRiskEstimate", "a third party's score")]
)
def test_residence_and_third_party_scores_are_refused_although_their_role_is_app(
    column: str, what: str
) -> None:
    with pytest.raises(MappingRefused) as refusal:
        check_columns(_with({column: _column()}), ROLES)

    assert str(refusal.value) == f"column {column}: {what}, refused although its role is app"


def test_a_column_that_is_refused_and_mapped_is_a_contradiction() -> None:
    mapping = _with({"amount": _column()})
    mapping = mapping.model_copy(update={"refused": mapping.refused | {"amount": "an afterthought"}})

    with pytest.raises(MappingRefused, match="column amount: refused"):
        check_columns(mapping, ROLES)


def test_a_column_nobody_accounts_for_is_named() -> None:
    mapping = _with({"amount": _column()})
    refused = {name: why for name, why in mapping.refused.items() if name != "sex"}

    with pytest.raises(MappingRefused, match="neither uses nor refuses: sex"):
        check_columns(mapping.model_copy(update={"refused": refused}), ROLES)


def test_a_unit_that_differs_from_the_catalogue_is_refused() -> None:
    with pytest.raises(MappingRefused, match="unit count, but requested_amount is in money"):
        check_columns(_with({"amount": _column(unit=Unit.COUNT)}), ROLES)


@pytest.mark.parametrize(
    "fact", ["bureau_score", "possible_duplicate_flag", "prior_restructure_count_24m", "marital_status"]
)
def test_a_feature_that_no_model_may_read_is_refused(fact: str) -> None:
    mapping = _with({"amount": _column()})
    plan = mapping.model.model_copy(update={"features": [Feature(fact=fact)]})

    with pytest.raises(MappingRefused, match=f"feature {fact}"):
        check_columns(mapping.model_copy(update={"model": plan}), ROLES)


@pytest.mark.parametrize("lender", DATA_SETS)
def test_committed_mappings_have_a_unit_a_window_and_a_fact_of_the_catalogue(lender: str) -> None:
    mapping = mapping_for(lender)

    assert {column.fact for column in mapping.columns.values()} <= set(catalogue())
    assert len({column.fact for column in mapping.columns.values()}) == len(mapping.columns)
    assert all(column.unit is catalogue()[column.fact].unit for column in mapping.columns.values())


@pytest.mark.real_data
@pytest.mark.parametrize("lender", DATA_SETS)
def test_committed_mappings_agree_with_the_roles_of_the_data_sets(lender: str, real_data: Path) -> None:
    mapping = mapping_for(lender)
    folder = real_data / mapping.data_set
    roles = column_roles(folder / "columns.csv", mapping.file)

    report = check_columns(mapping, roles)
    check_fingerprints(mapping, fingerprints(folder / mapping.file))

    assert {roles[column] for column in report.used} == {"app"}
    assert set(report.used) | set(report.refused) | {mapping.target, mapping.date} - {None} == set(roles)
    assert not {column for column, role in roles.items() if role != "app"} & set(report.used)


@pytest.fixture
def renamed(tmp_path: Path, real_data: Path) -> tuple[Path, str]:
    """The data set with `age` under an innocent name in rows and description alike."""
    mapping = mapping_for("northgate")
    folder = tmp_path / mapping.data_set
    shutil.copytree(real_data / mapping.data_set, folder)
    for path in folder.iterdir():
        path.chmod(0o644)
    name = "NumberOfAccountsClosed"
    with (folder / "columns.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        if row["column"] == "age":
            row |= {"column": name, "role": "app"}
    with (folder / "columns.csv").open("w", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    text = gzip.decompress((folder / mapping.file).read_bytes()).decode()
    head, _, rest = text.partition("\n")
    (folder / mapping.file).write_bytes(
        gzip.compress((head.replace("age", name, 1) + "\n" + rest).encode(), 1)
    )
    return tmp_path, name


@pytest.mark.real_data
def test_training_refuses_a_protected_column_under_another_name(renamed: tuple[Path, str]) -> None:
    root, name = renamed
    original = mapping_for("northgate")
    column = Column(fact="total_account_count", unit=Unit.COUNT, window="ever", read="number", place="report")
    mapping = original.model_copy(
        update={
            "columns": {**original.columns, name: column},
            "refused": {key: why for key, why in original.refused.items() if key != "age"},
        }
    )

    from scoring.training.train import train_on_real

    with pytest.raises(MappingRefused) as refusal:
        train_on_real(mapping, root, seed=11)

    assert str(refusal.value) == f"column {name}: holds the values of age, which may not be an input"


@pytest.mark.real_data
def test_training_refuses_a_protected_column_under_its_own_name(real_data: Path) -> None:
    original = mapping_for("northgate")
    column = Column(fact="total_account_count", unit=Unit.COUNT, window="ever", read="number", place="report")
    mapping = original.model_copy(
        update={
            "columns": {**original.columns, "NumberOfDependents": column},
            "refused": {key: why for key, why in original.refused.items() if key != "NumberOfDependents"},
        }
    )

    from scoring.training.train import train_on_real

    with pytest.raises(MappingRefused) as refusal:
        train_on_real(mapping, real_data, seed=11)

    assert (
        str(refusal.value) == "column NumberOfDependents: its role is protected, and only app may be an input"
    )


def test_dated_splits_name_their_date() -> None:
    assert mapping_for("harbour").split.before == date(2011, 5, 1)


def _with_feature(feature: Feature) -> DataMapping:
    original = mapping_for("northgate")
    return original.model_copy(update={"model": original.model.model_copy(update={"features": [feature]})})


@pytest.mark.parametrize(("monotone", "said"), [(0, "+0"), (-1, "-1")])
def test_a_sign_that_is_not_the_catalogues_is_refused_whatever_its_reason(
    monotone: Literal[-1, 0], said: str
) -> None:
    mapping = _with_feature(Feature(fact="monthly_obligations", monotone=monotone, why="it grows with means"))

    with pytest.raises(
        MappingRefused,
        match=rf"feature monthly_obligations: the catalogue says \+1, and a mapping may not say \{said}",
    ):
        check_columns(mapping, dict.fromkeys([*mapping.columns, *mapping.refused, mapping.target], "app"))


def test_a_fact_without_a_direction_may_get_one_with_a_reason() -> None:
    mapping = _with_feature(
        Feature(fact="requested_term_months", monotone=1, why="longer loans go bad more often")
    )
    check_columns(mapping, dict.fromkeys([*mapping.columns, *mapping.refused, mapping.target], "app"))

    silent = _with_feature(Feature(fact="requested_term_months", monotone=1))
    with pytest.raises(MappingRefused, match="needs its reason"):
        check_columns(silent, dict.fromkeys([*silent.columns, *silent.refused, silent.target], "app"))


def test_no_mapping_that_ships_frees_a_fact_from_its_direction() -> None:
    for lender in DATA_SETS:
        for feature in mapping_for(lender).model.features:
            sign = catalogue()[feature.fact].risk_sign
            assert feature.monotone is None or sign == 0, f"{lender}: {feature.fact}"
