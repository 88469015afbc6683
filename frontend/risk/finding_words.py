"""The findings of two versions about one application: which belong together, and what each of them saw in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from underwriting.facts.values import Absence
from underwriting.policy.words import label, money_in_words, value_in_words

T = TypeVar("T")
ABSENT_WORDS = {
    Absence.UNKNOWN: "not on file",
    Absence.NOT_ASKED: "not asked",
    Absence.NEVER: "never happened",
}
# what findings saw beside facts of the catalogue
SEEN_WORDS = {
    "score": "Score",
    "channel": "Channel",
    "tier": "Price tier",
    "bound": "Bound by",
    "instalment_minor": "Instalment",
    "largest_payment_minor": "Largest payment",
    "limit_minor": "Limit",
}


def matched(
    live: Iterable[T], draft: Iterable[T], rule_of: Callable[[T], str]
) -> list[tuple[str, T | None, T | None]]:
    """Rule id with what each version found, in the order of the draft; what only the version in force has comes last.

    Matched by rule, and by place among the findings of that rule: the caps have several.
    """
    left, right = _by_rule(live, rule_of), _by_rule(draft, rule_of)
    keys = [*right, *(key for key in left if key not in right)]
    return [(key[0], left.get(key), right.get(key)) for key in keys]


def _by_rule(findings: Iterable[T], rule_of: Callable[[T], str]) -> dict[tuple[str, int], T]:
    count: Counter[str] = Counter()
    found = {}
    for finding in findings:
        rule_id = rule_of(finding)
        found[rule_id, count[rule_id]] = finding
        count[rule_id] += 1
    return found


def seen_name(name: str) -> str:
    """What a finding looked at."""
    return SEEN_WORDS.get(name) or label(name)


def seen_value(name: str, value: Any, currency: str) -> str:
    """What it saw there, with its unit; why there is nothing where there is nothing."""
    if isinstance(value, str) and value in set(Absence):
        return ABSENT_WORDS[Absence(value)]
    if value is None:
        return ABSENT_WORDS[Absence.UNKNOWN]
    return (
        money_in_words(int(value), currency)
        if name.endswith("_minor")
        else value_in_words(name, value, currency)
    )
