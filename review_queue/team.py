"""The team's work as its lead sees it: what presses, who has what, why cases were passed by, how long deciding takes.

People stand in the order of their names, and nothing ranks them: who is measured by speed signs without reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from review_queue.mine import TAKES_EFFECT, TIME_TO_DECIDE, Median
from review_queue.models import HeldDecision, ReviewCase, Skip
from review_queue.waiting import AT_WORK
from review_queue.workers import workers_of
from underwriting.enums import CaseKind, CaseState, SkipReason, WaitKind
from underwriting.models import User

AT_RISK = timedelta(hours=1)
LOOKED_BACK = timedelta(days=28)
LISTED = 25
SKIPS_TO_SHOW = 2
# Reviews this quick may not count as a look of a person at all.
QUICK = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Pressing:
    """A case that needs a lead: it is late, due within an hour, or was passed by twice."""

    number: int
    due_at: datetime
    whose: str
    skips: int
    why: str


@dataclass(frozen=True, slots=True)
class Share:
    """What one person has. `waiting` are theirs and wait for an applicant or a day; `decided` took effect in seven days."""

    user: User
    held: int
    given: int
    waiting: int
    decided: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How long deciding takes, from claim to decision, by kind of case; and how many were quick, of how many."""

    medians: Sequence[tuple[CaseKind, timedelta, int]]
    quick: int
    decided: int


def pressing(*, lender_id: int, now: datetime) -> list[Pressing]:
    """Late and at-risk cases and those passed by twice, the most urgent first; the first 25. One statement."""
    cases = ReviewCase.objects.filter(AT_WORK, lender_id=lender_id, state=CaseState.OPEN)
    rows = (
        cases.annotate(skip_count=Count("skips"))
        .filter(Q(due_at__lt=now + AT_RISK) | Q(skip_count__gte=SKIPS_TO_SHOW))
        .order_by("due_at", "pk")
        .values_list(
            "number", "due_at", "holder__name", "lease_until", "assigned_to__name", "skip_count", "why"
        )
    )
    return [
        Pressing(
            number=number,
            due_at=due,
            whose=(holder if lease is not None and lease > now else None) or assigned or "",
            skips=skips,
            why=why[0] if why else "No reason was given",
        )
        for number, due, holder, lease, assigned, skips, why in rows[:LISTED]
    ]


def shares(*, lender_id: int, now: datetime) -> list[Share]:
    """What each person who decides here has, by name. Four statements."""
    cases = ReviewCase.objects.filter(lender_id=lender_id, state=CaseState.OPEN)
    held = _by_person(cases.filter(lease_until__gt=now), "holder")
    given = _by_person(cases.filter(AT_WORK, Q(holder=None) | Q(lease_until__lte=now)), "assigned_to")
    waiting = _by_person(cases.filter(waits_for__in=[*WaitKind]), "assigned_to")
    decided = dict(
        HeldDecision.objects.filter(
            case__lender_id=lender_id, decided_at__gt=now - timedelta(days=7), state__in=TAKES_EFFECT
        )
        .values_list("decided_by")
        .annotate(count=Count("pk"))
    )
    return [
        Share(
            user=worker.user,
            held=held.get(worker.user.pk, 0),
            given=given.get(worker.user.pk, 0),
            waiting=waiting.get(worker.user.pk, 0),
            decided=decided.get(worker.user.pk, 0),
        )
        for worker in workers_of(lender_id)
    ]


def skip_reasons(*, lender_id: int, now: datetime) -> list[tuple[SkipReason, int]]:
    """How often each reason was given in 28 days, the most frequent first."""
    rows = (
        Skip.objects.filter(lender_id=lender_id, skipped_at__gt=now - LOOKED_BACK)
        .values_list("reason")
        .annotate(count=Count("pk"))
        .order_by("-count", "reason")
    )
    return [(SkipReason(reason), count) for reason, count in rows]


def pace(*, lender_id: int, now: datetime) -> Pace:
    """Medians by kind and the share of quick decisions, of the last 28 days; of the whole team, never of one person."""
    made = HeldDecision.objects.filter(
        case__lender_id=lender_id, decided_at__gt=now - LOOKED_BACK, state__in=TAKES_EFFECT, case__claimed_at__isnull=False
    )  # fmt: skip
    rows = (
        made.values_list("case__kind")
        .annotate(median=Median(TIME_TO_DECIDE), count=Count("pk"))
        .order_by("case__kind")
    )
    quick = made.annotate(taken=TIME_TO_DECIDE).filter(taken__lt=QUICK).count()
    medians = [(CaseKind(kind), median, count) for kind, median, count in rows]
    return Pace(medians=medians, quick=quick, decided=sum(count for _, _, count in medians))


def _by_person(cases: object, whose: str) -> dict[int, int]:
    rows = cases.exclude(**{whose: None}).values_list(whose).annotate(count=Count("pk")).order_by()  # type: ignore[attr-defined]
    return dict(rows)
