"""Answers agreed on once: read from `golden/`, or written there when UW_WRITE_GOLDEN is set, to be read in the diff."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

PLACE = Path(__file__).with_name("golden")


def golden(name: str, found: dict[str, Any]) -> Any:
    path = PLACE / f"{name}.json"
    if os.environ.get("UW_WRITE_GOLDEN"):
        PLACE.mkdir(exist_ok=True)
        path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))
