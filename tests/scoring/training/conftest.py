"""Where the real data sets are. Tests that need them say so when they are not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def real_data_root() -> Path:
    return Path(os.environ.get("UW_REAL_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    root = real_data_root()
    if not (root / "lending_club_2007_2011").is_dir():
        pytest.skip(f"NOT RUN: no real data sets under {root} (set UW_REAL_DATA)")
    return root
