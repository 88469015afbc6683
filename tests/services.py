"""A pytest plugin, loaded with `-p` before Django's settings are read: gives the run a database and a broker.

`./run test` has set the addresses already. A bare `python -m pytest` starts embedded services of its own and stops them at
its end; the processes of pytest-xdist share them.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from underwriting.config.launch.services import given_addresses

START_SECONDS = 60
# Fixed keys: what a test encrypts in one process another one can read.
TEST_ENVIRONMENT = {
    "UW_SECRET_KEY": "only-for-tests-" + "x" * 40,
    "UW_MASTER_KEYS": "1:" + base64.b64encode(b"1" * 32).decode(),
    "UW_INDEX_KEY": base64.b64encode(b"i" * 32).decode(),
    "UW_DEBUG": "0",
    "OMP_NUM_THREADS": "1",
    "RUST_LIB_BACKTRACE": "0",
    "UW_PROCESS": "command",
}
NEEDS_NO_SERVICES = {"--version", "-V", "--help", "-h", "--markers", "--fixtures"}
_launcher: subprocess.Popen[bytes] | None = None
_directory: Path | None = None


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(args: list[str]) -> Generator[None]:
    os.environ.update(TEST_ENVIRONMENT)
    for name in ("UW_ENVIRONMENT", "UW_DEMO", "UW_BUREAU_URL"):
        os.environ.pop(name, None)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker and not NEEDS_NO_SERVICES.intersection(args) and "DATABASE_URL" not in given_addresses():
        _start_services()
    if worker and "CELERY_BROKER_URL" in os.environ:
        # A database of the broker for each process: 0 is the controller's.
        address, _, _ = os.environ["CELERY_BROKER_URL"].partition("?virtual_host=")
        number = int(worker.removeprefix("gw")) + 1
        os.environ["CELERY_BROKER_URL"] = (
            f"{address}?virtual_host={number}"
            if address.startswith("redis+socket")
            else f"{address.rstrip('/0123456789')}/{number}"
        )
    return (yield)


def pytest_unconfigure() -> None:
    global _launcher, _directory  # noqa: PLW0603 - one run, one set of services
    if _launcher is not None:
        _launcher.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            _launcher.wait(30)
        _launcher = None
    if _directory is not None:
        shutil.rmtree(_directory, ignore_errors=True)
        _directory = None


def _start_services() -> None:
    global _launcher, _directory  # noqa: PLW0603
    _directory = Path(tempfile.mkdtemp(prefix="uw-"))
    _directory.chmod(0o711)  # the database server's own user passes through
    parent = os.getpid()

    def die_with_parent() -> None:
        ctypes.CDLL(None).prctl(1, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    with (_directory / "launcher.log").open("wb") as log:
        _launcher = subprocess.Popen(
            [sys.executable, "-m", "underwriting.config.launch", "services", "--data-dir", str(_directory)],
            cwd=Path(__file__).resolve().parents[1],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
    published = _directory / "services.json"
    deadline = time.monotonic() + START_SECONDS
    while not published.exists():
        if _launcher.poll() is not None or time.monotonic() > deadline:
            raise pytest.UsageError(f"no test services:\n{(_directory / 'launcher.log').read_text()}")
        time.sleep(0.05)
    os.environ.update(json.loads(published.read_text()))
