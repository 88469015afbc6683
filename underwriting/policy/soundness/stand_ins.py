"""Facts and values that stand for something a credit decision must not look at (15 USC 1691(a), 12 CFR 1002.6(b)). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from underwriting.policy.conditions import leaves
from underwriting.policy.schema import Complaint, Condition, Fault, PolicyDocument, ShownBy
from underwriting.policy.soundness.persons import ORDINARY, nearest, top_score
from underwriting.policy.soundness.regions import boxes_of, legal_sides


@dataclass(frozen=True, slots=True)
class StandIn:
    """A value of a choice, or a length of time that takes a life to reach, and what it stands for."""

    fact: str
    why: str
    values: frozenset[str] = frozenset()
    months_over: int = 0
    blocks: bool = True


STAND_INS = (
    StandIn(
        "employment_type",
        "income from public assistance must not be held against anybody",
        frozenset({"benefit"}),
    ),
    StandIn("employment_type", "who is retired is old: it stands for age", frozenset({"retired"})),
    StandIn("purpose", "a wedding stands for marital status", frozenset({"wedding"})),
    StandIn("purpose", "medical costs stand for health and disability", frozenset({"medical"})),
    StandIn(
        "oldest_account_age_months",
        "nobody young can have so old a record: it stands for age",
        months_over=180,
        blocks=False,
    ),
    StandIn(
        "average_account_age_months",
        "nobody young can have so old a record: it stands for age",
        months_over=180,
        blocks=False,
    ),
    StandIn(
        "employment_tenure_months",
        "nobody young can have worked so long: it stands for age",
        months_over=120,
        blocks=False,
    ),
)


def stand_in_complaints(document: PolicyDocument) -> Iterator[Complaint]:
    """Conditions that single out people by something that stands for a protected characteristic."""
    for index, rule in enumerate(document.rules):
        for condition in leaves(rule.when):
            for stand_in in STAND_INS:
                if stand_in.fact == condition.fact and _singles_out(condition, stand_in):
                    yield Complaint(
                        f"/rules/{index}/when",
                        f"Rule {rule.id} looks at a stand-in: {stand_in.why}.",
                        stand_in.blocks,
                        Fault.FORBIDDEN,
                        *_pair(document, index, condition, stand_in),
                        (rule.id,),
                    )


def _singles_out(condition: Condition, stand_in: StandIn) -> bool:
    value = condition.value
    if stand_in.values:
        named = frozenset(value if isinstance(value, tuple) else (str(value),))
        return bool(stand_in.values & named) and condition.operator in ("==", "in", "!=", "not in")
    return (
        isinstance(value, (int, float)) and condition.operator in ("<", "<=") and value > stand_in.months_over
    )


def _pair(
    document: PolicyDocument, index: int, condition: Condition, stand_in: StandIn
) -> tuple[ShownBy | None, ShownBy | None]:
    """Two people who differ in nothing but this: of whom the rule is about, and of whom it is not; None where nobody can be shown."""
    legal = legal_sides()
    fact, rule = condition.fact, document.rules[index]
    boxes = boxes_of(rule, index, legal)
    if not boxes:
        return None, None
    box = next(
        (
            one
            for one in boxes
            if not (
                isinstance(side := one.get(fact), frozenset)
                and stand_in.values
                and not side & stand_in.values
            )
        ),
        {},
    )
    facts = {name: nearest(name, side) for name, side in box.items()}
    if stand_in.values and condition.operator in ("==", "in"):
        facts[fact] = min(stand_in.values & _named(condition))
        other: int | str = str(ORDINARY[fact])
    elif stand_in.values:
        facts[fact] = "other" if fact == "purpose" else "salaried"
        other = min(stand_in.values & _named(condition))
    else:
        facts[fact] = stand_in.months_over
        other = int(legal[fact][1])  # type: ignore[index]
    person = ShownBy(facts, top_score(document))
    return person, ShownBy({**facts, fact: other}, person.score)


def _named(condition: Condition) -> frozenset[str]:
    return frozenset(condition.value if isinstance(condition.value, tuple) else (str(condition.value),))
