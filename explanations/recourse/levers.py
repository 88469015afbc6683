"""The levers, in the order of how much they ask of a person. Pure.

Three things are in an applicant's own hands: the balances of cards and lines, what is past due, and what is asked for. Age of
file, enquiries, late payments and income are not, or not soon, and nobody is told to change them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from underwriting.facts.values import Facts, FactScalar, FactValue

CARD_SHARES = (0.5, 0.3, 0.1)  # no suggestion asks for cards below a tenth of their limits
SMALLEST_PART = 2  # nor for less than a half of the amount asked for
SHORT_TERM_MONTHS = 36
AMOUNT_STEP_MINOR = 10_000


@dataclass(frozen=True, slots=True)
class Change:
    """One fact as it is and as it would be, in the catalogue's unit."""

    fact: str
    before: FactScalar
    after: FactScalar


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Changes made together. `card_share`, `clears_past_due`, `amount_minor` and `term_months` say the same in a few words.

    `facts` are the changed ones; what is derived from them is the caller's to work out.
    """

    changes: tuple[Change, ...]
    facts: Facts
    card_share: float | None = None
    clears_past_due: bool = False
    amount_minor: int | None = None
    term_months: int | None = None


def suggestions(facts: Facts) -> Iterator[Suggestion]:
    """Every suggestion that applies to these facts, least effort first.

    Asking for less stands only beside something else: terms that are approved as things are would have been offered.
    """
    alone = [*_of_the_file(facts)]
    yield from alone
    less = _less(facts)
    if less:
        for one in alone:
            yield _joined(facts, one, less)


def _of_the_file(facts: Facts) -> Iterator[Suggestion]:
    past_due = _past_due(facts)
    if past_due:
        yield _made(facts, past_due, clears_past_due=True)
    for share in CARD_SHARES:
        cards = _cards(facts, share)
        if not cards:
            continue
        yield _made(facts, cards, card_share=share)
        if past_due:
            yield _made(facts, {**cards, **past_due}, card_share=share, clears_past_due=True)


def _cards(facts: Facts, share: float) -> dict[str, FactScalar]:
    """Each card and line paid down to this share of its limit: balances fall in step, and none is nearly used up any more."""
    used = _number(facts, "revolving_utilisation_ratio")
    if used is None or used <= share:
        return {}
    changed: dict[str, FactScalar] = {"revolving_utilisation_ratio": share}
    balance = _number(facts, "revolving_balance")
    if balance:
        changed["revolving_balance"] = round(balance * share / used)
    if _number(facts, "high_utilisation_account_count"):
        changed["high_utilisation_account_count"] = 0
    return changed


def _past_due(facts: Facts) -> dict[str, FactScalar]:
    names = ("past_due_account_count", "past_due_amount")
    return {name: 0 for name in names if _number(facts, name)}


def _less(facts: Facts) -> dict[str, FactScalar]:
    """Half the amount, rounded up to whole hundreds, over the shorter term; nothing for a line, which asks for no amount."""
    amount, months = _number(facts, "requested_amount"), _number(facts, "requested_term_months")
    if not amount or not months:
        return {}
    steps = -(-int(amount) // (SMALLEST_PART * AMOUNT_STEP_MINOR))
    changed: dict[str, FactScalar] = {}
    if steps * AMOUNT_STEP_MINOR < amount:
        changed["requested_amount"] = steps * AMOUNT_STEP_MINOR
    if months > SHORT_TERM_MONTHS:
        changed["requested_term_months"] = SHORT_TERM_MONTHS
    return changed


def _joined(facts: Facts, one: Suggestion, less: Mapping[str, FactScalar]) -> Suggestion:
    changed = {change.fact: change.after for change in one.changes} | dict(less)
    amount, months = facts["requested_amount"].value, facts["requested_term_months"].value
    return _made(
        facts,
        changed,
        card_share=one.card_share,
        clears_past_due=one.clears_past_due,
        amount_minor=int(less.get("requested_amount", amount) or 0),
        term_months=int(less.get("requested_term_months", months) or 0),
    )


def _made(
    facts: Facts,
    changed: Mapping[str, FactScalar],
    *,
    card_share: float | None = None,
    clears_past_due: bool = False,
    amount_minor: int | None = None,
    term_months: int | None = None,
) -> Suggestion:
    changes = tuple(Change(name, _value(facts[name]), after) for name, after in changed.items())
    return Suggestion(
        changes=changes,
        facts={**facts, **{name: replace(facts[name], value=after) for name, after in changed.items()}},
        card_share=card_share,
        clears_past_due=clears_past_due,
        amount_minor=amount_minor,
        term_months=term_months,
    )


def _value(fact: FactValue) -> FactScalar:
    if fact.value is None:
        raise ValueError("a fact that is not on file cannot be changed")
    return fact.value


def _number(facts: Facts, name: str) -> float | None:
    fact = facts.get(name)
    return None if fact is None or fact.value is None or isinstance(fact.value, str) else float(fact.value)
