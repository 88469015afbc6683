"""Random policy documents over the whole schema: optional parts there, null or left out; trees of any shape; text of any letters."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from underwriting.enums import Role
from underwriting.facts.catalogue import Unit, catalogue
from underwriting.policy.schema import RuleSource

ABSENCES = st.sampled_from(["passes", "fails", "refers"])
CODES = st.from_regex(r"[A-Z]{2}[0-9]{2}", fullmatch=True)
TIERS = ["A", "B", "1", "-5", "=C", "no", "null"]
_LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
AWKWARD = ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2", "'quoted'", "\tx", " =x", "null", "TRUE", "1e5", "0x1f", "[a]", "{}", "# x", "a: b",
    "it's \"both\"", "line\nbreak", "\r\nx", "~~~", "2026-11-02", "12:30:00", "*alias", "&anchor", "!!python/object", "<<<", "﻿bom", "é ü ع", "\x85\u2028"]  # fmt: skip


def texts(least: int, most: int) -> st.SearchStrategy[str]:
    odd = st.sampled_from([text for text in AWKWARD if least <= len(text) <= most])
    return odd | st.text(_LETTERS, min_size=least, max_size=min(most, 40))


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(catalogue())))
    definition = catalogue()[name]
    value: Any
    if definition.unit is Unit.CATEGORY:
        operator = draw(st.sampled_from(["==", "!=", "in", "not in"]))
        one = st.sampled_from(definition.values)
        value = draw(st.lists(one, min_size=1, max_size=4) if "in" in operator else one)
    else:
        operator = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
        # what a check lets through: at most nine decimals, nothing beyond the engine's 28 digits
        fractions = st.floats(0, 1e6).map(lambda drawn: abs(round(drawn, 9)))
        value = draw(st.integers(0, 10**12) | st.sampled_from([0.5, 5.0, 1e-9, 1e17, 0.1]) | fractions)
    written = {"fact": name, "operator": operator, "value": value, "if_absent": draw(ABSENCES)}
    return written | ({"if_never": draw(ABSENCES)} if draw(st.booleans()) else {})


GROUPS = st.sampled_from(["all", "any"])
TREES = st.recursive(
    conditions(),
    lambda inner: st.builds(
        lambda word, members: {word: members}, GROUPS, st.lists(inner, min_size=1, max_size=4)
    ),
    max_leaves=6,
)


def some(optional: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of these, in any order."""
    return st.fixed_dictionaries({}, optional=optional)


def merged(required: dict[str, st.SearchStrategy[Any]], optional: dict[str, st.SearchStrategy[Any]]) -> Any:
    return st.fixed_dictionaries(required, optional=optional)


def rules(rule_id: str) -> Any:
    return merged(
        {"id": st.just(rule_id), "kind": st.sampled_from(["KNOCKOUT", "REVIEW"]), "name": texts(3, 80), "when": TREES,
         "owner": texts(2, 80), "source": st.sampled_from([s.value for s in RuleSource])},
        {"reason_code": st.none() | CODES, "priority": st.integers(1, 999), "reason": texts(0, 400)},
    )  # fmt: skip


MINOR = st.integers(0, 10**11)
RATIOS: st.SearchStrategy[Any] = (
    st.integers(1, 1000) | st.floats(1e-9, 1000) | st.sampled_from([0.1, 1.0, 1e-7])
)
NULL_OR_RATIO, NULL_OR_MINOR = st.none() | RATIOS, st.none() | MINOR
LIMITS = some(
    {"amount_minor": NULL_OR_MINOR, "monthly_income_multiple": NULL_OR_RATIO, "maximum_minor": NULL_OR_MINOR}
)
SCORES = st.integers(-5000, 5000)
ROLES = st.sampled_from([role.value for role in Role])
WORDS = texts(0, 30)


def tiers(name: str) -> Any:
    required = {"name": st.just(name), "score_from": SCORES, "annual_rate_bps": st.integers(0, 100_000)}
    return merged(required, {"limit": st.none() | LIMITS})


OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "line": st.none()
    | merged(
        {"minimum_minor": MINOR, "step_minor": st.integers(1, 10_000_000), "reason_code": CODES},
        {"assumed_payment_ratio": NULL_OR_RATIO},
    ),
    "affordability": st.none()
    | merged({"reason_code": CODES}, {"instalment_to_income_max": NULL_OR_RATIO, "debt_service_max": NULL_OR_RATIO}),
    "segments": some({"channels": st.lists(WORDS, max_size=4), "purposes": st.lists(WORDS, max_size=4)}),
    "fallback": st.none()
    | merged({"bureau_score_min": st.integers(300, 900), "loan_to_income_max": RATIOS, "amount_max_minor": MINOR, "price_tier": WORDS}, {}),
    "delegation": st.none()
    | some({
        "price_tiers": st.dictionaries(ROLES, st.lists(st.sampled_from(TIERS), max_size=3), max_size=3),
        "override_minor": st.dictionaries(ROLES, MINOR, max_size=3),
        "exception_rules": st.lists(st.sampled_from(["R-01", "R-02"]), max_size=2),
    }),
    "steps": st.none() | some({"rate_bps_max": st.none() | st.integers(0, 100_000), "limit_minor_max": NULL_OR_MINOR}),
}  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document `parse_document` reads; whether it makes sense is another question, and no matter for a file format."""
    ids = draw(st.lists(st.from_regex(r"[A-Z]{1,3}-[0-9]{2,4}", fullmatch=True), unique=True, max_size=5))
    names = draw(st.lists(st.sampled_from(TIERS), unique=True, min_size=1, max_size=4))
    counteroffer = merged(
        {"allowed": st.booleans()},
        {"minimum_amount_minor": MINOR, "minimum_share_of_requested": st.integers(0, 1) | st.floats(0, 1).map(abs),
         "terms_months": st.lists(st.integers(1, 600), max_size=4)},
    )  # fmt: skip
    required = {
        "format": st.sampled_from([1, 2]),
        "product_kind": st.sampled_from(["INSTALMENT", "LINE", "PRESCREEN"]),
        "currency": st.sampled_from(["USD", "EUR"]),
        "cut_offs": st.fixed_dictionaries({"approve": SCORES, "refer": SCORES}),
        "rules": st.tuples(*(rules(each) for each in ids)).map(list),
        "price_grid": st.tuples(*(tiers(name) for name in names)).map(list),
        "counteroffer": counteroffer,
        "authority_minor": st.dictionaries(ROLES, MINOR, max_size=3),
        "sla": st.fixed_dictionaries({"working_minutes": st.integers(1, 100_000)}),
    }
    found: dict[str, Any] = draw(merged(required, OPTIONAL))
    return found
