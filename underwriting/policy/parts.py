"""A policy document in the parts that are edited one at a time: each with its own hash and its own complaints. Pure.

A part's hash is what a form carries: saving one part never makes the form of another one stale, in whatever window that is open.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from underwriting.policy.check import KnownReasonCode, check_policy
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.schema import MAX_RULES, Complaint, Rule

PARTS: Mapping[str, tuple[str, ...]] = {
    "cut-offs": ("cut_offs",),
    "prices": ("price_grid",),
    "line": ("line",),
    "steps": ("steps",),
    "affordability": ("affordability",),
    "counteroffer": ("counteroffer",),
    "fallback": ("fallback",),
    "segments": ("segments",),
    "authority": ("authority_minor", "delegation"),
    "sla": ("sla",),
}
NEWER = ("delegation", "steps")  # what only a document of format 2 may carry


def part_of(document: Mapping[str, Any], part: str) -> dict[str, Any]:
    """The part as the document holds it."""
    return {key: document[key] for key in PARTS[part] if key in document}


def part_sha256(document: Mapping[str, Any], part: str) -> str:
    """Hash of one part of a document."""
    return canonical_sha256(part_of(document, part))


def with_part(document: Mapping[str, Any], part: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The document with one part replaced; what `content` leaves out is not there afterwards."""
    rest = {key: value for key, value in document.items() if key not in PARTS[part]}
    return with_format({**rest, **{key: value for key, value in content.items() if key in PARTS[part]}})


def with_format(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the format that what it carries needs: no part's own, for two of them may need the second."""
    needs = any(document.get(key) is not None for key in NEWER)
    return {**document, "format": 2} if needs else dict(document)


def part_complaints(
    document: Mapping[str, Any], part: str, *, reason_codes: Mapping[str, KnownReasonCode]
) -> list[Complaint]:
    """What blocks in one part, read beside the other parts but without the rules it does not name: quick at any size."""
    named = (document.get("delegation") or {}).get("exception_rules", ())
    slim = {**document, "rules": [rule for rule in document["rules"] if rule["id"] in named]}
    places = tuple(f"/{key}" for key in PARTS[part])
    found = check_policy(slim, reason_codes=reason_codes)
    return [complaint for complaint in found if complaint.blocks and complaint.place.startswith(places)]


def rule_at(document: Mapping[str, Any], rule_id: str) -> int | None:
    """The place of a rule among the rules; None where there is no such rule."""
    return next((at for at, rule in enumerate(document["rules"]) if rule["id"] == rule_id), None)


def one_rule(written: Mapping[str, Any]) -> Rule:
    """A stored rule, read; the editor never stores one that cannot be read."""
    return Rule.model_validate_json(json.dumps(written))


def rule_complaints(
    document: Mapping[str, Any],
    rule: Mapping[str, Any],
    *,
    at: int | None,
    reason_codes: Mapping[str, KnownReasonCode],
) -> list[Complaint]:
    """Everything wrong with one rule at a place of the document, `at` None: added at the end. Places begin with the rule.

    The other rules are looked at for their ids alone, so that it takes as long in a policy of 200 rules as in one of two.
    """
    slim = {key: value for key, value in document.items() if key != "delegation"}
    found = check_policy({**slim, "rules": [rule]}, reason_codes=reason_codes)
    own = [
        Complaint(complaint.place.removeprefix("/rules/0"), complaint.message, complaint.blocks)
        for complaint in found
        if complaint.place.startswith("/rules/0")
    ]
    others = [other["id"] for place, other in enumerate(document["rules"]) if place != at]
    if rule["id"] in others:
        own.append(Complaint("/id", f"Rule id {rule['id']} is used twice."))
    if at is None and len(others) >= MAX_RULES:
        own.append(Complaint("", f"A policy holds at most {MAX_RULES} rules."))
    return own
