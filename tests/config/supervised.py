"""A small tree of processes under the supervisor, for the tests of its endings.

Usage: python -m tests.config.supervised LOG_DIRECTORY MARKER. MARKER is an argument of every process of the tree.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from underwriting.config.launch.supervisor import ProcessSpec, Supervisor

# A parent with a child of its own; the parent ignores nothing, the grandchild ignores SIGTERM.
PARENT = """
import signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", '''
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(120)
''', sys.argv[1]])
print("up", flush=True)
signal.signal(signal.SIGTERM, lambda *_: (child.kill(), sys.exit(0)))
time.sleep(120)
"""


def main() -> int:
    directory, marker = Path(sys.argv[1]), sys.argv[2]
    with Supervisor(directory, lambda text: print(text, file=sys.stderr)) as supervisor:
        for name in ("first", "second"):
            log = directory / f"{name}.log"
            supervisor.start(
                ProcessSpec(
                    name=name,
                    argv=[sys.executable, "-c", PARENT, marker],
                    env=dict(os.environ),
                    ready=lambda log=log: b"up" in log.read_bytes(),  # type: ignore[misc]
                    grace_seconds=5,
                )
            )
        (directory / "ready").touch()
        return supervisor.wait()


if __name__ == "__main__":
    sys.exit(main())
