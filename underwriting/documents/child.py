"""Having a file opened by a process that nobody needs, under limits of memory and time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import structlog
from django.conf import settings

CHILD_SECONDS = 15
AT_ONCE = 2  # in one web process; each may take a gigabyte
WAIT_SECONDS = 2  # a web thread that waits longer is missing to everybody else
_room = threading.BoundedSemaphore(AT_ONCE)

logger = structlog.get_logger(__name__)


class ChildBusy(Exception):
    """As many files are open as may be."""


class ChildTooSlow(Exception):
    """The child did not end in time and was killed."""


class ChildFell(Exception):
    """The child ended without an answer: the file is damaged, or takes more than the limits allow."""


def run_child(module: str, *arguments: str, content: bytes) -> bytes:
    """What `python -m module` writes when it is given the file. Raises ChildBusy, ChildTooSlow, ChildFell.

    The module takes its own limits before it opens anything (inspect_child.take_limits).
    """
    if not _room.acquire(timeout=WAIT_SECONDS):
        raise ChildBusy
    try:
        child = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            input=content,
            capture_output=True,
            timeout=CHILD_SECONDS,
            cwd=settings.BASE_DIR,
            env={"PATH": os.environ.get("PATH", "")},  # none of our secrets
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ChildTooSlow from error
    finally:
        _room.release()
    if child.returncode != 0:
        logger.warning("document_child_ended", module=module, returncode=child.returncode, bytes=len(content))
        raise ChildFell
    return child.stdout
