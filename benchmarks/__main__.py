"""`python -m benchmarks NAME` beside a running demo; `./run bench NAME` starts one for it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import django


def main(arguments: list[str]) -> int:
    """Measure one thing; prints a table and, as the last line, JSON."""
    django.setup()
    from django.utils import timezone  # noqa: PLC0415 - after the set-up

    from benchmarks import intake  # noqa: PLC0415
    from benchmarks.figures import Figure, json_line, table  # noqa: PLC0415
    from scoring.demo.payloads import PEOPLE_SEED, generated, next_index  # noqa: PLC0415

    measurements: dict[str, Callable[[intake.Demo], list[Figure]]] = {
        "latency": intake.latency,
        "throughput": intake.throughput,
    }
    parser = argparse.ArgumentParser(prog="./run bench", description="Measure one thing.")
    parser.add_argument("name", choices=sorted(measurements), help="what to measure")
    options = parser.parse_args(arguments)
    credentials = json.loads((Path(os.environ["UW_DATA_DIR"]) / "demo.json").read_text())
    demo = intake.Demo(
        base_url=os.environ["UW_BASE_URL"],
        keys={code: lender["api_key"] for code, lender in credentials["lenders"].items()},
        people=generated(seed=PEOPLE_SEED, count=1_000_000, now=timezone.now(), first_index=next_index()),
    )
    figures = measurements[options.name](demo)
    print(table(figures))
    print(json_line(options.name, figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
