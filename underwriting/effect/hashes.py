"""What of a policy document decides whom, and nothing else of it: two documents with equal hashes weigh every case alike. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from underwriting.policy.compile import canonical_sha256

WEIGHED = ("product_kind", "line", "affordability", "counteroffer", "segments", "fallback")


def rules_sha256(document: Mapping[str, Any]) -> str:
    """Of everything that weighs beside cut-offs and prices. Names, owners, wording, authority and service levels do not count."""
    given = document.get("rules")
    rules = [
        {name: rule.get(name) for name in ("id", "kind", "when")} if isinstance(rule, Mapping) else rule
        for rule in (given if isinstance(given, list | tuple) else [])
    ]
    return canonical_sha256({"rules": rules} | {name: document.get(name) for name in WEIGHED})


def prices_sha256(document: Mapping[str, Any]) -> str:
    """Of the price grid, limits included."""
    return canonical_sha256({"price_grid": document.get("price_grid")})


def weighing_sha256(document: Mapping[str, Any]) -> str:
    """Of everything that weighs: rules, prices and cut-offs."""
    return canonical_sha256(
        {
            "rules": rules_sha256(document),
            "prices": prices_sha256(document),
            "cut_offs": document.get("cut_offs"),
        }
    )
