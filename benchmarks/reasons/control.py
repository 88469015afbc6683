"""The control: reasons of a model that learned shuffled labels, put to the same tests. All shares have to fall."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from random import Random

import lightgbm as lgb
import numpy as np

from benchmarks.reasons.rows import SEED, DataSet
from benchmarks.reasons.shares import Tally
from explanations.attribution import Attribution, as_matrix, explain, repair_effects, tabulate
from explanations.principal_reasons import is_adverse
from explanations.proof.groups import group_shares
from explanations.proof.prove import TOLERANCE_LOG_ODDS
from explanations.proof.store import RANKS_POOLED
from explanations.reason_codes.catalogue import current_catalogue
from explanations.reason_codes.codes import UsedBy
from explanations.reasons import ReferenceSummary
from scoring.demo.setup import POLICIES
from scoring.pipeline.reference import SEED as REFERENCE_SEED
from scoring.registry.bundle import ModelBundle
from scoring.registry.reference import nearest_above
from scoring.training.fit import fit, margins
from scoring.training.rows import read_target
from underwriting.facts.features import FeatureSpec

STATED = 4
Row = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def shuffled(data: DataSet, bundle: ModelBundle, *, count: int) -> Tally:
    """Decline by the real score, explain by the shuffled model, repair through the real score."""
    specs, codes = bundle.manifest.features, current_catalogue()
    cut_offs = json.loads((POLICIES / f"{data.lender}.json").read_text(encoding="utf-8"))["cut_offs"]
    places = nearest_above(bundle.pool.points, approve_cut_off=cut_offs["approve"], seed=REFERENCE_SEED)
    people = as_matrix([bundle.pool.rows[place] for place in places])
    scores = [bundle.manifest.score(float(margin)) for margin in margins(bundle.text, data.matrix)]
    declined = np.flatnonzero([score < cut_offs["refer"] for score in scores])
    rows = data.matrix[np.random.RandomState(SEED).permutation(declined)[:count]]
    medians = ReferenceSummary.of([spec.name for spec in specs], people.tolist()).medians
    tally, random = Tally(), Random(SEED)
    cases: list[tuple[Row, float, Sequence[int]]] = []
    for row, margin, found in zip(
        rows, margins(bundle.text, rows), _explained(_model(data, specs), people, rows), strict=True
    ):
        shares = {spec.name: share for spec, share in zip(specs, found.shares, strict=True)}
        groups = group_shares(shares, specs, codes)
        stated = sorted(groups.shares, key=lambda name: -groups.shares[name])[:STATED]
        tally.declines += 1
        tally.additive += abs(found.base + math.fsum(found.shares) - margin) <= TOLERANCE_LOG_ODDS
        tally.sentences += len(stated)
        for name in stated:
            driver = max((specs[place] for place in groups.columns[name]), key=lambda spec: shares[spec.name])
            tally.as_sentence += _would_be_said(driver, float(row[specs.index(driver)]), medians)
        lot = random.sample(sorted(groups.columns), len(stated))
        cases += [
            (row, float(margin), [place for name in names for place in groups.columns[name]])
            for names in (*([name] for name in stated[:RANKS_POOLED]), stated, lot)
        ]
    effects = repair_effects(booster=lgb.Booster(model_str=bundle.text), reference=people, cases=cases)
    _count_repairs(tally, cases, effects, lambda margin: bundle.manifest.score(margin) >= cut_offs["approve"])
    return tally


def _explained(booster: lgb.Booster, people: Row, rows: Row) -> list[Attribution]:
    own = np.asarray(booster.predict(rows, raw_score=True, num_threads=1), dtype=np.float64)
    return explain(tables=tabulate(booster, people), rows=rows, margins=own.tolist())


def _count_repairs(
    tally: Tally,
    cases: Sequence[tuple[Row, float, Sequence[int]]],
    effects: Sequence[float],
    reaches: Callable[[float], bool],
) -> None:
    """Of each applicant: the first three by themselves, all four at once, as many by lot."""
    each = RANKS_POOLED + 2
    for start in range(0, len(effects), each):
        margin, found = cases[start][1], effects[start : start + each]
        tally.tried += RANKS_POOLED
        tally.fell += sum(effect < 0 for effect in found[:RANKS_POOLED])
        tally.repaired += 1
        tally.all_reach += reaches(margin + found[-2])
        tally.lot_reach += reaches(margin + found[-1])


def _model(data: DataSet, specs: Sequence[FeatureSpec]) -> lgb.Booster:
    """Trained as the real one, on the same rows, with their outcomes dealt out anew."""
    bad = read_target(data.root, data.mapping)[data.training]
    text = fit(
        data.matrix[data.training],
        np.random.RandomState(SEED).permutation(bad),
        specs=specs,
        plan=data.mapping.model,
        seed=SEED,
        by_date=data.mapping.date is not None,
    ).text
    return lgb.Booster(model_str=text)


def _would_be_said(driver: FeatureSpec, value: float, medians: Mapping[str, float | None]) -> bool:
    """Whether the direction test lets the catalogue's sentence be printed."""
    if math.isnan(value):
        return True
    codes = current_catalogue().for_fact(driver.fact, UsedBy.MODEL)
    if driver.category is not None:
        return value == 1 and any(driver.category in code.adverse_values for code in codes)
    return any(is_adverse(code, value, medians[driver.name]) for code in codes)
