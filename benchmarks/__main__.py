"""`python -m benchmarks NAME`; `./run bench NAME` starts the demo that most of them measure, or the services that the others need."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from benchmarks import intake


def main(arguments: list[str]) -> int:
    """Measure one thing; prints a table and, as the last line, JSON."""
    django.setup()
    from benchmarks import intake, kernel  # noqa: PLC0415 - after the set-up
    from benchmarks.figures import Figure, json_line, table  # noqa: PLC0415
    from benchmarks.policy import bench as policy  # noqa: PLC0415
    from benchmarks.queue import bench as queue  # noqa: PLC0415
    from benchmarks.reasons import bench as reasons  # noqa: PLC0415

    of_the_demo: dict[str, Callable[[intake.Demo], list[Figure]]] = {
        "latency": intake.latency,
        "throughput": intake.throughput,
    }
    by_themselves: dict[str, Callable[[list[str]], list[Figure]]] = {
        "kernel": kernel.main,
        "policy": policy.main,
        "queue": queue.main,
        "reasons": reasons.main,
    }
    parser = argparse.ArgumentParser(prog="./run bench", description="Measure one thing.")
    parser.add_argument("name", choices=sorted(of_the_demo | by_themselves), help="what to measure")
    options, rest = parser.parse_known_args(arguments)
    if options.name in by_themselves:
        figures = by_themselves[options.name](rest)
    else:
        parser.parse_args(arguments)  # says what it does not know
        figures = of_the_demo[options.name](_running_demo())
    print(table(figures))
    print(json_line(options.name, figures))
    return 0


def _running_demo() -> intake.Demo:
    from django.utils import timezone  # noqa: PLC0415

    from benchmarks.intake import Demo  # noqa: PLC0415
    from scoring.demo.payloads import PEOPLE_SEED, generated, next_index  # noqa: PLC0415

    credentials = json.loads((Path(os.environ["UW_DATA_DIR"]) / "demo.json").read_text())
    return Demo(
        base_url=os.environ["UW_BASE_URL"],
        keys={code: lender["api_key"] for code, lender in credentials["lenders"].items()},
        people=generated(seed=PEOPLE_SEED, count=1_000_000, now=timezone.now(), first_index=next_index()),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
