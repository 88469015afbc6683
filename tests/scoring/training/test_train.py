"""Trained models: as good as a sane pipeline, without what must not be seen, and the same bytes each time."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from scoring.registry.bundle import ModelBundle, read_bundle, write_bundle
from scoring.training.bundles import pool_matrix, train_generated
from scoring.training.feature_sets import feature_specs
from scoring.training.mapping import DATA_SETS, NEVER_MODEL_INPUTS, mapping_for
from scoring.training.rows import source_rows
from scoring.training.train import Trained, train_on_real
from underwriting.bureau.people import Shape
from underwriting.facts.catalogue import catalogue
from underwriting.facts.ranges import legal_value

COMMITTED = Path(__file__).resolve().parents[3] / "scoring" / "models" / "harbour"
# A sane pipeline's lower bounds on the test rows, from the bootstrap interval of the data sets' own reference model.
FLOORS = {"harbour": 0.683, "northgate": 0.858, "quarry": 0.753}
# Were one of these ever to become a fact, it would still be no input.
PROTECTED = {
    "age_years",
    "sex",
    "race",
    "marital_status",
    "dependant_count",
    "nationality",
    "postcode",
    "state",
}
# Far above the reference means that an outcome leaked in.
CEILINGS = {"harbour": 0.74, "northgate": 0.90, "quarry": 0.83}


@cache
def _trained(lender: str, root: Path) -> Trained:
    mapping = mapping_for(lender)
    return train_on_real(mapping, root, seed=11, pool=pool_matrix(mapping) if lender == "harbour" else None)


@cache
def _generated(shape: Shape, seed: int) -> ModelBundle:
    return train_generated(shape, people_count=4_000, seed=seed)


@pytest.mark.real_data
@pytest.mark.parametrize("lender", DATA_SETS)
def test_models_of_real_rows_reach_the_reference_without_leaking(lender: str, real_data: Path) -> None:
    trained = _trained(lender, real_data)

    auc = trained.bundle.manifest.metrics["test_auc"]
    assert FLOORS[lender] <= auc <= CEILINGS[lender]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("lender", "train", "test"),
    [("harbour", 26_503, 9_415), ("northgate", 98_448, 24_646), ("quarry", 6_877, 1_672)],
)
def test_splits_are_those_of_the_reference(lender: str, train: int, test: int, real_data: Path) -> None:
    data = _trained(lender, real_data).bundle.manifest.data

    assert (data["train_rows"], data["test_rows"]) == (train, test)


@pytest.mark.real_data
def test_training_again_gives_the_committed_model_byte_for_byte(real_data: Path, tmp_path: Path) -> None:
    write_bundle(_trained("harbour", real_data).bundle, tmp_path)

    names = ("model.txt", "manifest.json", "card.md", "pool.json.gz")
    assert [(tmp_path / name).read_bytes() == (COMMITTED / name).read_bytes() for name in names] == [True] * 4


@pytest.mark.real_data
def test_the_prior_of_a_half_and_half_sample_is_corrected_to_the_stated_bad_rate(real_data: Path) -> None:
    bundle = _trained("quarry", real_data).bundle

    probabilities = [bundle.manifest.probability(_margin(bundle, points)) for points in bundle.pool.points]
    uncorrected = bundle.manifest.data["train_bad_rate"]
    assert uncorrected > 0.5
    assert sum(probabilities) / len(probabilities) < 0.15


def _margin(bundle: ModelBundle, points: float) -> float:
    m = bundle.manifest
    return ((m.points_offset - points) / m.points_factor - m.prior_shift - m.platt_intercept) / m.platt_slope


@pytest.mark.real_data
@pytest.mark.parametrize("lender", DATA_SETS)
def test_every_value_of_the_real_rows_is_one_its_fact_may_have(lender: str, real_data: Path) -> None:
    refused = {
        (name, value)
        for row in source_rows(real_data, mapping_for(lender))
        for name, value in (*row.party.items(), *row.application.items(), *row.report.items())
        if not isinstance(value, dict) and legal_value(name, value) is None
    }

    assert refused == set()


@pytest.mark.real_data
def test_rows_carry_neither_target_nor_identifiers(real_data: Path) -> None:
    mapping = mapping_for("harbour")
    facts = {column.fact for column in mapping.columns.values()} | {"bureau_hit_flag", "thin_file_flag"}

    seen = {
        name
        for row in source_rows(real_data, mapping, limit=500)
        for name in (*row.party, *row.application, *row.report)
    }

    assert seen <= facts


@pytest.mark.real_data
def test_the_command_prints_figure_interval_and_columns(real_data: Path, tmp_path: Path) -> None:
    printed = io.StringIO()

    call_command(
        "train",
        "--lender",
        "quarry",
        "--data-root",
        str(real_data),
        "--output",
        str(tmp_path),
        stdout=printed,
    )

    text = printed.getvalue()
    auc = read_bundle(tmp_path / "quarry").manifest.metrics["test_auc"]
    assert f"test AUC {auc:.4f}" in text
    assert "reference 0.776, interval 0.753 to 0.797: inside or above" in text
    assert "columns used (21): MSinceOldestTradeOpen" in text
    assert "    ExternalRiskEstimate: app: a third party's score" in text


def test_the_command_says_what_to_do_without_real_rows(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no heloc/heloc\.csv\.gz under .*--data generated"):
        call_command("train", "--lender", "quarry", "--data-root", str(tmp_path), "--output", str(tmp_path))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_model(tmp_path: Path) -> None:
    write_bundle(_generated("C", 1), tmp_path / "first")
    write_bundle(train_generated("C", people_count=4_000, seed=1), tmp_path / "again")

    first, again = (
        [path.read_bytes() for path in sorted((tmp_path / name).iterdir())] for name in ("first", "again")
    )
    assert first == again
    assert _generated("C", 2).text != _generated("C", 1).text


@pytest.mark.parametrize("shape", ["B", "C"])
def test_models_of_invented_people_find_the_risk_that_was_put_in(shape: Shape) -> None:
    bundle = _generated(shape, 1)

    assert bundle.manifest.metrics["test_auc"] > 0.68
    assert len(bundle.pool.rows) == 4_000


@pytest.mark.parametrize("lender", DATA_SETS)
def test_no_feature_set_holds_what_a_model_must_not_read(lender: str) -> None:
    facts = {spec.fact for spec in feature_specs(mapping_for(lender))}

    assert facts <= set(catalogue())
    assert not facts & (NEVER_MODEL_INPUTS | PROTECTED)


def test_the_amount_has_a_sign_in_the_model_of_instalment_loans() -> None:
    signs = {spec.name: spec.monotone for spec in feature_specs(mapping_for("harbour"))}

    assert {name: signs[name] for name in ("requested_amount", "loan_to_income_ratio", "instalment_to_income_ratio")} == {
        "requested_amount": 1, "loan_to_income_ratio": 1, "instalment_to_income_ratio": 1
    }  # fmt: skip
