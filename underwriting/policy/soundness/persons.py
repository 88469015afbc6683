"""People who show a fault: as safe as can be, but for what the fault is about. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from underwriting.facts.arithmetic import ratios_before_the_loan, ratios_with_the_loan
from underwriting.facts.catalogue import Unit, catalogue
from underwriting.facts.values import Absence, FactSource, FactValue
from underwriting.policy.schema import PolicyDocument, ShownBy
from underwriting.policy.soundness.regions import Box, Side, legal_sides, value_at

# Any fixed moment: no rule and no model reads it.
KNOWN_AT = datetime(2026, 1, 1, tzinfo=UTC)
ORDINARY: dict[str, int | float | str] = {
    "requested_amount": 500_000, "requested_term_months": 36, "purpose": "other", "annual_income": 6_000_000,
    "monthly_obligations": 0, "monthly_obligations_without_mortgage": 0, "employment_type": "salaried", "housing": "own",
    "bureau_hit_flag": 1, "thin_file_flag": 0, "open_account_count": 8, "total_account_count": 20, "revolving_balance": 200_000,
    "real_estate_account_count": 1, "instalment_account_share_ratio": 0.3, "revolving_account_with_balance_count": 2,
    "instalment_account_with_balance_count": 1,
}  # fmt: skip
DERIVED = frozenset({
    "monthly_income", "debt_to_income_ratio", "debt_to_income_without_mortgage_ratio", "loan_to_income_ratio",
    "instalment_to_income_ratio", "debt_service_ratio",
})  # fmt: skip
USUAL_RATE_BPS = 1_200
_ABSENCES = {absence.value for absence in Absence}


def fact_value(value: float | str) -> FactValue:
    """A person's value as the pipeline holds it; the name of an absence is that absence."""
    if value in _ABSENCES:
        return FactValue(None, Absence(value), FactSource.APPLICATION, KNOWN_AT)
    return FactValue(value, None, FactSource.APPLICATION, KNOWN_AT)


def live_facts(
    person: ShownBy, *, is_line: bool, reference_rate_bps: int = USUAL_RATE_BPS
) -> dict[str, FactValue]:
    """Every fact of a person: the listed ones, the rest as safe as it can be, ratios by the pipeline's arithmetic unless listed."""
    values: dict[str, Any] = {name: _safe(name) for name in catalogue() if name not in DERIVED} | ORDINARY
    if is_line:
        values |= {"requested_amount": "NOT_ASKED", "requested_term_months": "NOT_ASKED"}
    values |= person.facts
    facts = {name: fact_value(value) for name, value in values.items()}
    worked_out = ratios_before_the_loan(facts)
    worked_out |= ratios_with_the_loan(facts | worked_out, reference_rate_bps=reference_rate_bps)
    return facts | {name: fact for name, fact in worked_out.items() if name not in person.facts}


def _safe(name: str) -> float | int | str:
    definition = catalogue()[name]
    if definition.unit is Unit.CATEGORY:
        return definition.values[-1]
    if definition.can_be_never:
        return "NEVER"
    low, high = definition.low or 0, definition.high or 0
    safest = high if definition.risk_sign < 0 else low
    return safest if definition.unit in (Unit.RATIO, Unit.DAYS) else int(safest)


def top_score(document: PolicyDocument) -> int:
    """A score that the cut-offs approve, in the best tier."""
    return max(document.price_grid[0].score_from, document.cut_offs.approve, document.cut_offs.refer)


def person_in(box: Box, document: PolicyDocument, **others: int | float | str) -> ShownBy:
    """Somebody of a box, at the best score; of each side the value nearest to the ordinary person's."""
    facts: dict[str, int | float | str] = dict(others)
    for fact, side in box.items():
        facts[fact] = nearest(fact, side)
    return ShownBy(_consistent(facts, box), top_score(document))


def nearest(fact: str, side: Side) -> int | float | str:
    """Of the values of a side the one nearest to the ordinary person's."""
    usual = ORDINARY.get(fact)
    if isinstance(side, frozenset):
        return str(usual) if usual in side else min(side)
    low, high = side
    sign = catalogue()[fact].risk_sign
    ordinary = low if sign > 0 else high
    if isinstance(usual, (int, float)):
        ordinary = min(max(int(usual), low), high) if catalogue()[fact].unit is not Unit.RATIO else low
    return value_at(fact, ordinary)


def _consistent(facts: dict[str, int | float | str], box: Mapping[str, Side]) -> dict[str, int | float | str]:
    """Stated amounts that give the ratios asked for; where none are found, the ratio itself stays listed."""
    income = facts.get("monthly_income")
    tried = dict(facts)
    if isinstance(income, int) and "annual_income" not in facts:
        tried["annual_income"] = income * 12
    yearly = tried.get("annual_income", ORDINARY["annual_income"])
    if not isinstance(yearly, int) or not yearly:
        return facts
    for ratio, part, months in (
        ("debt_to_income_ratio", "monthly_obligations", 12),
        ("debt_to_income_without_mortgage_ratio", "monthly_obligations_without_mortgage", 12),
        ("loan_to_income_ratio", "requested_amount", 1),
    ):
        share = facts.get(ratio)
        if isinstance(share, (int, float)) and part not in facts:
            tried[part] = -int(-share * yearly // months)
    stated = {name: value for name, value in tried.items() if name not in DERIVED}
    worked_out = live_facts(ShownBy(stated), is_line=False)
    for name in DERIVED & facts.keys():
        value, side = worked_out[name].value, box[name]
        if not isinstance(value, (int, float)) or not _holds(name, side, value):
            stated[name] = facts[name]
    return stated


def _holds(name: str, side: Side, value: float) -> bool:
    scaled = round(value * (10**9 if catalogue()[name].unit is Unit.RATIO else 1))
    return not isinstance(side, frozenset) and side[0] <= scaled <= side[1]


def ordinary_side(fact: str) -> Side:
    """The whole legal range of a fact."""
    return legal_sides()[fact]
