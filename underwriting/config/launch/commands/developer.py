"""The commands of those who change the product: tests, checks, measurements."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from underwriting.config.launch import processes
from underwriting.config.launch.commands.product import prepare_database, say, services_for, start_demo
from underwriting.config.launch.places import ROOT, DataDirectory
from underwriting.config.launch.supervisor import ProcessSpec, Supervisor
from underwriting.config.launch.surroundings import base_environment, install_debian_packages, require_openmp

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPENAPI_SNAPSHOT = "tests/contracts/openapi.json"
LINT_IMPORTS = (
    "from importlinter.cli import lint_imports_command; lint_imports_command()"  # it has no -m form
)
WITHOUT_A_DEMO = {
    "reasons",
    "kernel",
    "policy",
    "queue",
}  # measurements that set up what they need themselves
WITH_DATABASES = {"queue"}  # of them, those that add a database beside the usual one
OPENAPI_COMMAND = (
    "manage.py",
    "spectacular",
    "--format",
    "openapi-json",
    "--validate",
    "--fail-on-warn",
    "--file",
)


@contextmanager
def temporary_data_directory() -> Iterator[DataDirectory]:
    """A data directory that is gone afterwards. The database server's own user can pass through it."""
    path = Path(tempfile.mkdtemp(prefix="uw-"))
    path.chmod(0o711)
    try:
        yield DataDirectory(path)
    finally:
        shutil.rmtree(path, ignore_errors=True)


def find_chromium() -> str | None:
    """Return the system's Chromium: the one named in CHROMIUM, or the first found by name."""
    named = os.environ.get("CHROMIUM", "").strip()
    return named or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def _require_chromium() -> None:
    if find_chromium():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("installing chromium for the browser tests")
        install_debian_packages("chromium", "fonts-dejavu-core")
    if not find_chromium():
        say(
            "no Chromium found: the browser tests will fail. Install it (Debian: apt-get install chromium) or set CHROMIUM."
        )


def test(options: Namespace) -> int:
    """Run pytest on two processes with services of its own in a temporary data directory."""
    require_openmp(say)
    _require_chromium()
    arguments = list(options.arguments)
    everything = "--all" in arguments
    arguments = [argument for argument in arguments if argument != "--all"]
    if not any(argument.startswith("-n") for argument in arguments):
        # a process that has run out of tests takes over some of the other one's
        arguments = ["-n", "2", "--dist", "worksteal", *arguments]
    if everything:
        arguments = ["--slow", *arguments]
    with temporary_data_directory() as data, services_for(data, for_tests=True) as (supervisor, environment):
        return supervisor.run(_python(environment, "-m", "pytest", *arguments))


def check(options: Namespace) -> int:
    """Run every static check, all of them even if one fails; returns 1 if any did."""
    with temporary_data_directory() as data, Supervisor(_logs(data), say) as supervisor:
        environment = base_environment(data)
        snapshot = str(data.path / "openapi.json")
        steps: dict[str, tuple[str, ...]] = {
            "style": ("-m", "ruff", "check", "."),
            "format": ("-m", "ruff", "format", "--check", "."),
            "types": ("-m", "mypy", "."),
            "imports": ("-c", LINT_IMPORTS, "--no-cache"),
            "migrations": ("manage.py", "makemigrations", "--check", "--dry-run"),
            "reason catalogue": ("-m", "explanations.reason_codes"),
            "templates and modules": (
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "tests/contracts/test_sources.py",
            ),
            "OpenAPI document": (*OPENAPI_COMMAND, snapshot),
        }
        failed = [name for name, argv in steps.items() if not _step(supervisor, environment, name, argv)]
        if "OpenAPI document" not in failed and not _same_document(Path(snapshot)):
            failed.append("OpenAPI snapshot")
    del options
    say("all checks passed" if not failed else f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def fix(options: Namespace) -> int:
    """Repair what a program can repair."""
    with temporary_data_directory() as data, Supervisor(_logs(data), say) as supervisor:
        environment = base_environment(data)
        steps: dict[str, tuple[str, ...]] = {
            "style": ("-m", "ruff", "check", "--fix", "."),
            "format": ("-m", "ruff", "format", "."),
            "OpenAPI snapshot": (*OPENAPI_COMMAND, OPENAPI_SNAPSHOT),
        }
        results = [_step(supervisor, environment, name, argv) for name, argv in steps.items()]
    del options
    return 0 if all(results) else 1


def bench(options: Namespace) -> int:
    """Run one measurement of `benchmarks` against a demo of its own, or beside nothing but the services."""
    require_openmp(say)
    may_add = bool(WITH_DATABASES.intersection(options.arguments[:1]))
    with (
        temporary_data_directory() as data,
        services_for(data, for_tests=may_add) as (supervisor, environment),
    ):
        if WITHOUT_A_DEMO.intersection(options.arguments[:1]):
            prepare_database(supervisor, environment)
        else:
            start_demo(supervisor, data, environment, port=processes.any_free_port())
        return supervisor.run(_python(environment, "-m", "benchmarks", *options.arguments))


def chaos(options: Namespace) -> int:
    """Run the kill programme, with services of its own."""
    require_openmp(say)
    with temporary_data_directory() as data, services_for(data, for_tests=True) as (supervisor, environment):
        return supervisor.run(_python(environment, "-m", "tests.broker.chaos", *options.arguments))


def _logs(data: DataDirectory) -> Path:
    data.prepare()
    return data.logs


def _step(supervisor: Supervisor, environment: dict[str, str], name: str, argv: tuple[str, ...]) -> bool:
    say(f"--- {name}")
    return supervisor.run(_python(environment, *argv)) == 0


def _same_document(made: Path) -> bool:
    snapshot = ROOT / OPENAPI_SNAPSHOT
    if snapshot.exists() and snapshot.read_text() == made.read_text():
        return True
    say(
        f"the API differs from {OPENAPI_SNAPSHOT}; if that is meant, write it again with ./run fix and look at the difference"
    )
    return False


def _python(environment: dict[str, str], *argv: str) -> ProcessSpec:
    return ProcessSpec(
        name="python",
        argv=[sys.executable, *argv],
        env=environment,
        output="inherit",
        interactive=True,
        grace_seconds=30,
    )
