"""A policy document made ready for evaluation: checked, its rules compiled, and every engine answer held to yes or no."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import zen

from underwriting.facts.values import Facts
from underwriting.policy.check import document_complaints
from underwriting.policy.conditions import Plain, UnreadableFact, Verdict, absent_verdict, leaves, plain_value
from underwriting.policy.expressions import expression_complaints, zen_text
from underwriting.policy.schema import (
    AllOf,
    AnyOf,
    Condition,
    PolicyDocument,
    PolicyRefused,
    Rule,
    parse_document,
)
from underwriting.policy.words import rule_in_words


class RuleNotAnswered(ValueError):
    """A rule could not be evaluated on these facts; the application refers."""


def canonical_text(document: Mapping[str, Any]) -> str:
    """The document as JSON with sorted keys and no spaces."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_sha256(document: Mapping[str, Any]) -> str:
    """SHA-256 of the document's canonical text, in lower-case hex."""
    return sha256_of(canonical_text(document))


def sha256_of(text: str) -> str:
    """SHA-256 of a canonical text, in lower-case hex."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule with its conditions in order; expressions are compiled on first use and kept, one for each pattern of absences."""

    rule: Rule
    conditions: tuple[Condition, ...]
    fact_names: tuple[str, ...]
    words: str = ""
    _expressions: dict[tuple[bool | None, ...], Any] = field(default_factory=dict, compare=False, repr=False)

    def verdict(self, facts: Facts) -> Verdict:
        """What the rule's tree says on these facts. Raises RuleNotAnswered."""
        return self._evaluate(self.rule.when, self.conditions, facts, self._expressions)

    def conditions_met(self, facts: Facts) -> list[tuple[Condition, Verdict]]:
        """Each condition that says something against the applicant, for the sentences of a finding. Raises RuleNotAnswered."""
        said = [
            (condition, self._evaluate(condition, (condition,), facts, {})) for condition in self.conditions
        ]
        return [(condition, verdict) for condition, verdict in said if verdict is not Verdict.NOT_MET]

    def _evaluate(
        self,
        node: AllOf | AnyOf | Condition,
        conditions: tuple[Condition, ...],
        facts: Facts,
        expressions: dict[tuple[bool | None, ...], Any],
    ) -> Verdict:
        said = [absent_verdict(condition, facts.get(condition.fact)) for condition in conditions]
        values = self._values(conditions, said, facts)
        met = tuple(None if v is None else v is Verdict.MET for v in said)
        if _answer(node, met, values, expressions):
            return Verdict.MET
        if Verdict.REFERS not in said:
            return Verdict.NOT_MET
        might = tuple(None if v is None else v is not Verdict.NOT_MET for v in said)
        return Verdict.REFERS if _answer(node, might, values, expressions) else Verdict.NOT_MET

    def _values(
        self, conditions: tuple[Condition, ...], said: list[Verdict | None], facts: Facts
    ) -> dict[str, Plain]:
        try:
            return {
                c.fact: plain_value(c.fact, facts[c.fact])
                for c, v in zip(conditions, said, strict=True)
                if v is None
            }
        except UnreadableFact as error:
            raise RuleNotAnswered(f"Rule {self.rule.id} could not be read: {error}.") from error


def _answer(
    node: AllOf | AnyOf | Condition,
    fixed: tuple[bool | None, ...],
    values: dict[str, Plain],
    expressions: dict[tuple[bool | None, ...], Any],
) -> bool:
    """Exactly True or False from the engine; anything else, and any error, raises RuleNotAnswered."""
    expression = expressions.get(fixed)
    try:
        if expression is None:
            expression = expressions[fixed] = zen.compile_expression(zen_text(node, fixed))
        result = expression.evaluate(values)
    except (RuntimeError, TypeError, ValueError) as error:
        raise RuleNotAnswered(
            f"The rule engine answered with an error: {str(error).splitlines()[0][:120]}"
        ) from error
    if result is not True and result is not False:
        raise RuleNotAnswered("The rule engine answered neither yes nor no.")
    return result


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """A document ready to be evaluated. Build it with `compile_policy`; keep it by `sha256`."""

    document: PolicyDocument
    rules: tuple[CompiledRule, ...]
    sha256: str


def compile_policy(document: Mapping[str, Any]) -> CompiledPolicy:
    """Parse, check and compile a document. Raises PolicyRefused with every complaint."""
    parsed = parse_document(document)
    complaints = [c for c in document_complaints(parsed) if c.blocks] or expression_complaints(parsed)
    if complaints:
        raise PolicyRefused(complaints)
    return CompiledPolicy(document=parsed, rules=_rules(parsed), sha256=canonical_sha256(document))


def compile_as_written(document: Mapping[str, Any]) -> CompiledPolicy:
    """A readable document as the engine would take it, unsound ones too: only to show what is wrong with it, never to decide.

    Raises PolicyRefused where it cannot be read.
    """
    parsed = parse_document(document)
    return CompiledPolicy(document=parsed, rules=_rules(parsed), sha256=canonical_sha256(document))


def _rules(parsed: PolicyDocument) -> tuple[CompiledRule, ...]:
    rules = []
    for rule in parsed.rules:
        conditions = tuple(leaves(rule.when))
        names = tuple(dict.fromkeys(condition.fact for condition in conditions))
        rules.append(CompiledRule(rule, conditions, names, rule_in_words(rule, parsed.currency)))
    return tuple(rules)
