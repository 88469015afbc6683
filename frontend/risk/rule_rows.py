"""A rule of a draft as a row: its words, its hash, what is wrong with it and who works on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from underwriting.policy.compile import canonical_sha256
from underwriting.policy.drafting import rule_section
from underwriting.policy.leases import Held
from underwriting.policy.parts import one_rule
from underwriting.policy.schema import Complaint, Rule, RuleKind
from underwriting.policy.words import rule_in_words


@dataclass(frozen=True, slots=True)
class RuleRow:
    """`position`: place among the rules of its kind, from 1. `held`: the lease of whoever works on it."""

    rule: Rule
    words: str
    sha256: str
    position: int
    complaints: tuple[Complaint, ...] = ()
    held: Held | None = None

    @property
    def is_knock_out(self) -> bool:
        return self.rule.kind is RuleKind.KNOCKOUT

    @property
    def source(self) -> str:
        """`risk appetite`: where the rule comes from, within a sentence."""
        return self.rule.source.value.replace("_", " ").lower()


def rule_rows(
    document: Mapping[str, Any], complaints: Sequence[Complaint], leases: Mapping[str, Held]
) -> list[RuleRow]:
    """Every rule of a draft."""
    counted: dict[str, int] = {}
    rows = []
    for index, written in enumerate(document["rules"]):
        counted[written["kind"]] = counted.get(written["kind"], 0) + 1
        about = tuple(c for c in complaints if f"{c.place}/".startswith(f"/rules/{index}/"))
        rows.append(_row(document, written, counted[written["kind"]], about, leases))
    return rows


def rule_row(
    document: Mapping[str, Any], index: int, complaints: Sequence[Complaint], leases: Mapping[str, Held]
) -> RuleRow:
    """One rule of a draft; the others are only counted."""
    rules = document["rules"]
    position = sum(rule["kind"] == rules[index]["kind"] for rule in rules[: index + 1])
    return _row(document, rules[index], position, tuple(complaints), leases)


def _row(
    document: Mapping[str, Any],
    written: Mapping[str, Any],
    position: int,
    complaints: tuple[Complaint, ...],
    leases: Mapping[str, Held],
) -> RuleRow:
    rule = one_rule(written)
    return RuleRow(
        rule=rule,
        words=rule_in_words(rule, document["currency"]),
        sha256=canonical_sha256(written),
        position=position,
        complaints=complaints,
        held=leases.get(rule_section(rule.id)),
    )
