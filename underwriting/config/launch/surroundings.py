"""The environment of our processes: development keys, thread limits, and what the machine must bring."""

from __future__ import annotations

import base64
import ctypes
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable

from underwriting.config.env import KEY_BYTES, ConfigurationError
from underwriting.config.launch.places import ROOT, DataDirectory, write_private

KEY_VARIABLES = ("UW_SECRET_KEY", "UW_MASTER_KEYS", "UW_INDEX_KEY")
OPENMP = "libgomp.so.1"


def development_keys(data: DataDirectory) -> dict[str, str]:
    """Return the keys of this data directory, made at the first call and kept in `keys.env`, mode 600.

    Production gets its keys from outside: `env.read_environment` refuses to start without them.
    """
    path = data.path / "keys.env"
    if path.exists():
        lines = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
        kept = {name: value for name, _, value in lines}
        if set(KEY_VARIABLES) <= set(kept):
            return {name: kept[name] for name in KEY_VARIABLES}
        raise ConfigurationError(f"{path} is damaged: without its keys the stored identities cannot be read")
    keys = {
        "UW_SECRET_KEY": secrets.token_urlsafe(50),
        "UW_MASTER_KEYS": f"1:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}",
        "UW_INDEX_KEY": base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
    }
    write_private(path, "".join(f"{name}={value}\n" for name, value in keys.items()))
    return keys


def base_environment(data: DataDirectory) -> dict[str, str]:
    """Return this process's environment with what every process of ours needs."""
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # every process would compile everything again
    environment |= {
        "DJANGO_SETTINGS_MODULE": "underwriting.config.settings",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",  # read by OpenMP when it is loaded, so it has to be there before Python starts
        "RUST_LIB_BACKTRACE": "0",  # keeps stack traces and file paths out of rule errors
        "UW_DATA_DIR": str(data.path),
    }
    # Compiled code belongs to this source and this processor, not to an installation's data: whoever comes first makes it.
    environment.setdefault("NUMBA_CACHE_DIR", str(ROOT / ".data" / "compiled"))
    if environment.get("UW_ENVIRONMENT", "development") == "development":
        for name, value in development_keys(data).items():
            environment.setdefault(name, value)
    return environment


def require_openmp(say: Callable[[str], None]) -> None:
    """Make sure that LightGBM's OpenMP library is there; installs it where we are root on Debian.

    Raises:
        ConfigurationError: it is missing and cannot be installed; the message says how to get it.
    """
    if sys.platform != "linux" or _loads(OPENMP):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("installing libgomp1, the OpenMP library that LightGBM needs")
        install_debian_packages("libgomp1")
    if not _loads(OPENMP):
        raise ConfigurationError(
            f"{OPENMP} is missing: LightGBM needs the system's OpenMP library. "
            "Debian, Ubuntu: apt-get install libgomp1. Fedora: dnf install libgomp. Then start again."
        )


def install_debian_packages(*names: str) -> bool:
    """Install packages as root; tells whether it worked. Its output goes to standard error."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names],
    ):
        if (
            subprocess.run(
                command, env=quiet, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False
            ).returncode
            != 0
        ):
            return False
    return True


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
