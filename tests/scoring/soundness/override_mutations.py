"""Mistakes in who decides: what nobody may approve, price or second. Nothing of the checker is used here."""

from __future__ import annotations

import random
from typing import Any

Document = dict[str, Any]


def tier_nobody_prices(draw: random.Random, document: Document) -> tuple[str, str] | None:
    names = [tier["name"] for tier in document["price_grid"]]
    lost = draw.choice(names)
    rest = [name for name in names if name != lost]
    document["delegation"] = {"price_tiers": {"credit_officer": rest, "senior_officer": rest}}
    return lost, "delegation and grid"


def override_nobody_seconds(draw: random.Random, document: Document) -> tuple[str, str] | None:
    few = draw.randrange(0, 900_000)
    document["delegation"] = {"override_minor": {"credit_officer": 0, "senior_officer": few}}
    return "/delegation/override_minor", "delegation and authority"


def fallback_above_authority(draw: random.Random, document: Document) -> tuple[str, str] | None:
    document["fallback"] = {
        "bureau_score_min": 700, "loan_to_income_max": 0.5, "amount_max_minor": 5_000_000 + draw.randrange(1, 900_000), "price_tier": "A",
    }  # fmt: skip
    return "/fallback/amount_max_minor", "fallback and authority"


def limit_above_authority(draw: random.Random, document: Document) -> tuple[str, str] | None:
    if document["line"] is None:
        return None
    largest = max(tier["limit"]["maximum_minor"] for tier in document["price_grid"])
    document["authority_minor"] = {
        "credit_officer": 100_000,
        "senior_officer": largest - draw.randrange(1, 100_000),
    }
    document["fallback"] = None
    document.pop("delegation", None)
    return "/authority_minor/senior_officer", "line limits and authority"


def exception_of_no_rule(draw: random.Random, document: Document) -> tuple[str, str] | None:
    document["delegation"] = {"exception_rules": [f"R-{draw.randrange(500, 900)}"]}
    return "/delegation/exception_rules/0", "delegation and rules"


def senior_may_not_price(draw: random.Random, document: Document) -> tuple[str, str] | None:
    names = [tier["name"] for tier in document["price_grid"]]
    document["delegation"] = {"price_tiers": {"senior_officer": names[:-1]}}
    return names[-1], "delegation, grid and authority"
