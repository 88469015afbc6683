"""Values as ZEN literals and back: text in quotes, numbers, lists, the comparisons of a cell. Nothing is evaluated. Pure."""

from __future__ import annotations

import re
from typing import Any

from underwriting.policy.expressions import literal

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'[^']*'|"[^"]*")|(?P<number>-?[0-9]{1,400}(?:\.[0-9]{1,400})?)|(?P<word>true|false|null)\b|(?P<sign>\{\}|[\[\],+]))"""
)
_UNARY = re.compile(r"\s*(==|!=|<=|>=|<|>|not in\b|in\b)?\s*(.+)", re.DOTALL)
_LEAF = re.compile(
    r"not \((?P<none>[a-z][a-z0-9_]*) in (?P<listed>\[[^\]]*\])\)"
    r"|(?P<fact>[a-z][a-z0-9_]*) (?P<operator>==|!=|<=|>=|<|>|in) (?P<value>\[[^\]]*\]|'[^']*'|-?[0-9.]+)"
)
_WORDS = {"true": True, "false": False, "null": None}


def zen_literal(value: Any) -> str:
    """A value as ZEN reads it. Its quotes know no escape, so text holding both kinds is joined out of pieces."""
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    if isinstance(value, str):
        pieces = [f"'{piece}'" for piece in value.split("'")]
        return """ + "'" + """.join(pieces)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(zen_literal(member) for member in value) + "]"
    return "{}" if isinstance(value, dict) else literal(value)


def literal_value(text: str) -> Any:
    """What a literal says. Raises ValueError for anything that is not one: nothing is computed."""
    tokens = _tokens(text)
    value, at = _value(tokens, 0, may_list=True)
    if at != len(tokens):
        raise ValueError("one value is expected")
    return value


def comparison(text: str) -> tuple[str, Any]:
    """Operator and value of a cell such as `> 50000` or `in ['a', 'b']`. Raises ValueError."""
    match = _UNARY.fullmatch(text)
    if match is None:
        raise ValueError("the cell says nothing")
    return match[1] or "==", literal_value(match[2])


def comparisons(text: str) -> list[tuple[str, str, Any]]:
    """Fact, operator and value of each comparison in an expression, left to right. What stands between them is not read."""
    return [
        (m["fact"] or m["none"], m["operator"] or "not in", literal_value(m["value"] or m["listed"]))
        for m in _LEAF.finditer(text)
    ]


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position, stripped = [], 0, text.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None or match.lastgroup is None:
            raise ValueError("only plain values are accepted, no expression")
        found.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    if not found:
        raise ValueError("a value is expected")
    return found


def _value(tokens: list[tuple[str, str]], at: int, *, may_list: bool = False) -> tuple[Any, int]:
    kind, piece = tokens[at] if at < len(tokens) else ("", "")
    if kind == "text":
        joined = piece[1:-1]
        while at + 2 < len(tokens) and tokens[at + 1][1] == "+" and tokens[at + 2][0] == "text":
            joined, at = joined + tokens[at + 2][1][1:-1], at + 2
        return joined, at + 1
    if kind == "number":
        return (float(piece) if "." in piece else int(piece)), at + 1
    if kind == "word":
        return _WORDS[piece], at + 1
    if piece == "{}":
        return {}, at + 1
    if piece == "[" and may_list:
        return _members(tokens, at + 1)
    raise ValueError("a value is expected")


def _members(tokens: list[tuple[str, str]], at: int) -> tuple[list[Any], int]:
    members: list[Any] = []
    while at < len(tokens) and tokens[at][1] != "]":
        if members:
            if tokens[at] != ("sign", ","):
                raise ValueError("members of a list stand between commas")
            at += 1
        member, at = _value(tokens, at)
        members.append(member)
    if at >= len(tokens):
        raise ValueError("the list is not closed")
    return members, at + 1
