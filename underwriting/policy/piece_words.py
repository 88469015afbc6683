"""A piece of a document in words, with its units: what a person chooses between when two changes clash. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from underwriting.policy.diff import SETTINGS, settings_in_words, tier_in_words
from underwriting.policy.rebase import Key
from underwriting.policy.schema import PolicyRefused, PriceTier, Rule, parse_document
from underwriting.policy.words import rule_in_words

SETTING_OF_PART = {
    "affordability": "Affordability", "line": "Line", "steps": "Largest steps", "counteroffer": "Counteroffer", "segments": "Segments",
    "fallback": "Fallback", "authority_minor": "Authority", "delegation": "Authority", "sla": "Service level",
}  # fmt: skip
UNREADABLE = "It cannot be read yet."


def piece_in_words(document: Mapping[str, Any], path: Key, value: Any) -> str:
    """The piece at `path` (underwriting.policy.rebase) of a document, as a person reads it; `value` is what stands there."""
    currency = str(document.get("currency", ""))
    part = path[0]
    if part in ("rules", "price_grid"):
        if value is None:
            return "Not there."
        if len(path) == 1:
            return ", ".join(value)
        return _rule(value, currency) if part == "rules" else _tier(value, currency)
    if part in SETTING_OF_PART:
        return _setting(document, SETTING_OF_PART[part])
    return "Not set." if value is None else str(value)


def _rule(value: Any, currency: str) -> str:
    try:
        rule = Rule.model_validate_json(_json(value))
    except ValidationError:
        return UNREADABLE
    code = f" Reason {rule.reason_code}." if rule.reason_code else ""
    return f"{rule.name}. {rule_in_words(rule, currency)}{code} Priority {rule.priority}."


def _tier(value: Any, currency: str) -> str:
    try:
        return tier_in_words(PriceTier.model_validate_json(_json(value)), currency)
    except ValidationError:
        return UNREADABLE


def _setting(document: Mapping[str, Any], name: str) -> str:
    try:
        words = settings_in_words(parse_document(document))
    except PolicyRefused:
        return UNREADABLE
    return words[SETTINGS.index(name)] or "Not set."


def _json(value: Any) -> str:
    return json.dumps(value)
