"""No change of a policy goes untold: whatever single value differs, the words differ."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.properties.policy_cases import demo_document
from underwriting.policy.diff import diff_in_words
from underwriting.policy.schema import PolicyRefused, parse_document

FULL: dict[str, Any] = {
    "format": 2,
    "delegation": {
        "price_tiers": {"credit_officer": ["A"]},
        "override_minor": {"senior_officer": 2_500_000},
        "exception_rules": ["R-01"],
    },
    "steps": {"rate_bps_max": 425, "limit_minor_max": 250_000},
    "segments": {"channels": ["BRANCH"], "purposes": ["home"]},
    "fallback": {
        "bureau_score_min": 700,
        "amount_max_minor": 250_000,
        "loan_to_income_max": 0.5,
        "price_tier": "A",
    },
    "affordability": {"instalment_to_income_max": 0.35, "debt_service_max": 0.45, "reason_code": "CP01"},
    "counteroffer": {
        "allowed": True,
        "minimum_amount_minor": 100_000,
        "minimum_share_of_requested": 0.5,
        "terms_months": [12, 24],
    },
}
OTHERWISE = {
    "op": ("<", ">"), "if_absent": ("passes", "fails", "refers"), "if_never": ("passes", "fails", "refers")
}  # fmt: skip


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, member in members:
        if isinstance(member, (dict, list)):
            yield from leaves(member, (*path, key))
        else:
            yield (*path, key)


def others(value: Any, key: Any) -> list[Any]:
    """Values near this one: for a number the nearest that a policy can hold, where two would read alike if they were rounded."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [0 if value == 1 else value + 1]  # a flag is nothing else
    if isinstance(value, float):
        return [round(value + 0.000_001, 9)]
    if value is None:
        return [1]
    return [other for other in (*OTHERWISE.get(key, ()), f"{value}x") if other != value]


def changed(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    result = copy.deepcopy(document)
    node: Any = result
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return result


def readable(document: dict[str, Any]) -> Any:
    try:
        return parse_document(document)
    except PolicyRefused:
        return None


@pytest.mark.parametrize("lender", ["harbour", "northgate"])
@pytest.mark.parametrize("whole", [{}, FULL], ids=["as shipped", "with every part"])
def test_no_single_value_of_a_policy_changes_untold(lender: str, whole: dict[str, Any]) -> None:
    document = {**demo_document(lender), **whole}
    tried, untold = 0, []

    for path in leaves(document):
        value: Any = document
        for key in path:
            value = value[key]
        for other in others(value, path[-1]):
            after = changed(document, path, other)
            if readable(after) is not None and readable(after) != readable(document):
                tried += 1
                if not diff_in_words(document, after):
                    untold.append((path, value, other))

    assert tried > 100
    assert untold == []


def test_an_added_rule_is_told_with_what_it_does_where_a_fact_is_missing() -> None:
    before = demo_document("harbour")
    when = {"fact": "bureau_score", "operator": "<", "value": 600, "if_absent": "refers", "if_never": "fails"}
    rule = {**before["rules"][0], "id": "Z-99", "priority": 77, "when": when}

    (told,) = diff_in_words(before, {**before, "rules": [*before["rules"], rule]})

    assert (
        "“Credit bureau score” not on file refers. “Credit bureau score” that never happened fails."
        in told.after
    )
    assert told.after.endswith("Priority 77.")
