"""The attribution kernel beside LightGBM's `pred_contrib` and `shap`: the same rows, one thread, rounds taken in turn.

Times are the processor's, not the wall's: each side has one thread, and a busy machine slows none of them in the figures.
Only `explain_one_ms`, the whole explanation of one approval, stands beside a write to the database, and both are the wall's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import lightgbm as lgb
import numpy as np
from django.db import transaction
from django.utils import timezone

from benchmarks.figures import Figure, figure
from benchmarks.oracle import Matrix, Oracle
from explanations.attribution import as_matrix, tabulate
from explanations.reason_codes.catalogue import shipped_catalogue
from explanations.score_reasons import score_reasons
from scoring.registry.bundle import read_bundle
from scoring.registry.reference import nearest_above
from underwriting.audit.actor import SYSTEM
from underwriting.audit.record import record_entry
from underwriting.models import Lender, ReferenceSample

DEPTH, LEAVES, TREES, INPUTS = 6, 64, 300, 30
TRAINING_ROWS, REFERENCE_PEOPLE = 20_000, 300
ROUNDS = 5
COMPARED_ROWS = 128  # `shap` takes a twentieth of a second for each
KERNEL_REPEATS = 20  # 128 rows are over in milliseconds
THROUGHPUT_ROWS = 8_192
ONE_BY_ONE = 200
SEED = 20_261_122
COMMITTED_MODEL = Path(__file__).parents[1] / "scoring" / "models" / "harbour"


def main(arguments: list[str]) -> list[Figure]:
    """Depth 6, 300 trees, 300 reference people. Raises SystemExit for an argument: there is nothing to choose."""
    if arguments:
        raise SystemExit(f"bench kernel takes no arguments, got {' '.join(arguments)}")
    booster, rows = _model()
    reference, compared, many = rows[:REFERENCE_PEOPLE], rows[-COMPARED_ROWS:], rows[-THROUGHPUT_ROWS:]
    began = time.process_time()
    tables = tabulate(booster, reference)
    print(f"tables: {tables.byte_count / 1e6:.1f} MB, built in {time.process_time() - began:.2f} s")
    one_group = np.zeros(INPUTS, dtype=np.int32)
    oracle = Oracle(booster, reference)

    def ours(asked: Matrix) -> Matrix:
        return tables.look_up(asked, one_group, 1)[0]

    def pred_contrib(asked: Matrix) -> Matrix:
        return np.asarray(booster.predict(asked, pred_contrib=True, num_threads=1))[:, :-1]

    def by_shap(asked: Matrix) -> Matrix:
        return oracle.shares(asked)

    kernel, contrib, contrib_again, shap, shap_again, rates, contrib_rates = ([] for _ in range(7))
    for _ in range(ROUNDS):
        kernel.append(_seconds(ours, compared, repeats=KERNEL_REPEATS))
        contrib.append(_seconds(pred_contrib, compared))
        shap.append(_seconds(by_shap, compared))
        rates.append(len(many) / _seconds(ours, many))
        contrib_again.append(_seconds(pred_contrib, compared))
        shap_again.append(_seconds(by_shap, compared))
        contrib_rates.append(COMPARED_ROWS / contrib[-1])
    expected = by_shap(compared)
    found = ours(compared)
    margins = np.asarray(booster.predict(compared, raw_score=True, num_threads=1))
    base = float(np.asarray(booster.predict(reference, raw_score=True, num_threads=1)).mean())
    return [
        _speedup("speedup_vs_pred_contrib", contrib, kernel, control=contrib_again),
        _speedup("speedup_vs_shap", shap, kernel, control=shap_again),
        # the control is another question: `pred_contrib` compares with nobody
        _difference("max_abs_diff_vs_shap", found - expected, control=pred_contrib(compared) - expected),
        _difference(
            "additive_gap",
            tables.base + found.sum(axis=1) - margins,
            control=base + expected.sum(axis=1) - margins,
        ),
        Figure(
            name="rows_per_s",
            value=round(median(rates)),
            unit="1/s",
            control=round(median(contrib_rates)),
            spread=round(max(rates) - min(rates)),
        ),
        _cost_of_one(),
    ]


def _cost_of_one() -> Figure:
    """An approval explained as the pipeline explains it; the control is one audit entry, written and committed."""
    bundle = read_bundle(COMMITTED_MODEL)
    booster, manifest = lgb.Booster(model_str=bundle.text), bundle.manifest
    cut_off = int(median(bundle.pool.points))
    people = [
        bundle.pool.rows[place]
        for place in nearest_above(bundle.pool.points, approve_cut_off=cut_off, seed=1)
    ]
    sample = ReferenceSample(lender=Lender(currency="USD"), columns=list(bundle.pool.columns), rows=people)
    row = as_matrix(bundle.pool.rows[:1])
    [margin] = np.asarray(booster.predict(row, raw_score=True, num_threads=1)).tolist()
    tables, catalogue = tabulate(booster, as_matrix(people)), shipped_catalogue()

    def explain_one() -> None:
        [found] = score_reasons(
            tables=tables,
            specs=manifest.features,
            reference_sample=sample,
            rows=row,
            margins=[margin],
            facts=[{}],
            catalogue=catalogue,
            points=manifest.points,
            points_share=manifest.points_share,
            is_told=[False],
        )
        found.to_json()

    @transaction.atomic
    def write_one() -> None:
        now = timezone.now()
        record_entry(
            actor=SYSTEM, action="bench.kernel", object_type="bench", object_id="1", object_label="bench", lender_id=None, now=now
        )  # fmt: skip

    explained: list[float] = []
    written: list[float] = []
    for _ in range(ONE_BY_ONE):
        for action, times in ((explain_one, explained), (write_one, written)):
            began = time.perf_counter()
            action()
            times.append((time.perf_counter() - began) * 1000)
    return figure("explain_one_ms", unit="ms", rounds=explained, control=written)


def _model() -> tuple[lgb.Booster, Matrix]:
    random = np.random.default_rng(SEED)
    rows = random.normal(size=(TRAINING_ROWS, INPUTS))
    rows[random.random(rows.shape) < 0.1] = np.nan
    log_odds = np.nansum(rows[:, :10] * random.normal(size=10), axis=1) * 0.5 - 2
    bad = random.random(TRAINING_ROWS) < 1 / (1 + np.exp(-log_odds))
    parameters = {
        "objective": "binary", "num_leaves": LEAVES, "max_depth": DEPTH, "seed": SEED, "num_threads": 1, "verbose": -1,
    }  # fmt: skip
    return lgb.train(parameters, lgb.Dataset(rows, bad), TREES), rows


def _seconds(explain: Callable[[Matrix], Matrix], rows: Matrix, *, repeats: int = 1) -> float:
    began = time.process_time()
    for _ in range(repeats):
        explain(rows)
    return (time.process_time() - began) / repeats


def _speedup(name: str, other: list[float], kernel: list[float], *, control: list[float]) -> Figure:
    """Times as fast as the other, by round; the control is the other beside itself, which is 1 but for noise."""
    rounds = [theirs / ours for theirs, ours in zip(other, kernel, strict=True)]
    itself = [first / second for first, second in zip(other, control, strict=True)]
    return Figure(
        name=name,
        value=round(median(rounds), 1),
        unit="x",
        control=round(median(itself), 2),
        spread=round(max(rounds) - min(rounds), 1),
    )


def _difference(name: str, gaps: Matrix, *, control: Matrix) -> Figure:
    return Figure(
        name=name,
        value=float(np.abs(gaps).max()),
        unit="log-odds",
        control=float(np.abs(control).max()),
        spread=0.0,
    )
