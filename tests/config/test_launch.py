"""`./run`'s own parts: addresses, keys, the data directory, and services that start, join and refuse."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from underwriting.config.env import ConfigurationError, read_environment
from underwriting.config.launch import processes
from underwriting.config.launch.places import ROOT, DataDirectory, Ids, can_traverse, socket_directory
from underwriting.config.launch.services import given_addresses
from underwriting.config.launch.surroundings import base_environment, development_keys

NOBODY = Ids(65534, 65534)


@pytest.fixture
def data() -> Iterator[DataDirectory]:
    """A short path that the database server's own user can pass through."""
    path = Path(tempfile.mkdtemp(prefix="uw-"))
    path.chmod(0o711)
    directory = DataDirectory(path)
    directory.prepare()
    yield directory
    shutil.rmtree(path)


def launch(data: DataDirectory, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    services = {"DATABASE_URL", "DATABASE_OWNER_URL", "CELERY_BROKER_URL"}
    environment = {name: value for name, value in os.environ.items() if name not in services}
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "underwriting.config.launch",
            arguments[0],
            "--data-dir",
            str(data.path),
            *arguments[1:],
        ],
        cwd=ROOT,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_development_keys_are_made_once_and_readable_by_their_owner_only(data: DataDirectory) -> None:
    first = development_keys(data)

    assert development_keys(data) == first
    assert stat.S_IMODE((data.path / "keys.env").stat().st_mode) == 0o600
    environment = read_environment(first)
    assert (set(environment.master_keys), len(environment.index_key)) == ({1}, 32)


def test_a_damaged_key_file_is_never_replaced(data: DataDirectory) -> None:
    (data.path / "keys.env").write_text("UW_SECRET_KEY=x\n")

    with pytest.raises(ConfigurationError, match="is damaged"):
        development_keys(data)


def test_production_gets_no_keys_of_ours(data: DataDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UW_SECRET_KEY", "UW_MASTER_KEYS", "UW_INDEX_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UW_ENVIRONMENT", "production")

    environment = base_environment(data)

    assert "UW_MASTER_KEYS" not in environment
    assert not (data.path / "keys.env").exists()


def test_every_process_gets_one_openmp_thread_and_bytecode(
    data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "4")

    environment = base_environment(data)

    assert (environment["OMP_NUM_THREADS"], environment["RUST_LIB_BACKTRACE"]) == ("1", "0")
    assert "PYTHONDONTWRITEBYTECODE" not in environment


def test_an_owner_without_an_application_role_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner@db/uw")

    with pytest.raises(ConfigurationError, match=r"^DATABASE_URL: must be set when DATABASE_OWNER_URL is$"):
        given_addresses()


def test_traversal_is_judged_for_the_user_who_will_run(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    tmp_path.chmod(0o755)

    assert not can_traverse(private / "data", NOBODY)
    assert can_traverse(private / "data", Ids(os.geteuid(), os.getegid()))
    assert can_traverse(private / "data", None)


def test_a_long_path_gets_a_short_private_socket_directory(tmp_path: Path) -> None:
    deep = DataDirectory(tmp_path / ("x" * 90))

    place = socket_directory(deep, "valkey", None)

    assert len(os.fsencode(place)) < 86
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    place.rmdir()


def test_others_do_not_look_inside_the_data_directory(data: DataDirectory) -> None:
    """Root's database server is another user, who passes through to its own directory; nobody else needs to."""
    installation = DataDirectory(data.path / "data")
    before = os.umask(0)
    try:
        installation.prepare()
        socket_directory(installation, "valkey", None)
    finally:
        os.umask(before)

    modes = {
        place.name: oct(stat.S_IMODE(place.stat().st_mode))
        for place in (installation.path, *installation.path.rglob("*"))
    }
    outer = "0o711" if os.geteuid() == 0 else "0o700"
    assert modes == {"data": outer, "logs": "0o700", "run": outer, "valkey": "0o700"}


def test_a_socket_lies_elsewhere_where_its_server_could_not_pass_through(data: DataDirectory) -> None:
    (data.path / "run").mkdir(mode=0o600)

    place = socket_directory(data, "server", Ids(os.geteuid(), os.getegid()))

    place.rmdir()
    assert place.parent == Path(tempfile.gettempdir())


def test_a_socket_directory_that_others_can_enter_is_refused(data: DataDirectory) -> None:
    place = data.path / "run" / "valkey"
    place.mkdir(parents=True)
    place.chmod(0o755)

    with pytest.raises(ConfigurationError, match="does not belong to us alone"):
        socket_directory(data, "valkey", None)


def test_a_taken_port_is_named() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(ConfigurationError, match=f"^port {port} is taken by another program"):
            processes.choose_port(port)


def test_services_are_started_joined_and_stopped(data: DataDirectory) -> None:
    nested = f"{sys.executable} -m underwriting.config.launch psql --data-dir {data.path} -Atc 'SELECT current_user'"

    outcome = launch(data, "with-services", "sh", "-c", f"{nested}; cat {data.services_file}; exit 7")

    user, _, addresses = outcome.stdout.partition("\n")
    assert (outcome.returncode, user) == (7, "uw_app"), outcome.stderr
    assert set(json.loads(addresses)) == {"DATABASE_URL", "DATABASE_OWNER_URL", "CELERY_BROKER_URL"}
    assert not data.services_file.exists()
    assert data.running_services() is None
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(data.path) not in running


def test_a_stale_pid_file_does_not_stop_the_next_start(data: DataDirectory) -> None:
    assert launch(data, "with-services", "true").returncode == 0
    pid_file = data.path / "postgres" / "postmaster.pid"
    for content in ("", f"{os.getpid()}\n/somewhere\n"):
        pid_file.write_text(content)

        assert launch(data, "with-services", "true").returncode == 0


def test_two_launchers_never_share_a_data_directory(data: DataDirectory) -> None:
    with data.locked():
        outcome = launch(data, "up")

    assert outcome.returncode == 1
    assert f"{data.path} is in use by another ./run" in outcome.stderr


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"DATABASE_URL": "sqlite:///x"},
            "./run: DATABASE_URL: only postgresql:// is supported, not sqlite://\n",
        ),
        (
            {"DATABASE_URL": "postgresql://uw_app@/uw?host=/nowhere", "CELERY_BROKER_URL": "memory://"},
            (
                "./run: DATABASE_OWNER_URL: must be set to migrate an external database; "
                "the application's role may not change tables\n"
            ),
        ),
    ],
)
def test_unusable_addresses_end_with_one_clear_line(
    data: DataDirectory, variables: dict[str, str], message: str
) -> None:
    outcome = launch(data, "up", **variables)

    assert (outcome.returncode, outcome.stderr) == (1, message)
