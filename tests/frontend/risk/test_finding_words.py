"""Findings of two versions side by side: each is there, also the second of one rule, and says the same on every page."""

from __future__ import annotations

from typing import Any

from frontend.risk.backtest_trace import side_by_side
from frontend.risk.bench import finding_rows
from underwriting.enums import Outcome
from underwriting.policy.types import Finding, FindingKind, FindingResult, PolicyResult


def finding(rule_id: str, result: FindingResult = FindingResult.PASS, **values: Any) -> Finding:
    return Finding(
        rule_id, FindingKind.AFFORDABILITY, result, Outcome.APPROVE, f"{rule_id} in words.", values
    )


def result(*findings: Finding) -> PolicyResult:
    return PolicyResult(Outcome.APPROVE, None, findings, None, None, False, 640, 600, ())


LIVE = (
    finding("AFFORDABILITY", debt_service_ratio=0.31), finding("AFFORDABILITY", FindingResult.FAIL, instalment_minor=60_000),
    finding("K-01"),
)  # fmt: skip
DRAFT = (
    finding("AFFORDABILITY", debt_service_ratio=0.31), finding("AFFORDABILITY", largest_payment_minor=55_000),
    finding("R-09", bankruptcy_count="NEVER", enquiry_count_6m=None),
)  # fmt: skip


def test_a_second_finding_of_one_rule_has_a_row_of_its_own() -> None:
    rows = side_by_side(result(*LIVE), result(*DRAFT), "USD")

    assert [(row.rule_id, row.differs) for row in rows] == [
        ("AFFORDABILITY", False), ("AFFORDABILITY", True), ("R-09", True), ("K-01", True),
    ]  # fmt: skip
    second = rows[1]
    assert second.live is not None
    assert second.draft is not None
    assert (second.live.result, second.live.values) == ("FAIL", ("Instalment: $600",))
    assert second.draft.values == ("Largest payment: $550",)


def test_the_trace_and_the_bench_say_the_same() -> None:
    sides = {
        side: {"findings": [one.to_json() for one in found]}
        for side, found in (("live", LIVE), ("draft", DRAFT))
    }

    benched = finding_rows(sides, "USD")

    traced = side_by_side(result(*LIVE), result(*DRAFT), "USD")
    assert [row.rule_id for row in benched] == [row.rule_id for row in traced]
    for bench_row, trace_row in zip(benched, traced, strict=True):
        words = trace_row.draft or trace_row.live
        assert words is not None
        said = tuple(f"{name}: {value}" for name, value, _ in bench_row.seen)
        assert said[: len(words.values)] == words.values
    assert traced[2].draft is not None
    assert traced[2].draft.values == (
        "Bankruptcies: never happened",
        "Credit enquiries, 6 months: not on file",
    )
