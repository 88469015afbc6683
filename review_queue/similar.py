"""Past cases like this one: the nearest decided ones by the facts that the model read, as examples (UX C-21)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from review_queue.models import ReviewCase
from underwriting.enums import CaseKind, CaseState, Outcome
from underwriting.facts.values import FactValue, facts_from_json
from underwriting.models import Decision

OLD_ENOUGH = timedelta(days=365)
SCORE_WINDOW_POINTS = 40
CANDIDATES_MAX = 200
SHOWN = 5
FACTS_NAMED = 2
# Of a fact that one of two has and the other has not: as far apart as a standard deviation.
ONE_SIDED = 1.0


@dataclass(frozen=True, slots=True)
class PastCase:
    """A decided application without a name. `differs` are the two facts that lie furthest apart, with its value of each."""

    outcome: Outcome
    by_person: bool
    decided_at: datetime
    score: int
    was_overturned: bool
    differs: Sequence[tuple[str, FactValue | None]]


@dataclass(frozen=True, slots=True)
class SimilarCases:
    """`found` candidates were compared; `is_capped` when there are more. `are_young`: none is older than 12 months."""

    rows: Sequence[PastCase]
    found: int
    is_capped: bool
    are_young: bool
    oldest_at: datetime | None


def similar_cases(case: ReviewCase, *, now: datetime) -> SimilarCases | None:
    """The five nearest decided applications of the product within 40 points; None where this one has no score to compare by.

    Compared are the newest 200 decided more than 12 months ago or, where the lender has none, the newest there are. An application
    that is under appeal is left out: its answer may be hidden from the reader. At most two statements.
    """
    contributions, score = case.assessment.contributions, case.assessment.score
    if contributions is None or score is None:
        return None
    old = list(_candidates(case, score).filter(decided_at__lt=now - OLD_ENOUGH)[: CANDIDATES_MAX + 1])
    found = old or list(_candidates(case, score)[: CANDIDATES_MAX + 1])
    compared = found[:CANDIDATES_MAX]
    names = list(dict.fromkeys(feature["fact"] for feature in contributions["features"]))
    own = facts_from_json(case.assessment.facts)
    others = [facts_from_json(row.assessment.facts) for row in compared]
    spread = {name: _spread(facts.get(name) for facts in (own, *others)) for name in names}
    ranked = sorted(
        ((_distance(own, facts, spread), row, facts) for row, facts in zip(compared, others, strict=True)),
        key=lambda one: (one[0], -one[1].pk),
    )
    return SimilarCases(
        rows=[_past(row, own, facts, spread) for _, row, facts in ranked[:SHOWN]],
        found=len(compared),
        is_capped=len(found) > CANDIDATES_MAX,
        are_young=bool(found) and not old,
        oldest_at=min((row.decided_at for row in compared), default=None),
    )


def _candidates(case: ReviewCase, score: int) -> QuerySet[Decision]:
    """Standing decisions of the product near the score, newest first, with the facts they rest on."""
    appeal = ReviewCase.objects.filter(
        application=OuterRef("application"),
        kind=CaseKind.APPEAL,
        state__in=[CaseState.OPEN, CaseState.DECIDED],
    )
    return (
        Decision.objects.filter(
            ~Exists(appeal),
            lender_id=case.lender_id,
            replaced_by=None,
            application__product_id=case.application.product_id,
            assessment__score__range=(score - SCORE_WINDOW_POINTS, score + SCORE_WINDOW_POINTS),
        )
        .exclude(application_id=case.application_id)
        .select_related("assessment", "replaces")
        .only(
            "outcome", "decided_by_id", "decided_at", "assessment__facts", "assessment__score", "replaces__outcome"
        )
        .order_by("-decided_at", "-pk")
    )  # fmt: skip


def _spread(values: Iterable[FactValue | None]) -> float:
    """The standard deviation of a fact's numbers; 0 where it has none to tell people apart by."""
    numbers = [number for number in map(_number, values) if number is not None]
    if len(numbers) < 2:
        return 0.0
    mean = math.fsum(numbers) / len(numbers)
    return math.sqrt(math.fsum((number - mean) ** 2 for number in numbers) / len(numbers))


def _number(fact: FactValue | None) -> float | None:
    value = None if fact is None else fact.value
    return float(value) if isinstance(value, int | float) else None


def _apart(mine: FactValue | None, other: FactValue | None, spread: float) -> float:
    """How far two values of a fact lie apart, in standard deviations; words are the same or one apart."""
    one, two = _number(mine), _number(other)
    if one is not None and two is not None:
        return abs(one - two) / spread if spread else 0.0
    return 0.0 if _same(mine, other) else ONE_SIDED


def _same(mine: FactValue | None, other: FactValue | None) -> bool:
    return (mine and mine.value) == (other and other.value)


def _distance(
    own: Mapping[str, FactValue], facts: Mapping[str, FactValue], spread: Mapping[str, float]
) -> float:
    return math.fsum(_apart(own.get(name), facts.get(name), width) ** 2 for name, width in spread.items())


def _past(
    row: Decision, own: Mapping[str, FactValue], facts: Mapping[str, FactValue], spread: Mapping[str, float]
) -> PastCase:
    apart = {name: _apart(own.get(name), facts.get(name), width) for name, width in spread.items()}
    furthest: list[Any] = sorted(
        (name for name in apart if apart[name] > 0), key=lambda name: (-apart[name], name)
    )
    return PastCase(
        outcome=Outcome(row.outcome),
        by_person=row.decided_by_id is not None,
        decided_at=row.decided_at,
        score=row.assessment.score or 0,
        was_overturned=row.replaces is not None and row.replaces.outcome != row.outcome,
        differs=[(name, facts.get(name)) for name in furthest[:FACTS_NAMED]],
    )
