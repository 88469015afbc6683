"""What each rule says of each past application, asked of the live engine once for each thing it can tell apart.

A condition is asked at the distinct values of its fact. For an ordered comparison the answer changes at most once along the sorted
values within the fact's range, so only the two ends of a stretch are asked where they agree. A rule is then asked once for each
combination of its conditions' answers, with a row that has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.simulation.columns import NEVER, NOT_ASKED, NOT_NAMED, UNKNOWN, VALUE
from underwriting.enums import Outcome
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, FactSource, FactValue
from underwriting.policy.compile import CompiledRule, RuleNotAnswered
from underwriting.policy.findings import rule_says
from underwriting.policy.schema import Condition

Says = NDArray[np.int8]  # of each row: an outcome's severity, or TECHNICAL
TECHNICAL = -1
ORDERED = ("<", "<=", ">", ">=")
# Rules read a fact's value or absence and nothing else of it.
ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
ABSENCES = {NEVER: Absence.NEVER, UNKNOWN: Absence.UNKNOWN, NOT_ASKED: Absence.NOT_ASKED}


@dataclass(frozen=True)
class Column:
    """A fact of some rows: `values` where `status` is VALUE."""

    values: NDArray[Any]
    status: NDArray[np.int8]

    def fact(self, row: int) -> FactValue | None:
        return as_fact(self.values[row], int(self.status[row]))


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
    answers = [_condition_answers(compiled, one, facts[one.fact]) for one in compiled.conditions]
    codes = np.zeros(len(answers[0]), dtype=np.int64)
    for answer in answers:  # at most 20 conditions a group; 4 answers each
        codes, _ = _renumbered(codes * 4 + (answer + 1))
    _, first, place = np.unique(codes, return_index=True, return_inverse=True)
    said = [
        _asked(compiled, {name: column.fact(int(row)) for name, column in facts.items()}, currency)
        for row in first
    ]
    return np.array(said, dtype=np.int8)[place]


def _renumbered(codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """The same classes numbered from 0, so that products never overflow."""
    distinct, place = np.unique(codes, return_inverse=True)
    return place.astype(np.int64), len(distinct)


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

    answers = np.full(len(column.status), TECHNICAL, dtype=np.int8)
    for status in np.unique(column.status):
        rows = column.status == status
        if status != VALUE:
            answers[rows] = ask(as_fact(None, int(status)))
            continue
        distinct, place = np.unique(column.values[rows], return_inverse=True)
        answers[rows] = _value_answers(condition, distinct, lambda value: ask(as_fact(value, VALUE)))[place]
    return answers


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
