"""Structured rules become ZEN text: a pure function of a tree and of what its absent facts say, then a static check.

An absent fact is replaced by `true` or `false` in the text, so `null` never reaches an operator. Nobody types an expression;
the static check would refuse a dangerous one all the same, because the engine itself has no limits.
"""

from __future__ import annotations

import re
from decimal import Decimal

import zen

from underwriting.facts.catalogue import catalogue
from underwriting.policy.conditions import Plain, leaves
from underwriting.policy.schema import AllOf, AnyOf, Complaint, Condition, PolicyDocument

MAX_EXPRESSION_CHARACTERS = 3_000  # 30 conditions of the longest fact names, with room for lists
MAX_BRACKET_LEVELS = 16

_PIECE = re.compile(r"\s+|'[a-z0-9_]*'|[0-9]+(?:\.[0-9]+)?\b|[a-z][a-z0-9_]*\b|==|!=|<=|>=|<|>|[()\[\],]")
_WORDS = frozenset({"and", "or", "in", "not", "true", "false"})


def zen_text(node: AllOf | AnyOf | Condition, fixed: tuple[bool | None, ...]) -> str:
    """Expression of a tree; `fixed` holds for each condition, left to right, the answer it takes for granted, or None."""
    answers = iter(fixed)

    def text(part: AllOf | AnyOf | Condition) -> str:
        if isinstance(part, Condition):
            answer = next(answers)
            return _comparison(part) if answer is None else str(answer).lower()
        members = [text(member) for member in (part.all if isinstance(part, AllOf) else part.any)]
        return "(" + (" and " if isinstance(part, AllOf) else " or ").join(members) + ")"

    return text(node)


def _comparison(condition: Condition) -> str:
    if condition.operator == "not in":
        return f"not ({condition.fact} in {literal(condition.value)})"
    return f"{condition.fact} {condition.operator} {literal(condition.value)}"


def literal(value: Plain | tuple[str, ...]) -> str:
    """A condition's value in ZEN: text and lists of text in quotes, whole numbers without a point, others with one."""
    if isinstance(value, tuple):
        return "[" + ", ".join(f"'{member}'" for member in value) + "]"
    if isinstance(value, str):
        return f"'{value}'"
    digits = format(Decimal(str(value)), "f")
    return f"{digits}.0" if isinstance(value, float) and "." not in digits else digits


def expression_complaint(text: str) -> str | None:
    """What forbids compiling this text, or None. Known facts, listed operators, no functions, bounded length and depth."""
    if len(text) > MAX_EXPRESSION_CHARACTERS:
        return f"The rule is too long: at most {MAX_EXPRESSION_CHARACTERS} characters as an expression. Split it in two."
    position = level = 0
    while position < len(text):
        match = _PIECE.match(text, position)
        if match is None:
            return f"The expression holds something that is not allowed at character {position + 1}."
        piece = match.group()
        level += (piece in "([") - (piece in ")]")
        if level > MAX_BRACKET_LEVELS:
            return f"The rule is nested too deeply: at most {MAX_BRACKET_LEVELS} levels."
        if piece[0].isalpha() and piece not in _WORDS and piece not in catalogue():
            return f"{piece} is not a known fact."
        position = match.end()
    return None


def expression_complaints(document: PolicyDocument) -> list[Complaint]:
    """The static check of every rule's text, then a trial compilation."""
    complaints = []
    for index, rule in enumerate(document.rules):
        text = zen_text(rule.when, tuple(None for _ in leaves(rule.when)))
        message = expression_complaint(text)
        if message is None:
            try:
                zen.compile_expression(text)
            except RuntimeError as error:
                message = f"The rule engine refuses this rule: {str(error).splitlines()[0][:120]}"
        if message is not None:
            complaints.append(Complaint(f"/rules/{index}/when", message))
    return complaints
