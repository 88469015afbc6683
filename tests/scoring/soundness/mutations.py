"""Twelve kinds of mistakes, made at random in sound policies. Nothing of the checker is used here."""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.scoring.soundness.clean_policies import clean_policy, condition, rule
from tests.scoring.soundness.override_mutations import (
    exception_of_no_rule,
    fallback_above_authority,
    limit_above_authority,
    override_nobody_seconds,
    senior_may_not_price,
    tier_nobody_prices,
)

Document = dict[str, Any]


@dataclass(frozen=True)
class Bug:
    """A document with one mistake. `where`: rule id, tier name or place that a complaint has to name; `crosses`: parts it lies between."""

    kind: str
    document: Document
    where: str
    crosses: str = ""


Maker = Callable[
    [random.Random, Document], tuple[str, str] | None
]  # where, crosses; None: this document cannot have it


def _new(document: Document, kind: str) -> str:
    return f"{kind}-{90 + sum(r['id'].startswith(kind) for r in document['rules'])}"


def _add(
    document: Document,
    draw: random.Random,
    kind: str,
    when: dict[str, Any],
    code: str | None = None,
    **more: Any,
) -> str:
    made = rule(draw, _new(document, kind), when, code)
    made |= more
    document["rules"].insert(draw.randrange(len(document["rules"]) + 1), made)
    return str(made["id"])


def _simple(document: Document, kind: str, *, numbers: bool = True) -> list[dict[str, Any]]:
    return [
        one for one in document["rules"]
        if one["kind"] == kind and "fact" in one["when"] and (not numbers or isinstance(one["when"]["value"], int))
    ]  # fmt: skip


def _pick(draw: random.Random, found: list[Any]) -> Any:
    return draw.choice(found) if found else None


# -- the same people twice ---------------------------------------------------------------------------------------------


def copied(draw: random.Random, document: Document) -> tuple[str, str] | None:
    old = draw.choice(document["rules"])
    return _add(document, draw, old["id"][0], copy.deepcopy(old["when"]), old["reason_code"]), ""


def written_otherwise(draw: random.Random, document: Document) -> tuple[str, str] | None:
    old = _pick(draw, [r for r in document["rules"] if "fact" in r["when"] and r["when"]["operator"] == ">=" and isinstance(r["when"]["value"], int) and r["when"]["value"] > 1])  # fmt: skip
    if old is None:
        return None
    same = {**old["when"], "operator": ">", "value": old["when"]["value"] - 1}
    weaker = {**old["when"], "value": 1}
    return _add(document, draw, old["id"][0], {"all": [weaker, same]}, old["reason_code"]), ""


# -- never reached -----------------------------------------------------------------------------------------------------


def beyond_the_range(draw: random.Random, document: Document) -> tuple[str, str] | None:
    return _add(document, draw, "R", condition("instalment_account_with_balance_count", ">", 100)), ""


def excluding_each_other(draw: random.Random, document: Document) -> tuple[str, str] | None:
    edge = draw.randrange(20, 50)
    both = [
        condition("open_account_count", ">", edge),
        condition("open_account_count", "<", edge - draw.randrange(5)),
    ]
    return _add(document, draw, "R", {"all": both}), ""


def inside_a_knock_out(draw: random.Random, document: Document) -> tuple[str, str] | None:
    old = _pick(draw, [r for r in _simple(document, "KNOCKOUT") if r["when"]["operator"] == ">=" and r["when"]["value"] < 15 and not r["when"]["fact"].startswith("worst")])  # fmt: skip
    if old is None:
        return None
    return _add(
        document, draw, "R", condition(old["when"]["fact"], ">=", old["when"]["value"] + draw.randrange(1, 4))
    ), ""


def below_the_cut_off(draw: random.Random, document: Document) -> tuple[str, str] | None:
    last = document["price_grid"][-1]
    if last["score_from"] > document["cut_offs"]["refer"]:
        return None
    last["score_from"] = document["cut_offs"]["refer"]
    worse = {**copy.deepcopy(last), "name": "Z", "score_from": last["score_from"] - draw.randrange(10, 40)}
    document["price_grid"].append(worse)
    return "Z", "grid and cut-offs"


def purpose_not_offered(draw: random.Random, document: Document) -> tuple[str, str] | None:
    document["segments"]["purposes"] = ["car", "other", "house"]
    when = {"all": [condition("purpose", "in", ["vacation", "moving"]), condition("open_account_count", ">", draw.randrange(3, 30))]}  # fmt: skip
    return _add(document, draw, "R", when), "rules and segments"


# -- gaps --------------------------------------------------------------------------------------------------------------


def without_price(draw: random.Random, document: Document) -> tuple[str, str] | None:
    last = document["price_grid"][-1]
    room = document["price_grid"][-2]["score_from"] - document["cut_offs"]["refer"]
    last["score_from"] = document["cut_offs"]["refer"] + draw.randrange(1, max(2, min(room, 12)))
    return last["name"], "grid and cut-offs"


def limit_under_the_minimum(draw: random.Random, document: Document) -> tuple[str, str] | None:
    if document["line"] is None:
        return None
    document["line"]["minimum_minor"] = document["price_grid"][-1]["limit"]["maximum_minor"] + draw.randrange(
        1, 50_000
    )
    return document["price_grid"][-1]["name"], "grid and line"


def hole_between_bands(draw: random.Random, document: Document) -> tuple[str, str] | None:
    low = draw.randrange(2, 6)
    _add(
        document,
        draw,
        "R",
        {
            "all": [
                condition("total_account_count", ">=", low),
                condition("total_account_count", "<", low + 3),
            ]
        },
    )
    hole = low + 3 + draw.randrange(1, 4)
    return _add(document, draw, "R", {"all": [condition("total_account_count", ">=", hole), condition("total_account_count", "<=", hole + 4)]}), ""  # fmt: skip


# -- the same people, another answer -----------------------------------------------------------------------------------


def declined_and_referred(draw: random.Random, document: Document) -> tuple[str, str] | None:
    old = _pick(draw, _simple(document, "KNOCKOUT", numbers=False))
    return None if old is None else (_add(document, draw, "R", copy.deepcopy(old["when"])), "")


def another_reason(draw: random.Random, document: Document) -> tuple[str, str] | None:
    when = {"all": [condition("bankruptcy_count", ">=", 3), condition("tax_lien_count", ">=", 4)]}
    _add(document, draw, "K", when, "PR02")
    turned = {"all": list(reversed(when["all"]))}
    return _add(document, draw, "K", turned, "PR06"), ""


def band_into_a_knock_out(draw: random.Random, document: Document) -> tuple[str, str] | None:
    edge = draw.randrange(40, 80)
    _add(document, draw, "K", condition("open_account_count", ">=", edge), "CH03")
    both = [
        condition("open_account_count", ">=", edge - 10),
        condition("open_account_count", "<=", edge + draw.randrange(1, 10)),
    ]
    return _add(document, draw, "R", {"all": both}), ""


# -- order -------------------------------------------------------------------------------------------------------------


def tiers_swapped(draw: random.Random, document: Document) -> tuple[str, str] | None:
    grid = document["price_grid"]
    place = draw.randrange(len(grid) - 1)
    grid[place]["score_from"], grid[place + 1]["score_from"] = (
        grid[place + 1]["score_from"],
        grid[place]["score_from"],
    )
    return grid[place + 1]["name"], ""


def cut_offs_swapped(draw: random.Random, document: Document) -> tuple[str, str] | None:
    document["cut_offs"] = {
        "approve": document["cut_offs"]["refer"] - draw.randrange(1, 30),
        "refer": document["cut_offs"]["refer"],
    }
    return "/cut_offs/refer", ""


def narrow_behind_wide(draw: random.Random, document: Document) -> tuple[str, str] | None:
    old = _pick(draw, [r for r in _simple(document, "KNOCKOUT", numbers=False) if r["when"]["if_absent"] == "passes" and r["when"]["fact"] != "bankruptcy_count"])  # fmt: skip
    if old is None:
        return None
    narrower = {
        "all": [copy.deepcopy(old["when"]), condition("bankruptcy_count", ">=", draw.randrange(3, 9))]
    }
    if any(r["when"].get("fact") == "bankruptcy_count" for r in document["rules"]):
        return None
    return _add(document, draw, "K", narrower, "PR02", priority=old["priority"] + draw.randrange(1, 90)), ""


def senior_below_officer(draw: random.Random, document: Document) -> tuple[str, str] | None:
    limits = document["authority_minor"]
    limits["credit_officer"], limits["senior_officer"] = limits["senior_officer"], limits["credit_officer"]
    return "/authority_minor/senior_officer", ""


# -- reasons and fields ------------------------------------------------------------------------------------------------


def no_code(draw: random.Random, document: Document) -> tuple[str, str] | None:
    old = _pick(draw, [r for r in document["rules"] if r["kind"] == "KNOCKOUT"])
    if old is None:
        return None
    old["reason_code"] = draw.choice([None, "ZZ99"])
    return str(old["id"]), ""


def cap_without_code(draw: random.Random, document: Document) -> tuple[str, str] | None:
    document["line"] = document["line"] and {**document["line"], "reason_code": "CP12"}
    if document["product_kind"] == "LINE":
        return None
    document["affordability"] = {
        "instalment_to_income_max": 0.2,
        "debt_service_max": None,
        "reason_code": "ZZ99",
    }
    return "/affordability/reason_code", "caps and reason catalogue"


def forbidden_field(draw: random.Random, document: Document) -> tuple[str, str] | None:
    field, value = draw.choice(
        [("age", 70), ("postcode", "a"), ("marital_status", "single"), ("dependants_count", 3)]
    )
    operator = "==" if isinstance(value, str) else ">="
    return _add(document, draw, "R", condition(field, operator, value)), ""


def stand_in(draw: random.Random, document: Document) -> tuple[str, str] | None:
    when = draw.choice([
        condition("employment_type", "in", ["benefit", "casual"]), condition("employment_type", "==", "retired"),
        condition("purpose", "==", "wedding"), condition("average_account_age_months", "<", draw.randrange(190, 400)),
    ])  # fmt: skip
    document["segments"]["purposes"] = []
    return _add(document, draw, "R", when), ""


# -- risk --------------------------------------------------------------------------------------------------------------


def rates_turned(draw: random.Random, document: Document) -> tuple[str, str] | None:
    grid = document["price_grid"]
    place = draw.randrange(len(grid) - 1)
    grid[place]["annual_rate_bps"] = grid[place + 1]["annual_rate_bps"] + draw.randrange(1, 300)
    return grid[place + 1]["name"], ""


def limits_turned(draw: random.Random, document: Document) -> tuple[str, str] | None:
    if document["line"] is None:
        return None
    better, worse = document["price_grid"][:2]
    better["limit"]["monthly_income_multiple"] = round(worse["limit"]["monthly_income_multiple"] / 2, 3)
    return str(worse["name"]), "grid, line and income"


def income_above(draw: random.Random, document: Document) -> tuple[str, str] | None:
    return _add(
        document,
        draw,
        draw.choice("KR"),
        condition("annual_income", ">", draw.randrange(3_000_000, 20_000_000)),
        "CP03",
    ), ""


def small_share_of_income(draw: random.Random, document: Document) -> tuple[str, str] | None:
    if document["line"] is not None:
        return None
    when: dict[str, Any] = condition("loan_to_income_ratio", "<", round(draw.uniform(0.05, 0.3), 3))
    if draw.random() < 0.5:
        when = {"all": [when, condition("open_account_count", ">=", 2)]}
    return _add(document, draw, "R", when), "rules, income and amount asked for"


def seldom_late(draw: random.Random, document: Document) -> tuple[str, str] | None:
    fact = draw.choice(["delinquency_90d_count_24m", "prior_days_late_mean", "account_60d_ever_count"])
    when: dict[str, Any] = condition(fact, "<=", draw.randrange(1, 9))
    if draw.random() < 0.5:
        when = {"all": [condition("total_account_count", ">", 3), when]}
    return _add(document, draw, "R", when), ""


def long_since_late(draw: random.Random, document: Document) -> tuple[str, str] | None:
    return _add(
        document, draw, "R", condition("months_since_last_delinquency", ">", draw.randrange(12, 90))
    ), ""


def never_late_referred(draw: random.Random, document: Document) -> tuple[str, str] | None:
    when = {"all": [{**condition("months_since_last_delinquency", "<", draw.randrange(13, 30)), "if_never": draw.choice(["refers", "fails"])}, condition("open_account_count", ">=", 3)]}  # fmt: skip
    return _add(document, draw, "R", when), ""


def rate_cliff(draw: random.Random, document: Document) -> tuple[str, str] | None:
    for tier in document["price_grid"][draw.randrange(1, len(document["price_grid"])) :]:
        tier["annual_rate_bps"] += 500
    return "annual_rate_bps", ""


def tighter_steps(draw: random.Random, document: Document) -> tuple[str, str] | None:
    grid = document["price_grid"]
    largest = max(
        worse["annual_rate_bps"] - better["annual_rate_bps"] for better, worse in itertools.pairwise(grid)
    )
    if largest < 2:
        return None
    document["steps"]["rate_bps_max"] = draw.randrange(largest)
    return "annual_rate_bps", "grid and steps"


def limit_cliff(draw: random.Random, document: Document) -> tuple[str, str] | None:
    if document["line"] is None:
        return None
    best = document["price_grid"][0]["limit"]
    best["maximum_minor"] += 3_000_000
    best["monthly_income_multiple"] += 2.0
    document["authority_minor"]["senior_officer"] = 20_000_000
    return "/price_grid/1/limit", "grid, line and income"


KINDS: dict[str, tuple[Maker, ...]] = {
    "DUPLICATE": (copied, written_otherwise),
    "DEAD": (below_the_cut_off, inside_a_knock_out, purpose_not_offered, beyond_the_range, excluding_each_other),
    "GAP": (without_price, limit_under_the_minimum, hole_between_bands),
    "OVERLAP": (declined_and_referred, another_reason, band_into_a_knock_out),
    "ORDER": (tiers_swapped, cut_offs_swapped, narrow_behind_wide, senior_below_officer),
    "MISSING_CODE": (no_code, cap_without_code),
    "FORBIDDEN": (forbidden_field, stand_in),
    "PRICE_AGAINST_RISK": (limits_turned, rates_turned),
    "INCOME_HURTS": (small_share_of_income, income_above),
    "LATE_PAYMENT_HELPS": (seldom_late, long_since_late, never_late_referred),
    "CLIFF": (tighter_steps, limit_cliff, rate_cliff),
    "OVERRIDE_HOLE": (
        tier_nobody_prices, override_nobody_seconds, fallback_above_authority, limit_above_authority, exception_of_no_rule, senior_may_not_price,
    ),
}  # fmt: skip


def bugs(count: int, *, seed: int) -> list[Bug]:
    """Mistakes of all kinds in turn, each in a sound policy of its own."""
    found: list[Bug] = []
    turn = 0
    for number in range(count):
        kind = list(KINDS)[number % len(KINDS)]
        maker = KINDS[kind][number // len(KINDS) % len(KINDS[kind])]
        made = None
        while made is None:  # until a policy has what this mistake is made in
            turn += 1
            draw = random.Random(f"bug|{seed}|{turn}")
            document = clean_policy(seed * 10_000 + 5_000 + turn)
            made = maker(draw, document)
        found.append(Bug(kind, document, made[0], made[1]))
    return found
