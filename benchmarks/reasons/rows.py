"""Real rows that a lender's model scores below the referral cut-off, and which of them it was trained on."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from scoring.demo.setup import HARBOUR_MODEL, POLICIES
from scoring.features.matrix import Matrix, feature_matrix
from scoring.registry.bundle import ModelBundle, read_bundle, write_bundle
from scoring.training.feature_sets import feature_specs
from scoring.training.fit import margins
from scoring.training.mapping import DATA_SETS, MAPPINGS, DataMapping, mapping_for
from scoring.training.read_rows import row_facts
from scoring.training.rows import SourceRow, data_file, source_rows
from scoring.training.train import train_on_real

SEED = 11
# The same lender's later loans: no model was trained on them. What differs from the earlier file stands in a mapping of its own.
LATER = {"harbour": Path(__file__).with_name("lending_club_2012_2018.yaml")}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A row to be declined: `text` is the row as the file has it, `document` the mapping file that explains it."""

    lender: str
    row: SourceRow
    text: Mapping[str, str]
    document: Mapping[str, Any]
    was_training: bool


@dataclass(frozen=True)
class DataSet:
    """One file of one lender with its mapping, read once. `document` is the mapping file as data, for the checker."""

    lender: str
    root: Path
    mapping: DataMapping
    document: Mapping[str, Any]
    is_training: bool

    @cached_property
    def rows(self) -> list[SourceRow]:
        return list(source_rows(self.root, self.mapping))

    @cached_property
    def matrix(self) -> Matrix:
        """Model inputs of every row, by the same facts that the pipeline works out."""
        return feature_matrix(
            feature_specs(self.mapping), [row_facts(row, self.mapping) for row in self.rows]
        )

    def texts(self) -> list[dict[str, str]]:
        with gzip.open(data_file(self.root, self.mapping), "rt", encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    @cached_property
    def training(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Rows that the model was fitted on, by the split of the mapping file."""
        split = self.mapping.split
        if not self.is_training:
            return np.zeros(len(self.rows), dtype=bool)
        if split.before is not None:
            before = split.before
            return np.array(
                [row.application_date is not None and row.application_date < before for row in self.rows]
            )
        return np.random.RandomState(split.seed).rand(len(self.rows)) >= split.test_share


def data_sets(lender: str, root: Path) -> list[DataSet]:
    """The set the lender's model was trained on, and a later one where there is one."""
    document = yaml.safe_load((MAPPINGS / f"{DATA_SETS[lender]}.yaml").read_text(encoding="utf-8"))
    found = [DataSet(lender, root, mapping_for(lender), document, is_training=True)]
    if lender in LATER:
        changed = yaml.safe_load(LATER[lender].read_text(encoding="utf-8"))
        columns = {
            name: {**column, **changed["columns"].get(name, {})}
            for name, column in document["columns"].items()
        }
        later = {**document, **changed, "columns": columns}
        found.append(DataSet(lender, root, DataMapping.model_validate(later), later, is_training=False))
    return [one for one in found if data_file(root, one.mapping).is_file()]


def train_models(lenders: Sequence[str], root: Path, folder: Path) -> dict[str, ModelBundle]:
    """Each lender's model on real rows: the committed one, and those that may not be committed, trained here as `./run train` does."""
    bundles = {}
    for lender in lenders:
        if lender == HARBOUR_MODEL.name:
            bundles[lender] = read_bundle(HARBOUR_MODEL)
        else:
            bundles[lender] = train_on_real(mapping_for(lender), root, seed=SEED).bundle
            write_bundle(bundles[lender], folder / lender)
    return bundles


def below_the_cut_off(sets: Sequence[DataSet], bundle: ModelBundle, *, count: int | None) -> list[Chosen]:
    """Rows whose score declines, drawn by lot; all of them where `count` is None. The pipeline decides each afresh."""
    cut_off = json.loads((POLICIES / f"{sets[0].lender}.json").read_text(encoding="utf-8"))["cut_offs"][
        "refer"
    ]
    found: list[tuple[DataSet, int]] = []
    for one in sets:
        scores = [bundle.manifest.score(float(margin)) for margin in margins(bundle.text, one.matrix)]
        found += [(one, index) for index, score in enumerate(scores) if score < cut_off]
    order = np.random.RandomState(SEED).permutation(len(found))
    picked = [found[place] for place in (order if count is None else order[:count])]
    texts = {id(one): one.texts() for one in {id(one): one for one, _ in picked}.values()}
    return [
        Chosen(one.lender, one.rows[index], texts[id(one)][index], one.document, bool(one.training[index]))
        for one, index in picked
    ]
