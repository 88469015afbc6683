"""`./run bench policy`: how long an edit of a policy takes to be answered on real past applications, and whether the answer is right."""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections
from django.utils import timezone

from benchmarks.figures import Figure
from benchmarks.policy.backtest import backtest
from benchmarks.policy.drafts import new_draft
from benchmarks.policy.equal import Compared, rows_equal
from benchmarks.policy.histories import DRAWN, History, dated_rows, load, undated_rows
from benchmarks.policy.row_edit import row_edit
from benchmarks.policy.rule_change import changes, rule_change
from benchmarks.policy.slider import slider
from benchmarks.policy.worker import weighed_after, work
from benchmarks.reasons.live import set_up_lenders
from benchmarks.reasons.rows import train_models
from underwriting.models import Policy, PolicyVersion
from underwriting.policy.selectors import version_in_force

NORTHGATE_ROWS, HARBOUR_ROWS = 100_000, 35_918


@dataclass(frozen=True, slots=True)
class Bench:
    """Two lenders with a past, one without, and the rounds that are measured."""

    northgate: History
    harbour: History
    rounds: int

    def policy(self, code: str) -> Policy:
        return Policy.objects.select_related("lender", "product__lender").get(lender__code=code)

    def live(self, code: str) -> dict[str, Any]:
        version = version_in_force(self.policy(code), timezone.now())
        if version is None:
            raise ValueError(f"{code} has no policy in force")
        document: dict[str, Any] = version.document
        return document

    def draft(self, code: str, document: dict[str, Any] | None = None) -> PolicyVersion:
        return new_draft(self.policy(code), document or self.live(code))


def main(arguments: list[str]) -> list[Figure]:
    """Load, weigh once, measure; what was loaded is printed before the table."""
    parser = argparse.ArgumentParser(prog="./run bench policy", description="Edits of a policy on real past applications.")  # fmt: skip
    parser.add_argument(
        "--rows", type=int, help="at most so many past applications a lender, for a first look"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data-root", type=Path, default=_data_root(), help="folder of the real data sets (UW_REAL_DATA)")  # fmt: skip
    parser.add_argument("--only", nargs="+", choices=list(FIGURES), default=list(FIGURES), help="figures to measure")  # fmt: skip
    options = parser.parse_args(arguments)
    logging.getLogger("django_structlog").setLevel(logging.WARNING)  # a line a request would bury the table
    bench = _loaded(options)
    return [FIGURES[name](bench) for name in options.only]


def _loaded(options: argparse.Namespace) -> Bench:
    began, root = time.monotonic(), options.data_root
    folder = Path(os.environ["UW_DATA_DIR"])
    train_models(["harbour", "northgate"], root, folder / "models")
    set_up_lenders(folder, folder / "models")
    _said(began, "models are trained, lenders and policies set up")
    now = timezone.now()  # the policies are in force by now
    connections.close_all()  # the two loads are processes of their own
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
        loads = {
            code: pool.submit(_load, code, root, min(options.rows or most, most), now)
            for code, most in (("northgate", NORTHGATE_ROWS), ("harbour", HARBOUR_ROWS))
        }
        histories = [load.result() for load in loads.values()]
    for code, history in zip(loads, histories, strict=True):
        _said(began, f"{code}: {_counted(history)}")
    bench = Bench(histories[0], histories[1], options.rounds)
    work()
    for code in ("northgate", "harbour"):
        took, effect = weighed_after(bench.draft(code), bench.live(code))
        _said(began, f"{code}: columns cut and weighed the first time in {took:.1f} s, {effect.application_count:,} past applications")  # fmt: skip
    return bench


def _load(code: str, root: Path, limit: int, now: datetime) -> History:
    rows, channel = (undated_rows, DRAWN) if code == "northgate" else (dated_rows, "")
    return load(code, rows(root, limit=limit, now=now), channel=channel, now=now)


def _counted(history: History) -> str:
    return (
        f"{history.imported_count:,} imported, {history.refused_count:,} refused, results of {history.known_count:,} told, "
        f"of {history.hidden_count:,} hidden"
    )


def _slider(bench: Bench) -> Figure:
    return slider(
        bench.draft("northgate"),
        bench.draft("quarry"),
        application_count=bench.northgate.imported_count,
        rounds=bench.rounds,
    )


def _rule_change(bench: Bench) -> Figure:
    return rule_change(bench.live("northgate"), bench.draft("northgate").pk)


def _backtest(bench: Bench) -> Figure:
    changed = changes(bench.live("northgate"))[0]
    return backtest(bench.draft("northgate", changed), bench.northgate.product, rounds=bench.rounds)


def _rows_equal(bench: Bench) -> Figure:
    compared = []
    for code, history in (("northgate", bench.northgate), ("harbour", bench.harbour)):
        live = bench.live(code)
        compared.append(Compared(history.product, live, _stricter(changes(live)[1])))
    return rows_equal(compared)


def _stricter(document: dict[str, Any]) -> dict[str, Any]:
    cut_offs = document["cut_offs"]
    return {**document, "cut_offs": {**cut_offs, "approve": cut_offs["approve"] + 15}}


def _row_edit(bench: Bench) -> Figure:
    return row_edit(bench.policy("northgate"), bench.live("northgate"), rounds=bench.rounds)


FIGURES: dict[str, Callable[[Bench], Figure]] = {
    "slider_p95_ms": _slider,
    "rule_change_s": _rule_change,
    "backtest_20k_s": _backtest,
    "rows_equal_of_1000": _rows_equal,
    "row_edit_p95_ms": _row_edit,
}


def _said(began: float, what: str) -> None:
    print(f"bench: {time.monotonic() - began:.0f} s: {what}", file=sys.stderr, flush=True)


def _data_root() -> Path:
    return Path(os.environ.get("UW_REAL_DATA", Path(settings.BASE_DIR).parent / "shared" / "data"))
