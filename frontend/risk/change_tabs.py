"""The four forms in which a change is read: in words, as tables, by its effect, as text. Every line can be commented on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from itertools import groupby
from typing import Any

from frontend.risk.words import MARKS
from underwriting.models import PolicyComment
from underwriting.policy.diff import Change, diff_in_words
from underwriting.policy.formats.as_yaml import yaml_of_draft

TABS = {"words": "In words", "tables": "Tables", "effect": "Effect", "text": "Text"}
MARK_WORDS = {"+": "Added", "−": "Removed", "~": "Changed", "↕": "Moved"}
CONTEXT_LINES = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One difference; without a mark it is an unchanged line of text beside it."""

    mark: str
    what: str
    before: str = ""
    after: str = ""

    @property
    def word(self) -> str:
        return MARK_WORDS.get(self.mark, "")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines about one thing, under one anchor, with what was said about them."""

    anchor: str
    section: str
    lines: tuple[Line, ...]
    comments: list[PolicyComment] = field(default_factory=list)

    @property
    def quote(self) -> str:
        """The block as it reads, for a comment to keep."""
        return "; ".join(" ".join(p for p in (x.what, x.before, x.after) if p) for x in self.lines)

    @property
    def dom_id(self) -> str:
        return f"line-{hashlib.sha256(self.anchor.encode()).hexdigest()[:10]}"


def blocks_of(
    tab: str, before: Mapping[str, Any], after: Mapping[str, Any], comments: Sequence[PolicyComment]
) -> tuple[list[Block], list[PolicyComment]]:
    """The blocks of a tab with their comments, and the comments on lines that this tab does not have."""
    blocks = list(_text(before, after) if tab == "text" else _words(before, after))
    by_anchor = {block.anchor: block for block in blocks if block.anchor}
    elsewhere = []
    for comment in comments:
        if comment.anchor in by_anchor:
            by_anchor[comment.anchor].comments.append(comment)
        else:
            elsewhere.append(comment)
    return blocks, elsewhere


def _words(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Block]:
    for anchor, changes in groupby(diff_in_words(before, after), key=lambda change: change.anchor):
        listed = list(changes)
        yield Block(anchor, listed[0].section, tuple(_line(change) for change in listed))


def _line(change: Change) -> Line:
    return Line(MARKS[change.kind], change.what, change.before, change.after)


def _text(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Block]:
    old, new = yaml_of_draft(before).splitlines(), yaml_of_draft(after).splitlines()
    seen: dict[str, int] = {}
    for raw in list(unified_diff(old, new, lineterm="", n=CONTEXT_LINES))[2:]:
        sign, words = raw[:1], raw[1:]
        if sign == "@":
            yield Block("", "", (Line("@", raw),))
            continue
        if sign == " ":
            yield Block("", "", (Line("", words),))
            continue
        seen[raw] = seen.get(raw, 0) + 1
        name = hashlib.sha256(f"{raw}\n{seen[raw]}".encode()).hexdigest()[:16]
        yield Block(f"text:{name}", "", (Line("+" if sign == "+" else "−", words),))
