"""What a person's own day looks like: what came back, what they wait for, their week. Nobody else is shown these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Aggregate, DurationField, ExpressionWrapper, F, Q

from review_queue.models import HeldDecision, ReviewCase, SecondAnswer
from review_queue.waiting import CAME_BACK
from underwriting.enums import CaseState, HeldState, Outcome, ReturnReason, WaitKind
from underwriting.models import Decision

LISTED = 8
A_WEEK = timedelta(days=7)
TAKES_EFFECT = [HeldState.HELD, HeldState.RELEASED]


class Median(Aggregate):
    """The middle value, between the two in the middle where their number is even (PostgreSQL's percentile_cont)."""

    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


TIME_TO_DECIDE = ExpressionWrapper(F("decided_at") - F("case__claimed_at"), output_field=DurationField())


@dataclass(frozen=True, slots=True)
class Returned:
    """A case that came back to the person who put it aside."""

    number: int
    because: ReturnReason
    at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Disagreed:
    """A case of this person's first answer on which the second approver answered otherwise, and the words of that answer."""

    number: int
    who: str
    outcome: Outcome
    sentence: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Week:
    """A person's last seven days. `median` is from claim to decision, None without one."""

    decided: int
    median: timedelta | None
    overturned: int


def came_back_to(*, user_id: int, lender_id: int) -> list[Returned]:
    """What came back to this person and is not begun on, the most urgent first; the first eight."""
    rows = ReviewCase.objects.filter(
        CAME_BACK, lender_id=lender_id, state=CaseState.OPEN, assigned_to_id=user_id, holder=None
    ).order_by("due_at", "pk")
    found = rows.values_list("number", "came_back_because", "came_back_at", "due_at")[:LISTED]
    return [Returned(number, ReturnReason(because), at, due) for number, because, at, due in found if at]


def disagreed_with(*, user_id: int, lender_id: int) -> list[Disagreed]:
    """Where a second approver disagreed with this person and a third has not answered yet, the newest first; the first eight.

    A first answer that waits on with a second one given is one that was not agreed to. Whose it is may see the second one then
    (review_queue.blind); the second approver learns nothing from it, and who could become the third neither.
    """
    rows = SecondAnswer.objects.filter(
        held__decided_by_id=user_id, held__state=HeldState.WAITING, held__case__lender_id=lender_id
    )
    found = rows.order_by("-answered_at", "-pk").values_list(
        "held__case__number", "user__name", "outcome", "sentence", "answered_at"
    )[:LISTED]
    return [Disagreed(number, who, Outcome(outcome), words, at) for number, who, outcome, words, at in found]


def free_now(*, user_id: int, lender_id: int, now: datetime) -> list[int]:
    """Numbers of cases that this person waits for and nobody holds, the one asked for first at the top."""
    rows = ReviewCase.objects.filter(
        Q(holder=None) | Q(lease_until__lte=now), lender_id=lender_id, state=CaseState.OPEN, waits_for="", watches__user_id=user_id,
    )  # fmt: skip
    return list(rows.order_by("watches__pk").values_list("number", flat=True)[:LISTED])


def waiting_on_applicant(*, user_id: int, lender_id: int) -> tuple[int, int]:
    """How many of this person's cases wait for an applicant, and how many of those asked have answered."""
    mine = ReviewCase.objects.filter(lender_id=lender_id, state=CaseState.OPEN, assigned_to_id=user_id)
    waits = mine.filter(waits_for=WaitKind.APPLICANT).count()
    return waits, mine.filter(CAME_BACK, came_back_because=ReturnReason.ANSWERED, holder=None).count()


def week_of(*, user_id: int, lender_id: int, now: datetime) -> Week:
    """How many decisions took or will take effect, how long they took, and how many an appeal or another look changed."""
    mine = HeldDecision.objects.filter(
        decided_by_id=user_id, case__lender_id=lender_id, decided_at__gt=now - A_WEEK, state__in=TAKES_EFFECT
    )
    overturned = Decision.objects.filter(
        application__lender_id=lender_id, replaces__decided_by_id=user_id, decided_at__gt=now - A_WEEK
    ).exclude(outcome=F("replaces__outcome"))
    return Week(
        decided=mine.count(),
        median=mine.aggregate(median=Median(TIME_TO_DECIDE))["median"],
        overturned=overturned.count(),
    )
