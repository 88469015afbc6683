"""Three documents become one, or a list of clashes: never half of either."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.properties.policy_cases import demo_document
from tests.underwriting.policy.conftest import desk_document
from underwriting.policy.rebase import Clash, rebase

BASE = desk_document()


def changed(edit: Any) -> dict[str, Any]:
    document = copy.deepcopy(BASE)
    edit(document)
    return document


def rule(document: dict[str, Any], rule_id: str) -> Any:
    return next(r for r in document["rules"] if r["id"] == rule_id)


def ids(document: Any) -> list[str]:
    return [r["id"] for r in document["rules"]]


def merged(mine: dict[str, Any], live: dict[str, Any], **choices: str) -> Any:
    return rebase(BASE, mine, live, choices)


def test_what_one_side_changed_is_kept_from_that_side() -> None:
    def ours(d: Any) -> None:
        d["cut_offs"]["approve"] = 632
        rule(d, "R-04")["name"] = "Ours"
        d["rules"].append({**d["rules"][-1], "id": "R-90"})
        d["price_grid"][0]["annual_rate_bps"] = 700

    def theirs(d: Any) -> None:
        d["cut_offs"]["refer"] = 590
        rule(d, "K-01")["name"] = "Theirs"
        d["rules"].insert(1, {**d["rules"][0], "id": "K-90"})
        d["sla"]["working_minutes"] = 60
        d["price_grid"].pop(1)

    def both(d: Any) -> None:
        theirs(d)
        ours(d)

    assert merged(changed(ours), changed(theirs)) == changed(both)


def test_the_same_rule_changed_on_both_sides_is_a_clash_until_somebody_chooses() -> None:
    mine = changed(lambda d: rule(d, "R-04").update(priority=11))
    live = changed(lambda d: rule(d, "R-04").update(priority=12))

    clashes = merged(mine, live)

    assert [(c.key, c.name, c.mine["priority"], c.live["priority"]) for c in clashes] == [
        ("rules/R-04", "R-04", 11, 12)
    ]
    assert rebase(BASE, mine, live, {"rules/R-04": "mine"}) == mine
    assert rebase(BASE, mine, live, {"rules/R-04": "live"}) == live
    assert isinstance(rebase(BASE, mine, live, {"rules/R-04": "both"}), tuple)


def test_one_open_clash_holds_everything_back() -> None:
    def edit(priority: int) -> Any:
        return changed(
            lambda d: (
                rule(d, "R-04").update(priority=priority),
                d["cut_offs"].update(approve=600 + priority),
            )
        )

    clashes = rebase(BASE, edit(11), edit(12), {"rules/R-04": "mine"})

    assert [c.key for c in clashes if isinstance(c, Clash)] == ["cut_offs/approve"]


def test_a_rule_taken_away_here_and_changed_there_is_a_clash() -> None:
    mine = changed(lambda d: d["rules"].remove(rule(d, "R-04")))
    live = changed(lambda d: rule(d, "R-04").update(priority=12))

    (clash,) = merged(mine, live)

    assert (clash.mine, clash.live["priority"]) == (None, 12)
    assert rebase(BASE, mine, live, {"rules/R-04": "mine"}) == mine
    assert rebase(BASE, mine, live, {"rules/R-04": "live"}) == live


def test_a_section_taken_away_here_and_changed_there_is_one_clash_and_never_half_a_section() -> None:
    mine = changed(lambda d: d.update(fallback=None))
    live = changed(lambda d: d["fallback"].update(bureau_score_min=700))

    (clash,) = merged(mine, live)

    assert clash.key == "fallback"
    assert rebase(BASE, mine, live, {"fallback": "mine"})["fallback"] is None  # type: ignore[call-overload]
    assert rebase(BASE, mine, live, {"fallback": "live"})["fallback"] == live["fallback"]  # type: ignore[call-overload]


def test_orders_changed_on_both_sides_clash_and_on_one_side_do_not() -> None:
    first = changed(lambda d: d["rules"].insert(0, d["rules"].pop()))
    second = changed(lambda d: d["rules"].reverse())

    assert ids(merged(first, BASE)) == ids(first)
    assert ids(merged(BASE, second)) == ids(second)
    (clash,) = merged(first, second)
    assert (clash.key, clash.name) == ("rules", "order of the rules")
    assert ids(rebase(BASE, first, second, {"rules": "live"})) == ids(second)


EDITS = st.lists(
    st.sampled_from(["approve", "drop", "add", "move", "tier", "fallback", "authority", "name"]), max_size=5
)


def edited(edits: list[str], mark: int) -> dict[str, Any]:
    document = copy.deepcopy(BASE)
    rules = document["rules"]
    for edit in edits:
        if edit == "approve":
            document["cut_offs"]["approve"] = 640 + mark
        elif edit == "drop" and any(r["id"] == "R-05" for r in rules):
            rules.remove(rule(document, "R-05"))
        elif edit == "add" and f"R-9{mark}" not in ids(document):
            rules.insert(mark, {**rules[0], "id": f"R-9{mark}"})
        elif edit == "move":
            rules.insert(0, rules.pop())
        elif edit == "tier":
            document["price_grid"][0]["annual_rate_bps"] = 100 * mark
        elif edit == "fallback":
            document["fallback"] = None if mark == 1 else {**BASE["fallback"], "bureau_score_min": 700}
        elif edit == "authority":
            document["authority_minor"] = {"senior_officer": mark}
        else:
            rule(document, "K-01")["name"] = f"Name {mark}"
    return document


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(mine=EDITS, live=EDITS)
def test_nothing_of_either_side_is_lost_or_made_up(mine: list[str], live: list[str]) -> None:
    ours, theirs = edited(mine, 1), edited(live, 2)

    assert rebase(BASE, ours, BASE, {}) == ours
    assert rebase(BASE, BASE, theirs, {}) == theirs
    assert rebase(BASE, ours, ours, {}) == ours
    clashes = rebase(BASE, ours, theirs, {})
    if isinstance(clashes, tuple):
        keys = {clash.key for clash in clashes}
        for side, document in (("mine", ours), ("live", theirs)):
            chosen = rebase(BASE, ours, theirs, dict.fromkeys(keys, side))
            assert isinstance(chosen, dict)
            if "cut_offs/approve" in keys:
                assert chosen["cut_offs"] == document["cut_offs"]


@pytest.mark.parametrize("side", ["mine", "live"])
def test_both_sides_add_a_rule_under_one_id(side: str) -> None:
    mine = changed(lambda d: d["rules"].append({**d["rules"][0], "id": "K-80", "name": "Ours"}))
    live = changed(lambda d: d["rules"].append({**d["rules"][0], "id": "K-80", "name": "Theirs"}))

    (clash,) = merged(mine, live)

    assert (clash.key, clash.base) == ("rules/K-80", None)
    assert rebase(BASE, mine, live, {clash.key: side}) == (mine if side == "mine" else live)


def test_a_merge_has_the_format_that_what_it_carries_needs() -> None:
    """One side brought the second format with a largest step and took it away again, the other a delegation."""
    base = {**demo_document("harbour"), "format": 2, "steps": {"rate_bps_max": 400}}
    live = {key: part for key, part in base.items() if key != "steps"} | {"format": 1}
    mine = {**base, "delegation": {"price_tiers": {}, "override_minor": {}, "exception_rules": ["R-04"]}}

    merged = rebase(base, mine, live, {})

    assert merged == {**live, "format": 2, "delegation": mine["delegation"]}
