"""What a version would have done to past applications, in sentences: beside the draft that is typed, and on its change request."""

from __future__ import annotations

from underwriting.effect.types import BadRate, Effect, Side
from underwriting.enums import Outcome
from underwriting.outcomes.known import WINDOW_MONTHS

DAYS = 90  # what is called recent
TOO_FEW = 30
LENT = (Outcome.APPROVE, Outcome.COUNTEROFFER)


def effect_in_words(effect: Effect) -> str:
    """`Of 12,480 past applications 214 more are approved (1.7 points), 214 fewer go to a person. Of the 214 who would newly get a
    loan, 131 have a known result after 12 months: 9 of 131 went bad (6.9%, 95% range 3.7 to 12.5).` Empty without numbers."""
    old, new, count = effect.before, effect.after, effect.application_count
    if old is None or new is None:
        return ""
    moved = [words for words in _moves(old, new, count) if words]
    if not moved:
        return f"Of {count:,} past applications as many are approved, referred and declined as now."
    return f"Of {count:,} past applications {', '.join(moved)}.{_swapped_in(effect)}"


def _moves(old: Side, new: Side, count: int) -> list[str]:
    return [
        _move(new.approval_count - old.approval_count, count, ("is", "are"), "approved"),
        _move(new.counteroffer_count - old.counteroffer_count, count, ("gets", "get"), "another offer"),
        _move(new.referral_count - old.referral_count, count, ("goes", "go"), "to a person"),
        _move(new.decline_count - old.decline_count, count, ("is", "are"), "declined"),
    ]


def _move(difference: int, count: int, verb: tuple[str, str], what: str) -> str:
    if not difference:
        return ""
    size = abs(difference)
    points = f" ({100 * size / count:.1f} points)" if count >= TOO_FEW else ""
    return f"{size:,} {'more' if difference > 0 else 'fewer'} {verb[size > 1]} {what}{points}"


def _swapped_in(effect: Effect) -> str:
    """What became of the loans of those who would newly get one; empty where there are none."""
    swaps = [swap for swap in effect.swaps if swap.before not in LENT and swap.after in LENT]
    people = sum(swap.count for swap in swaps)
    if not people:
        return ""
    known = BadRate(
        sum(swap.bad_rate.bad_count for swap in swaps), sum(swap.bad_rate.known_count for swap in swaps)
    )
    return f" Of the {people:,} who would newly get a loan, {bad_of(known)}."


def bad_of(rate: BadRate) -> str:
    """`131 have a known result after 12 months: 9 of 131 went bad (6.9%, 95% range 3.7 to 12.5)`; bare counts where they are too few to be a rate."""
    if not rate.known_count:
        return f"none has a known result after {WINDOW_MONTHS} months"
    verb = "has" if rate.known_count == 1 else "have"
    counted = (
        f"{rate.known_count:,} {verb} a known result after {WINDOW_MONTHS} months: "
        f"{rate.bad_count:,} of {rate.known_count:,} went bad"
    )
    if rate.known_count < TOO_FEW or rate.share is None or rate.interval is None:
        return counted
    low, high = rate.interval
    return f"{counted} ({100 * rate.share:.1f}%, 95% range {100 * low:.1f} to {100 * high:.1f})"
