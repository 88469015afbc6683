"""Two traces of one application side by side: each finding of either version once, in words."""

from __future__ import annotations

from dataclasses import dataclass

from frontend.risk.finding_words import matched, seen_name, seen_value
from underwriting.policy.types import Finding, PolicyResult


@dataclass(frozen=True, slots=True)
class FindingWords:
    """One finding as a cell: its result, its sentence, and what it saw."""

    result: str
    sentence: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TraceRow:
    """A finding under both versions; None where a version has no such rule."""

    rule_id: str
    live: FindingWords | None
    draft: FindingWords | None

    @property
    def differs(self) -> bool:
        return self.live != self.draft


def side_by_side(live: PolicyResult, draft: PolicyResult, currency: str) -> list[TraceRow]:
    """In the draft's order; what only the version in force has comes last."""
    pairs = matched(live.findings, draft.findings, lambda finding: finding.rule_id)
    return [
        TraceRow(rule_id, _words(left, currency), _words(right, currency)) for rule_id, left, right in pairs
    ]


def _words(finding: Finding | None, currency: str) -> FindingWords | None:
    if finding is None:
        return None
    values = tuple(
        f"{seen_name(name)}: {seen_value(name, value, currency)}" for name, value in finding.values.items()
    )
    return FindingWords(finding.result.value, finding.sentence, values)
