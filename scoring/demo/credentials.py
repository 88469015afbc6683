"""`demo.json`: what a person or a script needs to use the demo. Mode 600, in the data directory, kept between starts."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

WORDS = (
    "amber", "anchor", "basalt", "beacon", "birch", "cedar", "cobalt", "coral", "dune", "ember", "fjord", "garnet", "harbour", "heron",
    "indigo", "juniper", "lantern", "maple", "meadow", "opal", "orchard", "pebble", "quartz", "rowan", "saffron", "slate", "spruce",
    "tundra", "umber", "velvet", "willow", "zephyr",
)  # fmt: skip


def new_passphrase() -> str:
    """Four words and four digits: about 33 bits, enough for a demo on loopback, and typed without a mistake."""
    return "-".join([*(secrets.choice(WORDS) for _ in range(4)), f"{secrets.randbelow(10_000):04d}"])


class Credentials:
    """The file as a dictionary: base_url, lenders (code -> products, api_key), people (email -> name, password, totp_secret, roles)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data: dict[str, Any] = {"base_url": "", "lenders": {}, "people": {}}
        if path.exists():
            self.data.update(json.loads(path.read_text(encoding="utf-8")))

    def save(self) -> None:
        """Written beside and moved into place, so that half a file is never read; readable by the owner alone."""
        part = self.path.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(self.data, file, indent=2, sort_keys=True)
        part.replace(self.path)
