"""What a backtest's pages say: the stored numbers as sentences and rows. A rate has its n and its range, and few have no rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from frontend.risk.coverage_words import coverage, covered_share, field_name, looked_at, not_covered
from frontend.risk.words import plural
from frontend.templatetags.ui import money, share
from underwriting.enums import Outcome
from underwriting.models import Backtest, PolicyVersion
from underwriting.outcomes.interval import wilson
from underwriting.outcomes.losses import BAD_LOANS_MIN, LossGivenDefault

COVERAGE_MIN = 0.95
SETTLED_SHARE_MIN = 0.9
RATE_MIN = 30  # below, counts only
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
class Line:
    """A name with what is said of it."""

    name: str
    text: str


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
class Part:
    """One part of the people approved: how many, how many of them bad and what rate, as far as anybody can say."""

    name: str
    people: int
    rate: str


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
    unsettled: str
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
        swaps=_swaps(s),
        unsettled=_unsettled(s),
        bad_rates=_bad_rates(s),
        parts=_parts(s["bad_rate_after"]),
        assumption=_assumption(s["bad_rate_after"]),
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


def rate_words(count: int, total: int) -> str:
    """`54.2%`, or `3 of 11` where they are too few to be a rate."""
    return share(count / total) if total >= RATE_MIN else f"{count:,} of {total:,}"


def range_words(low: float, high: float) -> str:
    return f"95% range {share(low).removesuffix('%')} to {share(high)}"


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


def known_words(known: Mapping[str, Any]) -> str:
    """`known result for 131. Bad 9 of 131 (6.9%, 95% range 3.7 to 12.5%)`"""
    settled, bad = known["settled"], known["bad"]
    if not settled:
        return "no known result."
    rate = (
        f" ({share(bad / settled)}, {range_words(known['low'], known['high'])})"
        if settled >= RATE_MIN
        else ""
    )
    return f"known result for {settled:,}. Bad {bad:,} of {settled:,}{rate}."


def _swaps(s: Mapping[str, Any]) -> tuple[Line, ...]:
    return tuple(
        Line(f"{name} ({s[key]['applications']:,})", known_words(s[key]))
        for name, key in (
            ("Swap-ins", "swap_ins"),
            ("Swap-outs", "swap_outs"),
            ("Approved by the version in force", "live_approvals"),
        )
    )


def _unsettled(s: Mapping[str, Any]) -> str:
    if not s["lent"]:
        return "No loan of this period is known to have been made, so nothing is known of results."
    if s["settled"] >= SETTLED_SHARE_MIN * s["lent"]:
        return ""
    return (
        f"{s['settled']:,} of {plural(s['lent'], 'loan', 'loans')} are settled. Of young loans those that went bad are settled first, "
        "so rates of the settled ones are too high."
    )


def _bad_rates(s: Mapping[str, Any]) -> tuple[Line, ...]:
    return tuple(
        Line(name, _bad_rate(s[key]))
        for name, key in (
            ("Under the draft", "bad_rate_after"),
            ("Under the version in force", "bad_rate_before"),
        )
    )


def _bad_rate(rate: Mapping[str, Any]) -> str:
    if rate["rate"] is None:
        return f"nothing can be said of {plural(rate['approved'], 'person', 'people')} approved."
    if rate["approved"] < RATE_MIN:
        return f"{plural(rate['approved'], 'person', 'people')} approved: too few for a rate."
    return (
        f"{share(rate['rate'])} of {rate['approved']:,} approved go bad; for people like them {range_words(rate['low'], rate['high'])}. "
        f"Of these {rate['approved']:,} themselves {share(rate['best'])} to {share(rate['worst'])} do, whatever one assumes."
    )


def _parts(rate: Mapping[str, Any]) -> tuple[Part, ...]:
    inferred = rate["turned_down"] + rate["not_settled"]
    share_of = (
        "Not inferred"
        if rate["inferred_rate"] is None or inferred < RATE_MIN
        else share(rate["inferred_rate"])
    )
    return (
        Part(
            "Known: lent to, and settled",
            rate["known"],
            f"{rate['known_bad']:,} bad"
            + (f" ({share(rate['known_bad'] / rate['known'])})" if rate["known"] >= RATE_MIN else ""),
        ),
        Part(
            "Inferred: nobody lent to them",
            rate["turned_down"],
            share_of if rate["turned_down"] else "Nobody",
        ),
        Part(
            "Inferred: lent to, not settled yet",
            rate["not_settled"],
            share_of if rate["not_settled"] else "Nobody",
        ),
        Part(
            "Cannot be known: no score, or nobody comparable",
            rate["unknowable"],
            "Between none and all of them" if rate["unknowable"] else "Nobody",
        ),
    )


def _assumption(rate: Mapping[str, Any]) -> str:
    if not rate["calibrated_on"]:
        return (
            "Too few loans are settled to infer anything: at least 200, of which 20 went bad and 20 did not. "
            "Import what became of past loans."
        )
    return (
        f"The model's probabilities are set right, by score band, on {rate['calibrated_on']:,} settled loans. Nobody lent to the people who were turned down: "
        f"their odds of going bad are assumed to be {rate['odds_low']:g} to {rate['odds_high']:g} times those of people of the same score whom "
        f"we lent to, {rate['odds_middle']:g} times for the single figure. A loan not settled yet has been paid so far: at most the odds of its score. "
        "The range holds all of this."
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
