"""The product's own processes: bureau simulator, worker, beat and web, and how each shows that it is ready."""

from __future__ import annotations

import contextlib
import http.client
import shlex
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from underwriting.config.env import ConfigurationError
from underwriting.config.launch.places import DataDirectory
from underwriting.config.launch.supervisor import Output, ProcessSpec

HOST = "127.0.0.1"
DEFAULT_PORT = 8000
PORTS_TRIED = 50
WEB_PROCESSES = 2
WEB_THREADS = 16
SIMULATOR = "underwriting.bureau.simulator"
MAIL_SINK = "underwriting.outbox.sink"
# The longest task is a batch of 64 with late evidence; Celery needs about four seconds more to join its pool.
WORKER_GRACE_SECONDS = 20.0


def is_free(port: int) -> bool:
    """Tell whether a port of this machine can be listened on."""
    with contextlib.suppress(OSError), socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        return True
    return False


def choose_port(asked: int | None) -> int:
    """Return the asked port, or the first free one from 8000 on.

    Raises:
        ConfigurationError: it is taken, or none of fifty is free.
    """
    if asked is not None:
        if not is_free(asked):
            raise ConfigurationError(f"port {asked} is taken by another program; choose another with --port")
        return asked
    for port in range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED):
        if is_free(port):
            return port
    raise ConfigurationError(
        f"no port from {DEFAULT_PORT} to {DEFAULT_PORT + PORTS_TRIED - 1} is free; choose one with --port"
    )


def any_free_port() -> int:
    """Return a port that is free at this moment, chosen by the system."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def web(
    data: DataDirectory, environment: Mapping[str, str], *, port: int, processes: int = WEB_PROCESSES
) -> ProcessSpec:
    """Describe the web server. Its static files must have been collected."""
    metrics = data.path / "run" / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(parents=True, mode=0o700)
    return ProcessSpec(
        name="web",
        argv=[
            sys.executable, "-m", "gunicorn", "underwriting.config.wsgi:application",
            "--config", "python:underwriting.config.gunicorn",
            "--bind", f"{HOST}:{port}", "--workers", str(processes), "--threads", str(WEB_THREADS),
        ],
        env={**environment, "UW_PROCESS": "web", "PROMETHEUS_MULTIPROC_DIR": str(metrics)},
        ready=answers(port, "/healthz"),
        grace_seconds=15,
    )  # fmt: skip


def worker(data: DataDirectory, environment: Mapping[str, str], *, concurrency: int = 2) -> ProcessSpec:
    """Describe a Celery worker with `concurrency` child processes."""
    return ProcessSpec(
        name="worker",
        argv=[*_celery("worker"), "-P", "prefork", "-c", str(concurrency), "--without-gossip", "--without-mingle", "-n", f"worker-{data.digest}@%h"],
        env={**environment, "UW_PROCESS": "worker"},
        ready=_has_logged(data.logs / "worker.log", " ready."),
        grace_seconds=WORKER_GRACE_SECONDS,
    )  # fmt: skip


def beat(data: DataDirectory, environment: Mapping[str, str]) -> ProcessSpec:
    """Describe the clock that sends the sweep's hint every second. It has no memory: its schedule is in the settings."""
    state = data.path / "run" / "beat"
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True, mode=0o700)
    return ProcessSpec(
        name="beat",
        argv=[*_celery("beat"), "-s", state / "schedule", "--pidfile="],
        env={**environment, "UW_PROCESS": "worker"},
        ready=lambda: any(state.iterdir()),
        grace_seconds=3,
    )


def bureau(environment: Mapping[str, str], *, port: int) -> ProcessSpec | None:
    """Describe the bureau simulator, or None where a bureau's address is given or the simulator is not installed."""
    if environment.get("UW_BUREAU_URL") or find_spec(SIMULATOR) is None:
        return None
    return ProcessSpec(
        name="bureau",
        argv=[sys.executable, "-m", SIMULATOR, "--port", str(port)],
        env=environment,
        ready=lambda: not is_free(port),
        grace_seconds=3,
    )


def mail_sink(data: DataDirectory, environment: Mapping[str, str], *, port: int) -> ProcessSpec:
    """Describe the demonstration's mail server, which keeps every message in the data directory and pipes bounces to us."""
    return ProcessSpec(
        name="mail",
        argv=[
            sys.executable, "-m", MAIL_SINK, "--port", str(port), "--directory", str(data.path / "mail"),
            "--bounces-to", shlex.join([sys.executable, "manage.py", "read_bounce"]),
        ],
        env=environment,
        ready=lambda: not is_free(port),
        grace_seconds=3,
    )  # fmt: skip


def management(environment: Mapping[str, str], *arguments: str, output: Output = "log") -> ProcessSpec:
    """Describe one run of `manage.py`; by default its output goes to a log file named by the command."""
    return ProcessSpec(
        name=arguments[0], argv=[sys.executable, "manage.py", *arguments], env=environment, output=output
    )


def answers(port: int, path: str) -> Callable[[], bool]:
    """Return a question whose answer is yes once this machine's port gives 200 for the path."""

    def ask() -> bool:
        client = http.client.HTTPConnection(HOST, port, timeout=2)
        with contextlib.closing(client), contextlib.suppress(OSError, http.client.HTTPException):
            client.request("GET", path)
            return client.getresponse().status == http.HTTPStatus.OK
        return False

    return ask


def _celery(command: str) -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "underwriting.config.celery", command, "--loglevel", "INFO"]


def _has_logged(path: Path, text: str) -> Callable[[], bool]:
    """Return a question whose answer is yes once a line with `text` is added to the log from now on."""
    start = path.stat().st_size if path.exists() else 0

    def ask() -> bool:
        if not path.exists():
            return False
        with path.open("rb") as log:
            log.seek(start)
            return text.encode() in log.read()

    return ask
