"""`./run bench reasons`: score declines of real rows through the live pipeline; what their reasons are worth, lender by lender."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from django.conf import settings

from benchmarks.figures import Figure
from benchmarks.reasons.control import shuffled
from benchmarks.reasons.judged import Judged, judge_all
from benchmarks.reasons.live import set_up_lenders, submit, work
from benchmarks.reasons.recourse import count_flips, suggested
from benchmarks.reasons.rows import below_the_cut_off, data_sets, train_models
from benchmarks.reasons.shares import NAMES, Tally, lender_table, worst
from scoring.training.mapping import DATA_SETS

# Rows below the cut-off; None: all that the files hold. A rule declines some of them, whose reasons are not the score's.
WANTED: dict[str, int | None] = {"harbour": None, "northgate": 3_300, "quarry": 1_500}
CONTROL_ROWS = 300
SUGGESTIONS = 500  # a lender
UNCHANGED = 60  # assessed again as they are, for the control
SHOWN = 12


def main(arguments: list[str]) -> list[Figure]:
    """Measure; prints what was counted on the way."""
    parser = argparse.ArgumentParser(
        prog="./run bench reasons", description="Are the reasons true, and are they the reasons?"
    )
    parser.add_argument("--rows", type=int, help="at most so many declines a lender, for a first look")
    parser.add_argument(
        "--data-root", type=Path, default=_data_root(), help="folder of the real data sets (UW_REAL_DATA)"
    )
    parser.add_argument("--lenders", nargs="+", choices=list(DATA_SETS), default=list(DATA_SETS))
    options = parser.parse_args(arguments)
    folder = Path(os.environ["UW_DATA_DIR"])
    began = time.monotonic()
    bundles = train_models(options.lenders, options.data_root, folder / "models")
    sets = {lender: data_sets(lender, options.data_root) for lender in options.lenders}
    _said(began, "models of the real rows are trained")
    set_up_lenders(folder, folder / "models")
    chosen = [
        row
        for lender, found in sets.items()
        for row in below_the_cut_off(found, bundles[lender], count=options.rows or WANTED[lender])
    ]
    sent = submit(chosen)
    _said(began, f"{len(sent):,} of {len(chosen):,} rows that the score declines are submitted")
    work()
    _said(began, "all are assessed")
    judged = judge_all(sent)
    _said(began, "every sentence is held against its source row")
    controls = {
        lender: shuffled(
            sets[lender][0], bundles[lender], count=min(CONTROL_ROWS, options.rows or CONTROL_ROWS)
        )
        for lender in judged.tallies
    }
    found = suggested(judged.declined, most=SUGGESTIONS)
    count_flips(found, judged.tallies, changed=True)
    count_flips(found[:: max(1, len(found) // UNCHANGED)], controls, changed=False)
    _said(began, f"{len(found):,} suggestions and counteroffers are taken at their word")
    judged.complaints.update(f"suggests a change of {fact}" for one in found for fact in one.touches)
    _print(judged, controls)
    return figures(judged, controls)


def figures(judged: Judged, controls: dict[str, Tally]) -> list[Figure]:
    """Each share as the worst lender's. The control is the shuffled model's; for truth another applicant's row, for
    suggestions the same applicants with nothing changed."""
    shares = {lender: tally.shares() for lender, tally in judged.tallies.items()}
    found = []
    for name in NAMES:
        value, spread = worst(name, shares)
        others = judged.elsewhere if name == "sentence_true_share" else controls
        control, _ = worst(name, {lender: tally.shares() for lender, tally in others.items()})
        found.append(
            Figure(
                name=name,
                value=round(value, 4),
                unit="share",
                control=round(control, 4),
                spread=round(spread, 4),
            )
        )
    return found


def _print(judged: Judged, controls: dict[str, Tally]) -> None:
    print(lender_table(judged.tallies))
    print("\nshuffled labels")
    print(lender_table(controls))
    for title, counted in (
        ("outcomes", judged.outcomes),
        ("printed by their neutral name", judged.factors),
        ("tests that hold a notice", judged.held),
        ("not true", judged.complaints),
    ):
        print(f"\n{title}: {sum(counted.values()):,}")
        for what, number in counted.most_common(SHOWN):
            print(f"  {number:>6,}  {what}")
    print()


def _said(began: float, what: str) -> None:
    print(f"bench: {time.monotonic() - began:.0f} s: {what}", file=sys.stderr, flush=True)


def _data_root() -> Path:
    return Path(os.environ.get("UW_REAL_DATA", Path(settings.BASE_DIR).parent / "shared" / "data"))
