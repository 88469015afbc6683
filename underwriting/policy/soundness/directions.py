"""Conditions that hurt the safer of two people, and who shows it; who a rule or a cap declines. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from underwriting.facts.catalogue import FactDefinition, Unit, catalogue
from underwriting.policy.conditions import leaves
from underwriting.policy.schema import Complaint, Condition, Fault, IfAbsent, PolicyDocument, Rule, ShownBy
from underwriting.policy.soundness.persons import ORDINARY, person_in, top_score
from underwriting.policy.soundness.regions import Box, boxes_of, legal_sides, outside

INCOME = frozenset({"annual_income", "monthly_income"})
RATIOS_OF_INCOME = frozenset({
    "loan_to_income_ratio", "instalment_to_income_ratio", "debt_to_income_ratio", "debt_to_income_without_mortgage_ratio",
    "debt_service_ratio",
})  # fmt: skip
LATE = (
    "dpd", "delinquen", "past_due", "account_60d", "account_90d", "prior_on_time", "prior_days_late",
)  # fmt: skip


def fault_of(fact: str) -> Fault:
    """Which promise a condition the wrong way round breaks."""
    if fact in INCOME | RATIOS_OF_INCOME:
        return Fault.INCOME_HURTS
    return Fault.LATE_PAYMENT_HELPS if any(word in fact for word in LATE) else Fault.SAFER_HURTS


def direction_complaints(document: PolicyDocument) -> Iterator[Complaint]:
    """Conditions met by the safer and not by the riskier person, and rules that hold it against somebody that nothing happened."""
    for index, rule in enumerate(document.rules):
        for condition in leaves(rule.when):
            definition = catalogue().get(condition.fact)
            if definition is None or definition.risk_sign == 0 or definition.unit is Unit.CATEGORY:
                continue
            if isinstance(condition.value, (str, tuple)):
                continue
            if not _looks_for_the_riskier(condition, definition):
                yield from _wrong_way(document, index, condition, definition)
            elif definition.can_be_never and condition.if_never is not IfAbsent.PASSES:
                yield _never_hurts(document, index, condition, definition)


def _looks_for_the_riskier(condition: Condition, definition: FactDefinition) -> bool:
    if definition.unit is Unit.FLAG:
        return (condition.operator, condition.value) == ("==", 1 if definition.risk_sign > 0 else 0)
    return condition.operator in ({">", ">="} if definition.risk_sign > 0 else {"<", "<="})


def _wrong_way(
    document: PolicyDocument, index: int, condition: Condition, definition: FactDefinition
) -> Iterator[Complaint]:
    rule = document.rules[index]
    found = safer_and_riskier(rule, index, condition.fact)
    if found is None:
        return
    person, riskier = (person_in(box, document) for box in found)
    word = "higher" if definition.risk_sign > 0 else "lower"
    place = "value" if definition.unit is Unit.FLAG else "operator"
    message = (
        f"{definition.label}: the rule must look for the riskier answer, with ==."
        if definition.unit is Unit.FLAG
        else f"{definition.label}: a {word} value is the riskier one, so the rule uses "
        f"{' or '.join(sorted({'>', '>='} if definition.risk_sign > 0 else {'<', '<='}))}."
    )
    yield Complaint(
        f"{place_of(rule, index, condition)}/{place}",
        message,
        True,
        fault_of(condition.fact),
        person,
        riskier,
        (rule.id,),
    )


def safer_and_riskier(rule: Rule, index: int, fact: str) -> tuple[Box, Box] | None:
    """Somebody the rule is about, and the same person with a riskier value that it lets pass; None where there is none."""
    legal = legal_sides()
    sign = catalogue()[fact].risk_sign
    for box in boxes_of(rule, index, legal):
        side = box.get(fact)
        if side is None or isinstance(side, frozenset):
            continue
        beyond = [
            part
            for part in outside(legal[fact], side)
            if not isinstance(part, frozenset) and (part[0] > side[1] if sign > 0 else part[1] < side[0])
        ]
        if beyond:
            edge, step = (side[1], beyond[0][0]) if sign > 0 else (side[0], beyond[0][1])
            return {**box, fact: (edge, edge)}, {**box, fact: (step, step)}
    return None


def _never_hurts(
    document: PolicyDocument, index: int, condition: Condition, definition: FactDefinition
) -> Complaint:
    rule = document.rules[index]
    furthest = definition.high if definition.high is not None else 600
    boxes = boxes_of(rule, index, legal_sides())
    facts = dict(person_in(boxes[0], document).facts) if boxes else {}
    score = top_score(document)
    return Complaint(
        f"{place_of(rule, index, condition)}/if_never",
        f"{definition.label}: it must not count against anybody that it never happened.",
        True,
        fault_of(condition.fact),
        ShownBy({**facts, condition.fact: "NEVER"}, score),
        ShownBy({**facts, condition.fact: int(furthest)}, score),
        (rule.id,),
    )


def place_of(rule: Rule, index: int, condition: Condition) -> str:
    """JSON pointer of a condition."""

    def look(node: object, place: str) -> str | None:
        if node is condition:
            return place
        for word in ("all", "any"):
            for number, member in enumerate(getattr(node, word, ())):
                found = look(member, f"{place}/{word}/{number}")
                if found is not None:
                    return found
        return None

    return look(rule.when, f"/rules/{index}/when") or f"/rules/{index}/when"


def somebody_of(document: PolicyDocument, index: int) -> ShownBy | None:
    """Somebody a rule is about; None where it is about nobody, or about an unknown fact."""
    boxes = boxes_of(document.rules[index], index, legal_sides())
    return person_in(boxes[0], document) if boxes else None


def capped_person(document: PolicyDocument) -> ShownBy:
    """Somebody whom the caps on the payment decline: hardly any income, for a large loan."""
    return ShownBy({"annual_income": 120_000, **({} if document.line else {"requested_amount": ORDINARY["requested_amount"]})},
                   top_score(document))  # fmt: skip
