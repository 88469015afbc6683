"""Hashes under which an assessment can be proved later: of each thing it rested on, and of the smaller parts it names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

DIGEST_CHARACTERS = 8
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def frozen_sha256(value: Any) -> str:
    """SHA-256 of a JSON value that is the same before and after PostgreSQL stored it as jsonb.

    jsonb keeps numbers as decimals, so 1e16 comes back as an integer: whole floats are hashed as integers.
    """
    return _sha256(_plain(value))


def _sha256(plain: Any) -> str:
    return hashlib.sha256(_ENCODER.encode(plain).encode()).hexdigest()


def digests(parts: Mapping[str, Any]) -> dict[str, str]:
    """A short hash of each part, so that a change can be named and not only noticed."""
    return {name: frozen_sha256(part)[:DIGEST_CHARACTERS] for name, part in parts.items()}


def rule_digests(document: Mapping[str, Any]) -> dict[str, str]:
    """Digests of a policy document: each rule by its id, and every other part by its name."""
    rules = {str(rule["id"]): rule for rule in document.get("rules", [])}
    return digests({**{name: part for name, part in document.items() if name != "rules"}, **rules})


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict | Mapping):  # a dict is seen at once, a Mapping is looked up
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value
