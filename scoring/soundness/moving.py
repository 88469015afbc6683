"""Which rules say something else of a person one of whose facts was moved: in a policy of hundreds of rules, a handful."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from underwriting.facts.values import Absence, Facts, FactScalar, FactValue
from underwriting.policy.compile import CompiledPolicy, CompiledRule, RuleNotAnswered
from underwriting.policy.conditions import Verdict


class MovingRules:
    """The rules of a policy by the facts that their conditions look at.

    What a rule says follows from what its conditions say. So one whose conditions on the moved facts all say what they said
    before says what it said before; only these conditions are asked, each by itself.
    """

    def __init__(self, policy: CompiledPolicy) -> None:
        self._policy = policy
        self._conditions: dict[str, list[tuple[str, CompiledRule]]] = defaultdict(list)
        self._said: dict[tuple[str, FactScalar | None, Absence | None], list[Verdict | str]] = {}
        for rule in policy.rules:
            for condition in rule.conditions:
                alone = rule.rule.model_copy(update={"when": condition})
                asked = CompiledRule(alone, (condition,), (condition.fact,))
                self._conditions[condition.fact].append((rule.rule.id, asked))

    def between(self, facts: Facts, others: Facts) -> CompiledPolicy:
        """The policy with the rules alone that say something else of one than of the other."""
        moved = [name for name, value in facts.items() if others[name] != value]
        ids = {rule_id for name in moved for rule_id in self._turned(name, facts[name], others[name])}
        rules = (rule for rule in self._policy.rules if rule.rule.id in ids)
        turned = tuple(rule for rule in rules if _verdict(rule, facts) != _verdict(rule, others))
        return replace(self._policy, rules=turned)

    def _turned(self, name: str, one: FactValue, other: FactValue) -> Iterator[str]:
        for (rule_id, _), before, after in zip(
            self._conditions.get(name, ()), self._says(name, one), self._says(name, other), strict=True
        ):
            if before != after:
                yield rule_id

    def _says(self, name: str, value: FactValue) -> list[Verdict | str]:
        """What each condition on the fact says of a value, asked once."""
        key = (name, value.value, value.absence)
        if key not in self._said:
            self._said[key] = [_verdict(asked, {name: value}) for _, asked in self._conditions.get(name, ())]
        return self._said[key]


def _verdict(rule: CompiledRule, facts: Facts) -> Verdict | str:
    try:
        return rule.verdict(facts)
    except RuleNotAnswered as fault:
        return str(fault)
