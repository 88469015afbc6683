"""Policy in plain words: values with their units, conditions as sentences, what a person needs to be told. Pure."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from underwriting.facts.catalogue import Unit, catalogue
from underwriting.policy.schema import AllOf, AnyOf, Condition, Rule, RuleKind

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
_LIMIT = {
    ">": "over the limit of {}",
    ">=": "at or over the limit of {}",
    "<": "under the minimum of {}",
    "<=": "at or under the minimum of {}",
    "!=": "not {}",
    "not in": "none of {}",
}
_OPERATOR = {
    ">": "is over {}",
    ">=": "is {} or more",
    "<": "is under {}",
    "<=": "is {} or less",
    "==": "is {}",
    "!=": "is not {}",
    "in": "is one of {}",
    "not in": "is none of {}",
}


def money_in_words(minor: int, currency: str) -> str:
    """`$12,400`, or with two decimals below 100 units: `$99.50`."""
    sign = _SYMBOLS.get(currency, f"{currency} ")
    amount = Decimal(minor) / 100
    if abs(amount) < 100 and minor % 100:
        return f"{sign}{amount:,.2f}"
    return f"{sign}{amount.quantize(Decimal(1), rounding=ROUND_HALF_UP):,}"


def bound_in_words(minor: int, currency: str) -> str:
    """An amount that a policy sets: `$25,000`, `$25,000.49`. Two that differ never read alike."""
    if minor % 100 == 0:
        return money_in_words(minor, currency)
    return f"{_SYMBOLS.get(currency, f'{currency} ')}{Decimal(minor) / 100:,.2f}"


def share_in_words(share: float) -> str:
    """A share that a policy sets, as a percentage: `43.215 %`. Two that differ never read alike."""
    return f"{every_digit(Decimal(str(share)) * 100)} %"


def percent_in_words(share: float) -> str:
    """`82 %`: a share as a percentage with at most one decimal."""
    text = format((Decimal(str(share)) * 100).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP), "f")
    return f"{text.removesuffix('.0')} %"


def rate_in_words(bps: int) -> str:
    """`8.99 %`: basis points as a yearly rate."""
    return f"{Decimal(bps) / 100:.2f} %"


def points_in_words(bps: int) -> str:
    """`4.00 percentage points`: basis points as the difference of two yearly rates."""
    return f"{Decimal(bps) / 100:.2f} percentage points"


def value_in_words(fact: str, value: Any, currency: str, *, is_bound: bool = False) -> str:
    """A fact's value with its unit; `is_bound`: a policy sets it, and it is told with every digit."""
    if isinstance(value, (list, tuple)):
        return ", ".join(value_in_words(fact, member, currency) for member in value)
    definition = catalogue().get(fact)
    if definition is None or isinstance(value, str):
        return str(value).replace("_", " ")
    unit, plain = definition.unit, every_digit if is_bound else _plain
    money, share = (bound_in_words, share_in_words) if is_bound else (money_in_words, percent_in_words)
    if unit is Unit.FLAG:
        words = "yes" if value else "no"
    elif unit is Unit.MONEY:
        words = money(int(value), currency)
    elif unit is Unit.RATIO:
        words = f"{plain(value)} times" if fact == "loan_to_income_ratio" else share(value)
    elif unit in (Unit.MONTHS, Unit.DAYS):
        words = f"{plain(value)} {unit.value.removesuffix('s') if value == 1 else unit.value}"
    else:
        words = plain(value)
    return words


def _plain(value: float) -> str:
    text = f"{Decimal(str(value)).quantize(Decimal('0.01'), rounding=ROUND_HALF_UP):,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def every_digit(value: float | Decimal) -> str:
    """A number that a policy sets, as it is written: `2.5`, `1,200`."""
    text = f"{Decimal(str(value)):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def label(fact: str) -> str:
    """The fact's label, or its name when the catalogue does not know it."""
    definition = catalogue().get(fact)
    return definition.label if definition else fact


def condition_in_words(condition: Condition, currency: str) -> str:
    """`“Share of card and line limits in use” is over 80 %`."""
    bound = value_in_words(condition.fact, condition.value, currency, is_bound=True)
    limit = _OPERATOR[condition.operator].format(bound)
    return f"“{label(condition.fact)}” {limit}"


def tree_in_words(node: AllOf | AnyOf | Condition, currency: str) -> str:
    """A whole tree as one clause."""
    if isinstance(node, Condition):
        return condition_in_words(node, currency)
    members = [
        f"({tree_in_words(m, currency)})" if not isinstance(m, Condition) else condition_in_words(m, currency)
        for m in (node.all if isinstance(node, AllOf) else node.any)
    ]
    return (" and " if isinstance(node, AllOf) else " or ").join(members)


def rule_in_words(rule: Rule, currency: str) -> str:
    """`Decline when “Bankruptcies” is 1 or more.`"""
    verb = "Decline" if rule.kind is RuleKind.KNOCKOUT else "Refer"
    return f"{verb} when {tree_in_words(rule.when, currency)}."


def met_in_words(condition: Condition, value: Any, currency: str) -> str:
    """Why a condition holds, with the value seen: `Share of card and line limits in use: 82 %, over the limit of 80 %.`"""
    definition = catalogue().get(condition.fact)
    seen = f"{label(condition.fact)}: {value_in_words(condition.fact, value, currency)}"
    if condition.operator in ("==", "in") or (definition is not None and definition.unit is Unit.FLAG):
        return f"{seen}."
    bound = value_in_words(condition.fact, condition.value, currency, is_bound=True)
    limit = _LIMIT[condition.operator].format(bound)
    return f"{seen}, {limit}."


def missing_in_words(condition: Condition, rule: Rule) -> str:
    """Why an absent fact needs a person."""
    return f"{label(condition.fact)} is not on file; the rule “{rule.name}” needs it."
