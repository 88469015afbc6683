"""`./run chaos [--kills N] [--stops N] [--seed S]`: the long kill programmes, with what was hit in which phase printed."""

from __future__ import annotations

import argparse
import os
import sys

import pytest


def main() -> int:
    """Run the programmes and their controls; returns pytest's exit code."""
    parser = argparse.ArgumentParser(prog="./run chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="kill -9 of a worker, at random (20)")
    parser.add_argument("--stops", type=int, default=20, help="STOP past the lease, then CONT (20)")
    parser.add_argument(
        "--seed", type=int, default=0, help="of the moments and victims; printed, 0 draws one"
    )
    options = parser.parse_args()
    os.environ |= {
        "UW_CHAOS_KILLS": str(options.kills),
        "UW_CHAOS_STOPS": str(options.stops),
        "UW_CHAOS_SEED": str(options.seed),
    }
    return int(
        pytest.main(
            ["tests/broker/test_chaos.py", "--slow", "-k", "full or control", "-s", "-v", "-p", "no:xdist"]
        )
    )


if __name__ == "__main__":
    sys.exit(main())
