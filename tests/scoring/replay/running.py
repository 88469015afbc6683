"""`manage.py replay` in a process of its own, against the test's database."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.database import database_url
from tests.scoring.pipeline.world import ROOT


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command; it has never seen how these assessments were made."""
    environment = {**os.environ, "DATABASE_URL": database_url(), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "manage.py", "replay", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
