"""Past cases like this one, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from frontend.charts.contributions import fact_in_words
from review_queue.models import ReviewCase
from review_queue.similar import SCORE_WINDOW_POINTS, PastCase, SimilarCases, similar_cases
from underwriting.enums import Outcome
from underwriting.facts.values import Facts, facts_from_json
from underwriting.policy.words import label

OUTCOME_WORDS = {
    Outcome.APPROVE: "Approved",
    Outcome.COUNTEROFFER: "Other terms",
    Outcome.DECLINE: "Declined",
}


@dataclass(frozen=True, slots=True)
class PastShown:
    outcome: Outcome
    outcome_words: str
    who: str
    decided_at: datetime
    score: int
    was_overturned: bool
    differs: Sequence[str]


@dataclass(frozen=True, slots=True)
class SimilarShown:
    sentence: str
    rows: Sequence[PastShown]


def similar_shown(case: ReviewCase, *, now: datetime) -> SimilarShown | None:
    """The examples with a line that says out of how many they are; None without a score to compare by."""
    found = similar_cases(case, now=now)
    if found is None:
        return None
    own, currency = facts_from_json(case.assessment.facts), case.application.currency
    zone = ZoneInfo(case.lender.time_zone)
    return SimilarShown(
        sentence=_sentence(found, case, zone), rows=[_shown(past, own, currency) for past in found.rows]
    )


def _sentence(found: SimilarCases, case: ReviewCase, zone: ZoneInfo) -> str:
    score = case.assessment.score or 0
    low, high = score - SCORE_WINDOW_POINTS, score + SCORE_WINDOW_POINTS
    if not found.rows or found.oldest_at is None:
        return f"No application of this product with a score from {low} to {high} has been decided yet."
    count = f"the {found.found} newest" if found.is_capped else f"{found.found}"
    age = "decided more than 12 months ago"
    if found.are_young:
        oldest = found.oldest_at.astimezone(zone)
        age = f"decided since {oldest.day} {oldest:%b %Y}, because none is older than 12 months"
    nearest = "The nearest one" if len(found.rows) == 1 else f"The nearest {len(found.rows)}"
    return f"{nearest} of {count} with a score from {low} to {high}, {age}. They are examples, not a rule."


def _shown(past: PastCase, own: Facts, currency: str) -> PastShown:
    return PastShown(
        outcome=past.outcome,
        outcome_words=OUTCOME_WORDS[past.outcome],
        who="a person" if past.by_person else "the system",
        decided_at=past.decided_at,
        score=past.score,
        was_overturned=past.was_overturned,
        differs=[
            f"{label(name)} {fact_in_words(name, theirs, currency)}, here {fact_in_words(name, own.get(name), currency)}"
            for name, theirs in past.differs
        ],
    )
