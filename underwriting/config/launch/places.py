"""Where a running installation keeps its things: the data directory, its lock, short socket directories."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from underwriting.config.env import ConfigurationError

ROOT = Path(__file__).resolve().parents[3]
# A socket's path may have 107 bytes; ".s.PGSQL.5432" and a lock suffix have to fit behind the directory.
SOCKET_DIRECTORY_MAX_BYTES = 85


@dataclass(frozen=True, slots=True)
class Ids:
    """The user and group a process runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """One installation's data directory; two of them share nothing."""

    path: Path

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def services_file(self) -> Path:
        """Addresses of the running services, for commands that join them."""
        return self.path / "services.json"

    @property
    def digest(self) -> str:
        """Twelve characters that name this directory in places outside of it."""
        return hashlib.sha256(str(self.path).encode()).hexdigest()[:12]

    def prepare(self) -> None:
        """Create the directory and its log directory; others on this machine may not look inside.

        A directory that is there already keeps the mode its owner gave it.
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=_outer_mode())
        self.logs.mkdir(exist_ok=True, mode=0o700)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory for this launcher.

        Raises:
            ConfigurationError: another launcher holds it.
        """
        self.prepare()
        with open(self.path / "lock", "a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ConfigurationError(
                    f"{self.path} is in use by another ./run. Stop that one, or choose another place with --data-dir."
                ) from error
            self.services_file.unlink(missing_ok=True)
            try:
                yield
            finally:
                self.services_file.unlink(missing_ok=True)

    def running_services(self) -> dict[str, str] | None:
        """Return the addresses a living launcher has published here, or None."""
        lock = self.path / "lock"
        if not lock.exists():
            return None
        with lock.open() as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
                    addresses: dict[str, str] = json.loads(self.services_file.read_text())
                    return addresses
        return None

    def publish_services(self, addresses: dict[str, str]) -> None:
        """Write the addresses so that a reader never sees half of them."""
        write_private(self.services_file, json.dumps(addresses, indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; only its owner can read it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
    temporary.replace(path)


def _outer_mode() -> int:
    """The mode of a directory that holds a service's own: root's database server is another user and must pass through."""
    return 0o711 if os.geteuid() == 0 else 0o700


def can_traverse(directory: Path, ids: Ids | None) -> bool:
    """Tell whether a process with these ids (None: ours) can reach the inside of `directory`."""
    if ids is None:
        return True
    for place in (directory, *directory.parents):
        if not place.exists():
            continue
        status = place.stat()
        if status.st_uid == ids.uid:
            needed = stat.S_IXUSR
        elif status.st_gid == ids.gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not status.st_mode & needed:
            return False
    return True


def socket_directory(data: DataDirectory, name: str, ids: Ids | None) -> Path:
    """Create a mode-700 directory for a socket: in the data directory if that is short and can be reached, else in /tmp.

    Raises:
        ConfigurationError: somebody else has already made the directory in /tmp.
    """
    place = data.path / "run" / name
    place.parent.mkdir(parents=True, exist_ok=True, mode=_outer_mode())
    if len(os.fsencode(place)) > SOCKET_DIRECTORY_MAX_BYTES or not can_traverse(place.parent, ids):
        place = Path(tempfile.gettempdir()) / f"underwriting-{name}-{data.digest}"
    owner = ids.uid if ids else os.geteuid()
    with contextlib.suppress(FileExistsError):
        place.mkdir(mode=0o700)
        if ids:
            os.chown(place, ids.uid, ids.gid)
    status = place.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != owner or status.st_mode & 0o077:
        raise ConfigurationError(f"{place} exists and does not belong to us alone; remove it and start again")
    return place
