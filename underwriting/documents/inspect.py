"""Having a file opened by a process that nobody needs, under limits of memory and time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass

import structlog
from django.conf import settings

from underwriting.documents.refusals import BYTES_LIMIT, DocumentRefused

CHILD_SECONDS = 15
AT_ONCE = 2  # in one web process; each may take a gigabyte
WAIT_SECONDS = 2  # a web thread that waits longer is missing to everybody else
_room = threading.BoundedSemaphore(AT_ONCE)

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a file is by its content."""

    media_type: str
    page_count: int


def inspect_file(content: bytes) -> Inspected:
    """Check size, type, structure, pages and what it could do. Raises DocumentRefused."""
    if not content:
        raise DocumentRefused("empty")
    if len(content) > BYTES_LIMIT:
        raise DocumentRefused("too_large")
    if not _room.acquire(timeout=WAIT_SECONDS):
        raise DocumentRefused("busy")
    try:
        found = _asked(content)
    finally:
        _room.release()
    if "refused" in found:
        raise DocumentRefused(str(found["refused"]))
    return Inspected(media_type=str(found["media_type"]), page_count=int(found["pages"]))


def _asked(content: bytes) -> dict[str, str]:
    """The child's answer. One that falls over has met a damaged file; one that does not end is not waited for."""
    try:
        child = subprocess.run(
            [sys.executable, "-m", "underwriting.documents.inspect_child"],
            input=content,
            capture_output=True,
            timeout=CHILD_SECONDS,
            cwd=settings.BASE_DIR,
            env={"PATH": os.environ.get("PATH", "")},  # none of our secrets
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"refused": "not_checked"}
    if child.returncode != 0:
        logger.warning("document_inspection_ended", returncode=child.returncode, bytes=len(content))
        return {"refused": "damaged"}
    answer: dict[str, str] = json.loads(child.stdout)
    return answer
