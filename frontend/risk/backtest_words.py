"""What a backtest's pages say: the stored numbers as sentences and rows; of bad rates frontend.risk.bad_rate_words tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from frontend.risk.bad_rate_words import (
    RATE_MIN,
    Line,
    Part,
    assumption,
    bad_rates,
    counted_words,
    parts,
    rate_words,
    swaps,
)
from frontend.risk.coverage_words import coverage, covered_share, field_name, looked_at, not_covered
from frontend.risk.words import plural
from frontend.templatetags.ui import money, share
from underwriting.enums import Outcome
from underwriting.models import Backtest, PolicyVersion
from underwriting.outcomes.interval import wilson
from underwriting.outcomes.losses import BAD_LOANS_MIN, LossGivenDefault

COVERAGE_MIN = 0.95
GROUP_MIN = 50  # below, a group is too small to compare
WORDS = {
    Outcome.APPROVE: "Approve",
    Outcome.COUNTEROFFER: "Counteroffer",
    Outcome.REFER: "Review",
    Outcome.DECLINE: "Decline",
}
RULE_WORDS = {
    "CUT-OFF": "Cut-offs on the score",
    "AFFORDABILITY": "Affordability cap",
    "LIMIT": "Smallest limit",
    "SEGMENT": "Channels and purposes",
    "FALLBACK": "Fallback without a score",
    "TECHNICAL": "Technical fault",
    "COUNTEROFFER": "Whether other terms can be offered",
    "PRICE": "Price or amount",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the swap table. `query` picks its cases; empty on the diagonal."""

    count: int
    query: str
    is_same: bool


@dataclass(frozen=True, slots=True)
class SwapRow:
    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class GroupRow:
    name: str
    applications: int
    before: str
    after: str
    difference: str


@dataclass(frozen=True, slots=True)
class RuleRow:
    rule_id: str
    name: str
    better: int
    worse: int


@dataclass(frozen=True, slots=True)
class Result:
    """Everything the result page says."""

    headline: str
    is_covered: bool
    effect: str
    coverage: tuple[str, ...]
    lacking: tuple[Line, ...]
    refused: tuple[Line, ...]
    columns: tuple[str, ...]
    rows: tuple[SwapRow, ...]
    swaps: tuple[Line, ...]
    counted: str
    bad_rates: tuple[Line, ...]
    parts: tuple[Part, ...]
    assumption: str
    money: tuple[tuple[str, str, str, str], ...]
    money_note: str
    rules: tuple[RuleRow, ...]
    terms_changed: int
    segments: tuple[tuple[str, tuple[GroupRow, ...]], ...]


def result_of(backtest: Backtest, *, currency: str, names: Mapping[str, str]) -> Result:
    """The summary of a backtest that is done, in words. `names`: the rules of both documents by id."""
    s = backtest.summary or {}
    covered = covered_share(s)
    is_covered = covered >= COVERAGE_MIN
    return Result(
        headline=_effect(backtest, s, covered) if is_covered else not_covered(s, covered),
        is_covered=is_covered,
        effect="" if is_covered else _effect(backtest, s, covered),
        coverage=coverage(s),
        lacking=tuple(Line(field_name(name), f"{count:,}") for name, count in s["lacking"]),
        refused=tuple(Line(reference, why) for reference, why in s["refused"]),
        columns=tuple(WORDS[Outcome(outcome)] for outcome in s["outcomes"]),
        rows=_swap_rows(s),
        swaps=swaps(s),
        counted=counted_words(s),
        bad_rates=bad_rates(s),
        parts=parts(s["bad_rate_after"]),
        assumption=assumption(s["bad_rate_after"]),
        money=_money(s, currency),
        money_note=_money_note(s),
        rules=tuple(
            RuleRow(r["rule_id"], rule_name(r["rule_id"], names), r["better"], r["worse"]) for r in s["rules"]
        ),
        terms_changed=s["terms_changed"],
        segments=tuple((seg["name"], tuple(_group(g) for g in seg["groups"])) for seg in s["segments"]),
    )


def rule_names(*versions: PolicyVersion | Mapping[str, Any]) -> dict[str, str]:
    """Rule id -> name, from the documents given; a later one wins."""
    names: dict[str, str] = {}
    for version in versions:
        document = version.document if isinstance(version, PolicyVersion) else version
        names |= {rule["id"]: rule["name"] for rule in document.get("rules", [])}
    return names


def rule_name(rule_id: str, names: Mapping[str, str]) -> str:
    return RULE_WORDS.get(rule_id) or (f"{rule_id} {names[rule_id]}" if rule_id in names else rule_id)


def outcome_word(outcome: str) -> str:
    return WORDS[Outcome(outcome)]


def days(backtest: Backtest) -> str:
    """`1 Feb to 31 Jul 2026`"""
    since, until = backtest.since, backtest.until
    year = "" if since.year == until.year else f" {since.year}"
    return f"{since.day} {since:%b}{year} to {until.day} {until:%b} {until.year}"


def _effect(backtest: Backtest, s: Mapping[str, Any], covered: float) -> str:
    n, before, after, refused = (
        s["applications"],
        s["approved_before"],
        s["approved_after"],
        s["refused_rows"],
    )
    verb = "rise" if after > before else "fall" if after < before else "stay"
    first, second = rate_words(before, n), rate_words(after, n)
    change = f"{verb} at {first}" if before == after else f"{verb} from {first} to {second}"
    with_offers = ", counteroffers included," if Outcome.COUNTEROFFER.value in s["outcomes"] else ""
    moves = [
        f"{m['known']['applications']:,} from {WORDS[Outcome(m['before'])].lower()} to {WORDS[Outcome(m['after'])].lower()}"
        for m in s["moves"]
        if m["before"] != m["after"]
    ]
    moved = f" People who move: {', '.join(moves)}." if moves else " Nobody moves."
    weighed = (
        f"{n:,} of {looked_at(s):,} applications" if refused else plural(n, "application", "applications")
    )
    without = f", {refused:,} could not be weighed" if refused else ""
    return (
        f"On {weighed} from {days(backtest)} ({share(covered)} had every field this draft needs{without}): "
        f"approvals{with_offers} {change}.{moved}"
    )


def _swap_rows(s: Mapping[str, Any]) -> tuple[SwapRow, ...]:
    counts = {(m["before"], m["after"]): m["known"]["applications"] for m in s["moves"]}
    return tuple(
        SwapRow(
            WORDS[Outcome(before)],
            tuple(
                Cell(counts.get((before, after), 0), f"before={before}&after={after}", before == after)
                for after in s["outcomes"]
            ),
        )
        for before in s["outcomes"]
    )


def _money(s: Mapping[str, Any], currency: str) -> tuple[tuple[str, str, str, str], ...]:
    before, after = s["money_before"], s["money_after"]

    def row(name: str, key: str) -> tuple[str, str, str, str]:
        return (
            name,
            money(before[key], currency),
            money(after[key], currency),
            money(after[key] - before[key], currency),
        )

    return (
        (
            "Offers",
            f"{before['offers']:,}",
            f"{after['offers']:,}",
            f"{after['offers'] - before['offers']:+,}".replace("-", "−"),
        ),
        row("Amount offered", "amount_minor"),
        row("Expected loss", "expected_loss_minor"),
        row("Interest, if all pay", "interest_minor"),
    )


def _money_note(s: Mapping[str, Any]) -> str:
    losses = LossGivenDefault(s["losses"]["share"], s["losses"]["bad_loan_count"])
    unscored = s["money_after"]["unscored"]
    without = f" {plural(unscored, 'offer', 'offers')} without a score add no loss." if unscored else ""
    return (
        f"Expected loss: the model's probability of default at the offered terms. {loss_words(losses)} "
        f"Interest is over the whole term, of a line one year's on the limit.{without}"
    )


def loss_words(losses: LossGivenDefault) -> str:
    """What of a bad loan is lost, and whether that was measured."""
    few = f"{losses.bad_loan_count:,} of the {BAD_LOANS_MIN} bad loans with a known end that are needed to measure it"
    basis = (
        f"measured on {losses.bad_loan_count:,} bad loans with a known end"
        if losses.is_measured
        else f"assumed; {few}"
    )
    return f"A loan that goes bad loses {share(losses.share)} of its amount ({basis})."


def _group(group: Mapping[str, Any]) -> GroupRow:
    n, before, after = group["applications"], group["approved_before"], group["approved_after"]
    return GroupRow(
        group["name"],
        n,
        _approved(before, n),
        _approved(after, n),
        "Group too small" if n < GROUP_MIN else f"{100 * (after - before) / n:+.1f} points".replace("-", "−"),
    )


def _approved(count: int, total: int) -> str:
    if total < RATE_MIN:
        return f"{count:,} of {total:,}"
    interval = wilson(count, total)
    return f"{share(count / total)} ({share(interval.low).removesuffix('%')} to {share(interval.high)})"
