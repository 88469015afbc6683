"""Bad rates in words: over what they are counted, with n and range, what is inferred, and why where nothing is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from frontend.risk.words import plural
from frontend.templatetags.ui import share
from underwriting.outcomes.known import BAD_DAYS_LATE, TOLD_WITHIN_DAYS, WINDOW_MONTHS

RATE_MIN = 30  # below, counts only
WINDOW = f"Bad is {BAD_DAYS_LATE} days late or charged off within {WINDOW_MONTHS} months of applying."
MADE = "accepted, told of by servicing, or approved in a past of which only ends are told"
ENOUGH = "at least 200, of which 20 went bad and 20 did not"
# by scoring.simulation.calibration.Why
WHY_NOT = {
    "FEW": f"Too few loans are counted: it takes {ENOUGH}. Import what became of past loans.",
    "YOUNG": (
        f"Too few loans are old enough: it takes {ENOUGH}, whose {WINDOW_MONTHS} months have been over for {TOLD_WITHIN_DAYS} days. What "
        "young loans did so far says too little of what they will do. Choose a period further back, or wait."
    ),
    "SILENT": (
        "Of more than one in twenty loans that are old enough servicing did not tell how they stood, and those of which it told are not "
        "like the rest. Import their payments."
    ),
    "NO_LINE": (
        "The model's probabilities could not be set right on the counted loans: no line through score and results was found."
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A name with what is said of it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the people approved: how many, how many of them bad and what rate, as far as anybody can say."""

    name: str
    people: int
    rate: str


def rate_words(count: int, total: int) -> str:
    """`54.2%`, or `3 of 11` where they are too few to be a rate."""
    return share(count / total) if total >= RATE_MIN else f"{count:,} of {total:,}"


def range_words(low: float, high: float) -> str:
    return f"95% range {share(low).removesuffix('%')} to {share(high)}"


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


def swaps(s: Mapping[str, Any]) -> tuple[Line, ...]:
    return tuple(
        Line(f"{name} ({s[key]['applications']:,})", known_words(s[key]))
        for name, key in (
            ("Swap-ins", "swap_ins"),
            ("Swap-outs", "swap_outs"),
            ("Approved by the version in force", "live_approvals"),
        )
    )


def counted_words(s: Mapping[str, Any]) -> str:
    """What a bad rate is counted over, and how many loans are in it."""
    if not s["lent"]:
        return "No loan of this period is known to have been made, so nothing is known of results."
    young, silent = s["lent"] - s["old_enough"], s["old_enough"] - s["settled"]
    counted = (
        f"Of {plural(s['lent'], 'loan', 'loans')} of this period ({MADE}) {s['settled']:,} {_is(s['settled'])} counted: their {WINDOW_MONTHS} "
        f"months have been over for {TOLD_WITHIN_DAYS} days or longer, and servicing told how they stood."
    )
    said = [WINDOW, counted]
    if young:
        said.append(
            f"{young:,} {_is(young)} too young and not counted, bad or not: of young loans the bad ones show first."
        )
    if silent:
        said.append(
            f"{silent:,} {_is(silent)} old enough, but servicing told neither of a pay-off nor of anything after the {WINDOW_MONTHS} "
            "months, and silence is not taken for paid."
        )
    return " ".join(said)


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def bad_rates(s: Mapping[str, Any]) -> tuple[Line, ...]:
    return tuple(
        Line(name, _bad_rate(s[key]))
        for name, key in (
            ("Under the draft", "bad_rate_after"),
            ("Under the version in force", "bad_rate_before"),
        )
    )


def _bad_rate(rate: Mapping[str, Any]) -> str:
    if not rate["approved"]:
        return "nobody is approved."
    if rate["approved"] < RATE_MIN:
        return f"{plural(rate['approved'], 'person', 'people')} approved: too few for a rate."
    themselves = f"{share(rate['best'])} to {share(rate['worst'])}"
    if rate["rate"] is None:
        return f"no rate, only bounds: of {rate['approved']:,} approved {themselves} go bad within {WINDOW_MONTHS} months, whatever one assumes."
    return (
        f"{share(rate['rate'])} of {rate['approved']:,} approved go bad within {WINDOW_MONTHS} months; for people like them {range_words(rate['low'], rate['high'])}. "
        f"Of these {rate['approved']:,} themselves {themselves} do, whatever one assumes."
    )


def parts(rate: Mapping[str, Any]) -> tuple[Part, ...]:
    """What the figure rests on: known, inferred, unknowable."""
    inferred = rate["turned_down"] + rate["young"]
    is_few = rate["inferred_rate"] is None or inferred < RATE_MIN
    share_of = "Not inferred" if is_few else share(rate["inferred_rate"])
    known_share = f" ({share(rate['known_bad'] / rate['known'])})" if rate["known"] >= RATE_MIN else ""
    return (
        Part(
            f"Known: lent to, {WINDOW_MONTHS} months over and told of",
            rate["known"],
            f"{rate['known_bad']:,} bad{known_share}",
        ),
        Part(
            "Inferred: nobody lent to them",
            rate["turned_down"],
            share_of if rate["turned_down"] else "Nobody",
        ),
        Part("Inferred: lent to, too young", rate["young"], share_of if rate["young"] else "Nobody"),
        Part(
            "Cannot be known: no score, nobody comparable, or nothing told",
            rate["unknowable"],
            "Between none and all of them" if rate["unknowable"] else "Nobody",
        ),
    )


def assumption(rate: Mapping[str, Any]) -> str:
    """What the inferred part is inferred from, or why nothing is."""
    if rate["why_not"]:
        return f"Nothing is inferred of people without a known result. {WHY_NOT[rate['why_not']]}"
    return (
        f"The model's probabilities are set right, by score band, on {rate['calibrated_on']:,} loans that are counted. Nobody lent to the "
        f"people who were turned down: their odds of going bad are assumed to be {rate['odds_low']:g} to {rate['odds_high']:g} times those "
        f"of people of the same score whom we lent to, {rate['odds_middle']:g} times for the single figure. Loans that are too young are "
        f"assumed to go bad as counted ones of their score did, give or take a fifth of the odds, whatever they did so far. "
        "The range holds all of this."
    )
