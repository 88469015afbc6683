"""A suggestion in words, in the applicant's language. Pure."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from explanations.reason_codes.wording import money, percent
from explanations.recourse.levers import Suggestion
from underwriting.facts.catalogue import catalogue

KIND = "FACTS"
WORDING_PATH = Path(__file__).with_name("wording.yaml")


def suggestion_line(suggestion: Suggestion, *, currency: str, language: str) -> dict[str, Any]:
    """The line as an assessment keeps it: what changes, from what to what, and the sentence.

    Raises KeyError for a language without wording.
    """
    return {
        "kind": KIND,
        "changes": [
            {
                "fact": change.fact,
                "from": change.before,
                "to": change.after,
                "unit": catalogue()[change.fact].unit.value,
            }
            for change in suggestion.changes
        ],
        "sentence": _sentence(suggestion, currency=currency, language=language),
    }


def _sentence(suggestion: Suggestion, *, currency: str, language: str) -> str:
    words = _wording()[language]
    parts = []
    if suggestion.card_share is not None:
        parts.append(words["cards"].format(share=percent(suggestion.card_share, language)))
    if suggestion.clears_past_due:
        parts.append(words["past_due"])
    if suggestion.amount_minor is not None:
        amount = money(suggestion.amount_minor, currency, language)
        parts.append(words["less"].format(amount=amount, months=suggestion.term_months))
    return words["if"].format(changes=words["and"].join(parts))


@cache
def _wording() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = yaml.safe_load(WORDING_PATH.read_text(encoding="utf-8"))
    return found
