"""A model on disk: text, manifest, card and reference pool in one folder. Pure but for reading and writing it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scoring.registry.manifest import Manifest, ManifestInvalid, canonical_json, sha256_of

TEXT, MANIFEST, CARD, POOL = "model.txt", "manifest.json", "card.md", "pool.json.gz"
# No model of ours comes near; a longer text is not read at all.
MOST_TEXT_BYTES = 8_000_000

PoolRow = list[float | int | None]


class BundleUnreadable(ValueError):
    """The folder lacks a file, or a file is not what its name says; the message names it."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Feature rows in the model's order (None where missing) and the points of each. At least 3,000 people."""

    columns: tuple[str, ...]
    rows: Sequence[PoolRow]
    points: Sequence[float]

    def to_json(self) -> dict[str, Any]:
        return {"columns": list(self.columns), "rows": list(self.rows), "points": list(self.points)}

    @property
    def sha256(self) -> str:
        return sha256_of(canonical_json(self.to_json()))


@dataclass(frozen=True, slots=True)
class ModelBundle:
    text: str
    manifest: Manifest
    card: str
    pool: Pool


def write_bundle(bundle: ModelBundle, directory: Path) -> None:
    """The same bundle is always the same bytes: sorted keys, no time in the packed file."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / TEXT).write_text(bundle.text, encoding="utf-8", newline="")
    manifest = json.dumps(bundle.manifest.to_json(), indent=1, sort_keys=True, allow_nan=False)
    (directory / MANIFEST).write_text(manifest + "\n", encoding="utf-8")
    (directory / CARD).write_text(bundle.card, encoding="utf-8")
    packed = gzip.compress(canonical_json(bundle.pool.to_json()).encode(), compresslevel=9, mtime=0)
    (directory / POOL).write_bytes(packed)


def read_bundle(directory: Path) -> ModelBundle:
    """Raises BundleUnreadable. Hashes are checked where a model is registered or loaded, not here."""
    for name in (TEXT, MANIFEST, CARD, POOL):
        if not (directory / name).is_file():
            raise BundleUnreadable(f"{directory.name}: {name} is missing")
    if (directory / TEXT).stat().st_size > MOST_TEXT_BYTES:
        raise BundleUnreadable(f"{directory.name}: {TEXT} is longer than {MOST_TEXT_BYTES:,} bytes")
    try:
        manifest = Manifest.from_json(json.loads((directory / MANIFEST).read_text(encoding="utf-8")))
    except (json.JSONDecodeError, ManifestInvalid, KeyError, TypeError) as error:
        raise BundleUnreadable(f"{directory.name}: {MANIFEST}: {error}") from error
    try:
        stored = json.loads(gzip.decompress((directory / POOL).read_bytes()))
        pool = Pool(tuple(stored["columns"]), stored["rows"], stored["points"])
    except (OSError, EOFError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise BundleUnreadable(f"{directory.name}: {POOL}: {error}") from error
    with (directory / TEXT).open(encoding="utf-8", newline="") as stream:
        text = stream.read()
    return ModelBundle(text, manifest, (directory / CARD).read_text(encoding="utf-8"), pool)
