"""Checks of a policy document beyond its shape: sense, catalogue, reason codes. Every complaint names its place."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from underwriting.enums import ProductKind, Role
from underwriting.facts.catalogue import FactDefinition, Unit, catalogue
from underwriting.policy.conditions import RATIO_PLACES
from underwriting.policy.expressions import expression_complaints
from underwriting.policy.schema import (
    AllOf,
    AnyOf,
    Complaint,
    Condition,
    IfAbsent,
    PolicyDocument,
    PolicyRefused,
    Rule,
    RuleKind,
    parse_document,
)
from underwriting.policy.soundness.complaints import with_soundness

MAX_GROUP_LEVELS = 4
# Protected characteristics and close stand-ins (12 CFR 1002.6(b)): named here so that the refusal says why, not only "unknown".
FORBIDDEN_FIELDS = frozenset({
    "sex", "gender", "race", "ethnicity", "colour", "religion", "national_origin", "nationality", "marital_status", "age",
    "birth_date", "dependants", "dependents", "dependants_count", "public_assistance_flag", "postcode", "zip", "zip_code", "state",
})  # fmt: skip
_ORDERED = {"<", "<=", ">", ">="}


@dataclass(frozen=True, slots=True)
class KnownReasonCode:
    """What a check needs to know of a reason code: whether it may be used, and which facts its sentence speaks about."""

    code: str
    name: str
    enabled: bool
    facts: frozenset[str]


def check_policy(
    document: Mapping[str, Any], *, reason_codes: Mapping[str, KnownReasonCode]
) -> list[Complaint]:
    """All complaints about a document: shape, sense, catalogue, expressions, reason codes, soundness; empty when nothing is wrong."""
    try:
        parsed = parse_document(document)
    except PolicyRefused as refused:
        return list(refused.complaints)
    found = document_complaints(parsed) + list(_reason_code_complaints(parsed, reason_codes))
    if not any(c.blocks for c in found):
        found += expression_complaints(parsed)
    return with_soundness(parsed, found)


def document_complaints(document: PolicyDocument) -> list[Complaint]:
    """Complaints that need nothing but the document and the facts catalogue."""
    found = (
        list(_cut_off_and_price_complaints(document))
        + list(_kind_complaints(document))
        + list(_bound_complaints(document))
        + list(_delegation_complaints(document))
    )
    ids: dict[str, int] = {}
    for index, rule in enumerate(document.rules):
        place = f"/rules/{index}"
        if rule.id in ids:
            found.append(Complaint(f"{place}/id", f"Rule id {rule.id} is used twice."))
        ids[rule.id] = index
        found.extend(_node_complaints(rule.when, rule, f"{place}/when", 0))
    return found


def _cut_off_and_price_complaints(document: PolicyDocument) -> Iterator[Complaint]:
    cut_offs, grid = document.cut_offs, document.price_grid
    if cut_offs.refer > cut_offs.approve:
        yield Complaint("/cut_offs/refer", "The referral cut-off must not be above the approval cut-off.")
    names: set[str] = set()
    for index, tier in enumerate(grid):
        if tier.name in names:
            yield Complaint(f"/price_grid/{index}/name", f"Tier {tier.name} is there twice.")
        names.add(tier.name)
    for index, (better, worse) in enumerate(itertools.pairwise(grid), start=1):
        if worse.score_from >= better.score_from:
            yield Complaint(
                f"/price_grid/{index}/score_from",
                f"Tiers go from the highest score down: it must be below {better.score_from}.",
            )
        if worse.annual_rate_bps < better.annual_rate_bps:
            yield Complaint(
                f"/price_grid/{index}/annual_rate_bps",
                "A lower score must not get a lower rate than the tier above.",
            )
        if (
            better.limit
            and worse.limit
            and not _limit_not_above(worse.limit.model_dump(), better.limit.model_dump())
        ):
            yield Complaint(
                f"/price_grid/{index}/limit",
                "A lower score must not get a higher limit than the tier above, nor another kind.",
            )
    if grid[-1].score_from > cut_offs.refer:
        yield Complaint(
            f"/price_grid/{len(grid) - 1}/score_from",
            f"There is a gap: scores from {cut_offs.refer} to {grid[-1].score_from - 1} can be approved but have no price.",
        )


def _delegation_complaints(document: PolicyDocument) -> Iterator[Complaint]:
    """A delegation names what the document has, and speaks of roles that decide."""
    delegation = document.delegation
    if document.steps is not None and document.format < 2:
        yield Complaint("/format", "A policy that bounds its steps has format 2.")
    if delegation is None:
        return
    if document.format < 2:
        yield Complaint("/format", "A policy that delegates by tier or override has format 2.")
    tiers, reviews = (
        {tier.name for tier in document.price_grid},
        {r.id for r in document.rules if r.kind is RuleKind.REVIEW},
    )
    for role, names in delegation.price_tiers.items():
        for name in names:
            if name not in tiers:
                yield Complaint(f"/delegation/price_tiers/{role.value}", f"There is no price tier {name}.")
    for place, roles in (
        ("price_tiers", delegation.price_tiers),
        ("override_minor", delegation.override_minor),
    ):
        for role in roles:
            if role not in (Role.CREDIT_OFFICER, Role.SENIOR_OFFICER):
                yield Complaint(
                    f"/delegation/{place}/{role.value}", "Only officers and senior officers decide cases."
                )
    for index, rule_id in enumerate(delegation.exception_rules):
        if rule_id not in reviews:
            yield Complaint(
                f"/delegation/exception_rules/{index}", f"There is no review rule {rule_id} in this policy."
            )


def _limit_not_above(worse: Mapping[str, Any], better: Mapping[str, Any]) -> bool:
    """Same kind of limit, and no part of the worse tier's above the better tier's."""
    return all(
        (worse[k] is None) == (better[k] is None) and (worse[k] is None or worse[k] <= better[k])
        for k in worse
    )


def _kind_complaints(document: PolicyDocument) -> Iterator[Complaint]:
    is_line = document.product_kind is not ProductKind.INSTALMENT
    if is_line != (document.line is not None):
        yield Complaint("/line", "A line says how its limit is fitted; an instalment loan does not.")
    for index, tier in enumerate(document.price_grid):
        place = f"/price_grid/{index}/limit"
        if is_line != (tier.limit is not None):
            yield Complaint(place, "Each tier of a line sets a limit; tiers of an instalment loan do not.")
        elif tier.limit is not None:
            by_income = tier.limit.monthly_income_multiple is not None
            if by_income == (tier.limit.amount_minor is not None) or by_income != (
                tier.limit.maximum_minor is not None
            ):
                yield Complaint(
                    place, "Give either an amount, or a multiple of monthly income with a maximum."
                )
    if is_line and document.counteroffer.allowed:
        yield Complaint(
            "/counteroffer/allowed", "A line has no amount asked for, so there is nothing to counter."
        )


def _bound_complaints(document: PolicyDocument) -> Iterator[Complaint]:
    caps = document.affordability
    if caps is not None and caps.instalment_to_income_max is None and caps.debt_service_max is None:
        yield Complaint("/affordability", "Set at least one of the two caps, or leave affordability out.")
    if document.fallback is not None and document.fallback.price_tier not in {
        t.name for t in document.price_grid
    }:
        yield Complaint("/fallback/price_tier", f"There is no price tier {document.fallback.price_tier}.")
    for index, purpose in enumerate(document.segments.purposes):
        if purpose not in catalogue()["purpose"].values:
            yield Complaint(
                f"/segments/purposes/{index}", f"{purpose} is not a purpose of the facts catalogue."
            )


def _node_complaints(
    node: AllOf | AnyOf | Condition, rule: Rule, place: str, level: int
) -> Iterator[Complaint]:
    if isinstance(node, Condition):
        yield from _condition_complaints(node, rule, place)
        return
    if level >= MAX_GROUP_LEVELS:
        yield Complaint(place, f"Groups are nested at most {MAX_GROUP_LEVELS} deep.")
        return
    word, members = ("all", node.all) if isinstance(node, AllOf) else ("any", node.any)
    for index, member in enumerate(members):
        yield from _node_complaints(member, rule, f"{place}/{word}/{index}", level + 1)


def _condition_complaints(condition: Condition, rule: Rule, place: str) -> Iterator[Complaint]:
    definition = catalogue().get(condition.fact)
    if condition.fact in FORBIDDEN_FIELDS:
        yield Complaint(f"{place}/fact", f"{condition.fact} must not be used in a credit decision.")
    elif definition is None:
        yield Complaint(f"{place}/fact", f"{condition.fact} is not in the facts catalogue.")
    elif condition.fact == "bureau_score":
        yield Complaint(f"{place}/fact", "The bureau's score is read by the fallback rule only.")
    else:
        yield from _value_complaints(condition, definition, place)
        yield from _direction_complaints(condition, definition, place)
    if rule.kind is RuleKind.KNOCKOUT and condition.if_absent is IfAbsent.FAILS:
        yield Complaint(
            f"{place}/if_absent",
            "A knock-out cannot fail on a fact that is not there: its reason would not be true. Refer instead.",
        )
    if rule.kind is RuleKind.KNOCKOUT and condition.if_never is IfAbsent.FAILS:
        yield Complaint(f"{place}/if_never", "A knock-out cannot fail on something that never happened.")


def _value_complaints(condition: Condition, definition: FactDefinition, place: str) -> Iterator[Complaint]:
    value, operator = condition.value, condition.operator
    if definition.unit is Unit.CATEGORY:
        if operator in _ORDERED:
            yield Complaint(
                f"{place}/operator",
                f"{definition.label} is a choice and has no order: use ==, !=, in or not in.",
            )
        elif isinstance(value, tuple) != (operator in ("in", "not in")):
            yield Complaint(f"{place}/value", "Use a list with in and not in, one value with == and !=.")
        else:
            for member in value if isinstance(value, tuple) else (value,):
                if member not in definition.values:
                    yield Complaint(
                        f"{place}/value", f"{member} is not one of: {', '.join(definition.values)}."
                    )
        return
    if operator in ("in", "not in") or isinstance(value, (str, tuple)):
        yield Complaint(
            f"{place}/value", f"{definition.label} is compared with a number ({definition.unit.value})."
        )
        return
    if definition.unit not in (Unit.RATIO, Unit.DAYS) and value != int(value):
        what = (
            "whole minor units"
            if definition.unit is Unit.MONEY
            else f"a whole number ({definition.unit.value})"
        )
        yield Complaint(f"{place}/value", f"{definition.label} is {what}.")
    elif round(value, RATIO_PLACES) != value:
        yield Complaint(f"{place}/value", f"At most {RATIO_PLACES} decimals.")
    low, high = definition.low, definition.high
    if (low is not None and value < low) or (high is not None and value > high):
        yield Complaint(
            f"{place}/value",
            f"{definition.label} lies between {low:g} and {high:g} ({definition.unit.value}).",
        )


def _direction_complaints(
    condition: Condition, definition: FactDefinition, place: str
) -> Iterator[Complaint]:
    """A rule that hurts a safer applicant more than a riskier one would break the promise that worse never helps."""
    if definition.risk_sign == 0 or definition.unit is Unit.CATEGORY:
        return
    riskier = {">", ">="} if definition.risk_sign > 0 else {"<", "<="}
    if definition.unit is Unit.FLAG:
        if (condition.operator, condition.value) != ("==", 1 if definition.risk_sign > 0 else 0):
            yield Complaint(
                f"{place}/value", f"{definition.label}: the rule must look for the riskier answer, with ==."
            )
    elif condition.operator not in riskier:
        word = "higher" if definition.risk_sign > 0 else "lower"
        yield Complaint(
            f"{place}/operator",
            f"{definition.label}: a {word} value is the riskier one, so the rule uses {' or '.join(sorted(riskier))}.",
        )


def _reason_code_complaints(
    document: PolicyDocument, known: Mapping[str, KnownReasonCode]
) -> Iterator[Complaint]:
    for index, rule in enumerate(document.rules):
        place = f"/rules/{index}/reason_code"
        if rule.kind is RuleKind.KNOCKOUT and rule.reason_code is None:
            yield Complaint(place, f"Rule {rule.id} declines, so it needs a reason code.")
        elif rule.reason_code is not None:
            yield from _code_complaints(rule.reason_code, place, known)
            code = known.get(rule.reason_code)
            if code is not None and code.facts and not code.facts & _facts_of(rule.when):
                yield Complaint(
                    place,
                    f"{code.code} ({code.name.replace('_', ' ')}) does not speak about a fact of this rule.",
                )
    if document.affordability is not None:
        yield from _code_complaints(document.affordability.reason_code, "/affordability/reason_code", known)
    if document.line is not None:
        yield from _code_complaints(document.line.reason_code, "/line/reason_code", known)


def _code_complaints(code: str, place: str, known: Mapping[str, KnownReasonCode]) -> Iterator[Complaint]:
    if code not in known:
        yield Complaint(place, f"{code} is not in the reason catalogue.")
    elif not known[code].enabled:
        yield Complaint(place, f"{code} is switched off in the reason catalogue.")


def _facts_of(node: AllOf | AnyOf | Condition) -> set[str]:
    if isinstance(node, Condition):
        return {node.fact}
    return set().union(*(_facts_of(m) for m in (node.all if isinstance(node, AllOf) else node.any)))
