"""`manage.py train`: train the lenders' models and print how well they do, on what, and without what."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from scoring.registry.bundle import ModelBundle, write_bundle
from scoring.training.bundles import pool_matrix, train_generated
from scoring.training.feature_sets import columns_of_inputs
from scoring.training.mapping import DATA_SETS, DataMapping, MappingRefused, mapping_for
from scoring.training.rows import ValueNotUnderstood
from scoring.training.statistics import all_statistics
from scoring.training.train import Trained, train_on_real
from underwriting.bureau.people import SHAPE_OF_LENDER
from underwriting.bureau.people_draw import STATISTICS_PATH

COMMITTED = Path(settings.BASE_DIR) / "scoring" / "models"
# Only this data set's terms allow its model to be shipped.
MAY_BE_COMMITTED = "harbour"


class Command(BaseCommand):
    help = "Trains the lenders' models on real data sets, or on invented people, and prints the figures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--lender", choices=sorted(DATA_SETS), help="one lender; without it all three")
        parser.add_argument("--data", choices=["real", "generated"], default="real")
        parser.add_argument(
            "--data-root", type=Path, default=_data_root(), help="folder of the real data sets (UW_REAL_DATA)"
        )
        parser.add_argument("--seed", type=int, default=11)
        parser.add_argument(
            "--output", type=Path, default=_output(), help="folder that bundles are written to"
        )
        parser.add_argument(
            "--commit", action="store_true", help=f"write {MAY_BE_COMMITTED}'s model into the source tree"
        )
        parser.add_argument(
            "--statistics", action="store_true", help="renew the statistics invented people are drawn from"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        if options["statistics"]:
            self._statistics(options["data_root"])
            return
        for lender in [options["lender"]] if options["lender"] else DATA_SETS:
            try:
                self._train(lender, options)
            except (MappingRefused, ValueNotUnderstood) as refusal:
                raise CommandError(f"{lender}: training refused: {refusal}") from refusal

    def _train(self, lender: str, options: dict[str, Any]) -> None:
        mapping = mapping_for(lender)
        if options["data"] == "generated":
            bundle = train_generated(SHAPE_OF_LENDER[lender], seed=options["seed"])
            self._print_figures(lender, mapping, bundle)
        else:
            _check_there(options["data_root"], mapping)
            pool = pool_matrix(mapping) if lender == MAY_BE_COMMITTED else None
            trained = train_on_real(mapping, options["data_root"], seed=options["seed"], pool=pool)
            bundle = trained.bundle
            self._print_figures(lender, mapping, bundle)
            self._print_columns(trained, mapping)
        committed = options["commit"] and lender == MAY_BE_COMMITTED and options["data"] == "real"
        directory = (COMMITTED if committed else options["output"]) / lender
        write_bundle(bundle, directory)
        self.stdout.write(f"  written to {directory}\n")

    def _print_figures(self, lender: str, mapping: DataMapping, bundle: ModelBundle) -> None:
        manifest, metrics = bundle.manifest, bundle.manifest.metrics
        low, high = metrics["test_auc_interval"]
        self.stdout.write(f"{lender}: {manifest.name} {manifest.version}")
        self.stdout.write(
            f"  test AUC {metrics['test_auc']:.4f} ({low:.4f} to {high:.4f}), {manifest.data['train_rows']:,} training and "
            f"{manifest.data['test_rows']:,} test rows"
        )
        if manifest.data["kind"] == "real":
            reference = mapping.reference_auc
            verdict = "inside or above" if metrics["test_auc"] >= reference.low else "BELOW"
            self.stdout.write(
                f"  reference {reference.reached:.3f}, interval {reference.low:.3f} to {reference.high:.3f}: {verdict}"
            )
        self.stdout.write(
            f"  {manifest.training['rounds']} rounds, text {manifest.text_bytes:,} bytes, SHA-256 {manifest.text_sha256}"
        )

    def _print_columns(self, trained: Trained, mapping: DataMapping) -> None:
        inputs, other = columns_of_inputs(mapping)
        self.stdout.write(f"  columns used ({len(inputs)}): {', '.join(inputs)}")
        if other:
            self.stdout.write(
                f"  columns read as facts, no input of the model ({len(other)}): {', '.join(other)}"
            )
        self.stdout.write(f"  columns refused ({len(trained.columns.refused)}):")
        for column, why in trained.columns.refused.items():
            self.stdout.write(f"    {column}: {why}")
        for file, why in mapping.refused_files.items():
            self.stdout.write(f"  file refused: {file}: {why}")

    def _statistics(self, data_root: Path) -> None:
        for lender in DATA_SETS:
            _check_there(data_root, mapping_for(lender))
        text = json.dumps(all_statistics(data_root), separators=(",", ":"), allow_nan=False)
        STATISTICS_PATH.write_text(text + "\n", encoding="utf-8")
        self.stdout.write(f"written to {STATISTICS_PATH}; models trained on invented people change with it")


def _data_root() -> Path:
    return Path(os.environ.get("UW_REAL_DATA", Path(settings.BASE_DIR).parent / "shared" / "data"))


def _output() -> Path:
    return Path(os.environ.get("UW_DATA_DIR", Path(settings.BASE_DIR) / ".data")) / "models"


def _check_there(data_root: Path, mapping: DataMapping) -> None:
    if not (data_root / mapping.data_set / mapping.file).is_file():
        raise CommandError(
            f"no {mapping.data_set}/{mapping.file} under {data_root}: name the folder with --data-root or UW_REAL_DATA, "
            "or train on invented people with --data generated"
        )
