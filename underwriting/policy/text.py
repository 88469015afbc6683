"""The canonical text of a document, line by line. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def canonical_text(document: Mapping[str, Any]) -> str:
    """The whole document with sorted keys, one value a line: equal documents have equal text."""
    return json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False)
