"""What a file is, found out by a process of its own before anything is stored."""

from __future__ import annotations

import json
from dataclasses import dataclass

from underwriting.documents.child import ChildBusy, ChildFell, ChildTooSlow, run_child
from underwriting.documents.refusals import BYTES_LIMIT, DocumentRefused


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
    try:
        found: dict[str, str] = json.loads(run_child("underwriting.documents.inspect_child", content=content))
    except ChildBusy:
        raise DocumentRefused("busy") from None
    except ChildTooSlow:
        raise DocumentRefused("not_checked") from None
    except ChildFell:
        raise DocumentRefused("damaged") from None
    if "refused" in found:
        raise DocumentRefused(str(found["refused"]))
    return Inspected(media_type=str(found["media_type"]), page_count=int(found["pages"]))
