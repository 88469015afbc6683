"""Answers of rules over past applications, kept in memory while they are used. Rules long gone are forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable

from scoring.simulation.pairs import AT_TERMS, Pairs
from scoring.simulation.store import Beat, Past, fact_of
from scoring.simulation.verdicts import Column, Says, rule_answers
from underwriting.policy.compile import CompiledRule

KEPT_ANSWERS = 400  # of 100,000 rows each takes 100 KB


def at_requested(rule: CompiledRule, past: Past, *, currency: str, beat: Beat) -> Says:
    """The rule's answer in each row at the terms asked for. `beat` is called before something is asked that was not kept."""
    return _kept(
        past,
        _key(rule, "requested"),
        lambda: rule_answers(rule, lambda name: _column(past, name), currency=currency),
        beat,
    )


def at_pairs(rule: CompiledRule, past: Past, pairs: Pairs, *, currency: str, beat: Beat) -> Says:
    """The rule's answer at each pair; where no fact of it depends on the terms, that of the row."""
    if not set(rule.fact_names) & set(AT_TERMS):
        return at_requested(rule, past, currency=currency, beat=beat)[pairs.row]
    return _kept(
        past,
        _key(rule, "pairs"),
        lambda: rule_answers(rule, lambda name: _pair_column(past, pairs, name), currency=currency),
        beat,
    )


def _column(past: Past, name: str) -> Column:
    """Sorted once for the columns, and kept with them."""
    kept: dict[str, Column] = past.kept.setdefault("columns", {})
    if name not in kept:
        kept[name] = Column.of(*fact_of(past, name))
    return kept[name]


def _pair_column(past: Past, pairs: Pairs, name: str) -> Column:
    if name not in pairs.facts:
        return _column(past, name).at(pairs.row)
    kept: dict[str, Column] = past.kept.setdefault("pair columns", {})
    if name not in kept:
        kept[name] = Column.of(*pairs.facts[name])
    return kept[name]


def _key(rule: CompiledRule, where: str) -> tuple[object, ...]:
    return where, rule.rule.kind, json.dumps(rule.rule.when.model_dump(mode="json"), sort_keys=True)


def _kept(past: Past, key: tuple[object, ...], make: Callable[[], Says], beat: Beat) -> Says:
    answers: dict[tuple[object, ...], Says] = past.kept.setdefault("answers", {})
    found = answers.pop(key, None)
    if found is None:
        beat()
        found = make()
    answers[key] = found  # used last
    while len(answers) > KEPT_ANSWERS:
        answers.pop(next(iter(answers)))
    return found
