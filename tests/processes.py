"""Fixtures that start real processes against the test database and the test broker. For transaction=True tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.database import database_url
from underwriting.config.launch import processes
from underwriting.config.launch.places import ROOT, DataDirectory
from underwriting.config.launch.supervisor import Child, ProcessSpec, Supervisor
from underwriting.config.launch.surroundings import base_environment


@dataclass
class RealProcesses:
    """Starts processes of the product and knows their environment; all of them are gone after the test."""

    supervisor: Supervisor
    data: DataDirectory
    environment: dict[str, str]
    started: list[Child] = field(default_factory=list)

    def start(self, spec: ProcessSpec) -> Child:
        """Start a process and wait until it is ready."""
        child = self.supervisor.start(spec)
        self.started.append(child)
        return child

    def worker(self, *, concurrency: int = 2, **variables: str) -> Child:
        """Start a Celery worker; `variables` are added to its environment."""
        spec = processes.worker(self.data, self.environment | variables, concurrency=concurrency)
        return self.start(spec)

    def beat(self) -> Child:
        """Start the sweep's clock."""
        return self.start(processes.beat(self.data, self.environment))

    def web(self, *, count: int = 1, **variables: str) -> str:
        """Start gunicorn with `count` processes; returns its address."""
        port = processes.any_free_port()
        self.environment["UW_BASE_URL"] = f"http://{processes.HOST}:{port}"
        self.start(processes.web(self.data, self.environment | variables, port=port, processes=count))
        return self.environment["UW_BASE_URL"]

    def bureau(self) -> str:
        """Start the bureau simulator; returns its address, which later processes get."""
        port = processes.any_free_port()
        spec = processes.bureau(
            {name: value for name, value in self.environment.items() if name != "UW_BUREAU_URL"}, port=port
        )
        assert spec is not None, "no bureau simulator is installed"
        self.start(spec)
        self.environment["UW_BUREAU_URL"] = f"http://{processes.HOST}:{port}"
        return self.environment["UW_BUREAU_URL"]

    def kill(self, child: Child) -> None:
        """Kill a process and its children at once, as the kernel would when memory runs out."""
        os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait(10)
        child.exit_code = child.process.returncode
        self.supervisor.children.remove(child)

    def log(self, child: Child) -> str:
        """Return what a process has printed."""
        return (self.data.logs / f"{child.spec.name}.log").read_text(errors="replace")


@pytest.fixture(scope="session")
def static_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Collect the static files as the web process reads them, once for each process of the run."""
    data = DataDirectory(tmp_path_factory.mktemp("static"))
    data.prepare()
    environment = base_environment(data) | {"UW_PROCESS": "web"}
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"],
        cwd=ROOT,
        env=environment,
        check=True,
    )
    return data.path / "static"


@pytest.fixture
def real_processes(transactional_db: None, static_files: Path, tmp_path: Path) -> Iterator[RealProcesses]:
    """Start workers, web servers and the simulator as real processes on the committed data of the test."""
    data = DataDirectory(tmp_path)
    data.prepare()
    environment = base_environment(data) | {
        "DATABASE_URL": database_url(),
        "CELERY_BROKER_URL": os.environ["CELERY_BROKER_URL"],
    }
    environment.pop("DATABASE_OWNER_URL", None)
    (tmp_path / "static").symlink_to(static_files)
    messages: list[str] = []
    with Supervisor(data.logs, messages.append, owns_process=False) as supervisor:
        _empty_broker()
        yield RealProcesses(supervisor, data, environment)


@pytest.fixture
def real_worker(real_processes: RealProcesses) -> Child:
    """A running Celery worker with two child processes."""
    return real_processes.worker()


@pytest.fixture
def live_web(real_processes: RealProcesses) -> Callable[..., str]:
    """Call it to start gunicorn: `live_web(count=2)` returns the address."""
    return real_processes.web


def _empty_broker() -> None:
    from underwriting.config.celery import app

    with app.connection_for_write() as connection:
        connection.default_channel.client.flushdb()  # type: ignore[attr-defined]
