"""What each rule says of each past application, asked of the live engine once for each thing it can tell apart.

A condition is asked at the distinct values of its fact. For an ordered comparison the answer changes at most once along the sorted
values within the fact's range, so only the two ends of a stretch are asked where they agree. What the conditions say together is the
lowest of an `all` and the highest of an `any` (Verdict); the rule is then asked once for each of these, with a row that has it, and
where a condition cannot be answered, once for each combination of answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.simulation.columns import NEVER, NOT_ASKED, NOT_NAMED, UNKNOWN, VALUE
from underwriting.enums import Outcome
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, FactSource, FactValue
from underwriting.policy.compile import CompiledRule, RuleNotAnswered
from underwriting.policy.conditions import Verdict
from underwriting.policy.findings import rule_says
from underwriting.policy.schema import AllOf, AnyOf, Condition

Says = NDArray[np.int8]  # of each row: an outcome's severity, or TECHNICAL
TECHNICAL = -1
ORDERED = ("<", "<=", ">", ">=")
# Rules read a fact's value or absence and nothing else of it.
ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
ABSENCES = {NEVER: Absence.NEVER, UNKNOWN: Absence.UNKNOWN, NOT_ASKED: Absence.NOT_ASKED}


@dataclass(frozen=True)
class Column:
    """A fact of some rows, by what a condition can tell apart: the `distinct` values in their order, then the statuses without one
    that occur (`absent`). `place` says of each row which of these it has."""

    distinct: NDArray[Any]
    absent: NDArray[np.int8]
    place: NDArray[np.int32]

    @classmethod
    def of(cls, values: NDArray[Any], status: NDArray[np.int8]) -> Column:
        """From the rows' `values`, which count where `status` is VALUE."""
        has_value = status == VALUE
        place = np.empty(len(status), dtype=np.int32)
        distinct, place[has_value] = np.unique(values[has_value], return_inverse=True)
        absent, other = np.unique(status[~has_value], return_inverse=True)
        place[~has_value] = len(distinct) + other
        return cls(distinct, absent, place)

    def at(self, rows: NDArray[np.int64]) -> Column:
        """The same fact, read in these of its rows."""
        return replace(self, place=self.place[rows])

    def fact(self, row: int) -> FactValue | None:
        place = int(self.place[row])
        if place < len(self.distinct):
            return as_fact(self.distinct[place], VALUE)
        return as_fact(None, int(self.absent[place - len(self.distinct)]))


def as_fact(value: Any, status: int) -> FactValue | None:
    """A fact as the engine reads it; None where the assessment does not name it."""
    if status == NOT_NAMED:
        return None
    if status != VALUE:
        return FactValue(None, ABSENCES[status], FactSource.DERIVED, ANY_MOMENT)
    plain: Any = str(value) if isinstance(value, str) else float(value)
    if isinstance(plain, float) and plain.is_integer():
        plain = int(plain)
    return FactValue(plain, None, FactSource.DERIVED, ANY_MOMENT)


def rule_answers(compiled: CompiledRule, columns: Callable[[str], Column], *, currency: str) -> Says:
    """The severity of the rule's finding in each row (no technical fault elsewhere), TECHNICAL where it cannot be answered."""
    facts = {name: columns(name) for name in compiled.fact_names}
    answers = np.stack([_condition_answers(compiled, one, facts[one.fact]) for one in compiled.conditions])
    classes = _together(compiled.rule.when, iter(answers)).astype(np.int64)
    unanswered = (answers == TECHNICAL).any(axis=0)
    if unanswered.any():
        _, combination = np.unique(answers[:, unanswered], axis=1, return_inverse=True)
        classes[unanswered] = len(Verdict) + combination
    _, first, place = np.unique(classes, return_index=True, return_inverse=True)
    said = [
        _asked(compiled, {name: column.fact(int(row)) for name, column in facts.items()}, currency)
        for row in first
    ]
    return np.array(said, dtype=np.int8)[place]


def _together(node: AllOf | AnyOf | Condition, answers: Iterator[Says]) -> Says:
    """What a tree says where its conditions, left to right, say this."""
    if isinstance(node, Condition):
        return next(answers)
    members = node.all if isinstance(node, AllOf) else node.any
    lowest_or_highest = np.minimum if isinstance(node, AllOf) else np.maximum
    said: Says = lowest_or_highest.reduce([_together(member, answers) for member in members])
    return said


def _asked(compiled: CompiledRule, facts: Mapping[str, FactValue | None], currency: str) -> int:
    there = {name: fact for name, fact in facts.items() if fact is not None}
    said = rule_says(compiled, there, currency=currency, has_fault=False)
    return TECHNICAL if said.is_technical else said.finding.outcome.severity


def _condition_answers(compiled: CompiledRule, condition: Condition, column: Column) -> NDArray[np.int8]:
    """A verdict for each row, TECHNICAL where the value cannot be read."""
    single = CompiledRule(
        compiled.rule.model_copy(update={"when": condition}), (condition,), (condition.fact,)
    )

    def ask(fact: FactValue | None) -> int:
        try:
            return int(single.verdict({} if fact is None else {condition.fact: fact}))
        except RuleNotAnswered:
            return TECHNICAL

    of_values = _value_answers(condition, column.distinct, lambda value: ask(as_fact(value, VALUE)))
    of_absent = [ask(as_fact(None, int(status))) for status in column.absent]
    return np.concatenate([of_values, np.array(of_absent, dtype=np.int8)])[column.place]


def _value_answers(
    condition: Condition, distinct: NDArray[Any], ask: Callable[[Any], int]
) -> NDArray[np.int8]:
    answers = np.zeros(len(distinct), dtype=np.int8)
    if condition.operator not in ORDERED:
        answers[:] = [ask(value) for value in distinct]
        return answers
    definition = catalogue()[condition.fact]
    low = 0 if definition.low is None else int(np.searchsorted(distinct, definition.low, side="left"))
    high = len(distinct) if definition.high is None else int(np.searchsorted(distinct, definition.high, side="right"))  # fmt: skip
    for start, end in ((0, low), (low, high), (high, len(distinct))):
        if start < end:
            _fill(answers, distinct, start, end - 1, ask)
    return answers


def _fill(
    answers: NDArray[np.int8], distinct: NDArray[Any], start: int, end: int, ask: Callable[[Any], int]
) -> None:
    """Answers from start to end, both included: asked at the ends, and in between only where these differ."""
    stretches = [(start, end, ask(distinct[start]), ask(distinct[end]))]
    while stretches:
        first, last, at_first, at_last = stretches.pop()
        if at_first == at_last:
            answers[first : last + 1] = at_first
        elif last == first + 1:
            answers[first], answers[last] = at_first, at_last
        else:
            middle = (first + last) // 2
            at_middle = ask(distinct[middle])
            stretches += [(first, middle, at_first, at_middle), (middle, last, at_middle, at_last)]


def worst(said: Sequence[Says], rows: int) -> Says:
    """The worst outcome of several rules in each row; TECHNICAL where one of them is."""
    if not said:
        return np.full(rows, Outcome.APPROVE.severity, dtype=np.int8)
    together = np.stack(said)
    return np.where((together == TECHNICAL).any(axis=0), TECHNICAL, together.max(axis=0)).astype(np.int8)
