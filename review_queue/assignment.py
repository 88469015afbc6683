"""Who gets which case: the plan for giving many to one person, and the choice of a person for a new one.

A plan decides nothing about a case but whose work it is. No function here, or anywhere, decides several cases at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from review_queue.models import ReviewCase, Skill, Skip
from review_queue.workers import Worker, conflicts_on, why_not, workers_of
from underwriting.enums import CaseState, SkillKind
from underwriting.models import PolicyVersion

ASSIGN_MAX = 500
# Who has so many cases of their own is not given more by the system.
LOAD_MAX = 8
HELD, THEIRS, CLOSED = "held by somebody", "theirs already", "decided or closed meanwhile"
SECOND = "waiting for a second approver, who is chosen for one case at a time"


@dataclass(frozen=True, slots=True)
class Plan:
    """What giving cases to somebody would do: those that go, and how many stay, by why."""

    cases: Sequence[ReviewCase]
    left_out: Sequence[tuple[str, int]]


def plan_for(cases: Sequence[ReviewCase], to: Worker, *, now: datetime) -> Plan:
    """Which of the cases can be given to a person. Two statements, however many cases."""
    conflicts = conflicts_on(cases)
    going, staying = [], Counter[str]()
    for case in cases:
        because = _stays(case, to, conflicts=conflicts, now=now)
        if because:
            staying[because] += 1
        else:
            going.append(case)
    return Plan(cases=going, left_out=sorted(staying.items()))


def light(cases: QuerySet[ReviewCase]) -> list[ReviewCase]:
    """Cases with what a plan asks about them, without their facts and findings; each policy's document is read once."""
    rows = list(
        cases.select_related("application__product", "assessment").only(
            "pk", "number", "lender_id", "application_id", "state", "not_for_id", "holder_id", "lease_until", "assigned_to_id", "waits_for",
            "awaited_answer", "due_at", "kind", "application__requested_amount_minor", "application__product__code", "application__language",
            "assessment__policy_version_id",
        )
    )  # fmt: skip
    versions = PolicyVersion.objects.in_bulk(
        {row.assessment.policy_version_id for row in rows if row.assessment.policy_version_id}
    )
    for row in rows:
        row.assessment.policy_version = versions.get(row.assessment.policy_version_id or 0)
    return rows


def _stays(case: ReviewCase, to: Worker, *, conflicts: set[tuple[int, int]], now: datetime) -> str:
    is_held = case.holder_id is not None and case.lease_until is not None and case.lease_until > now
    if case.state != CaseState.OPEN:
        return CLOSED
    if is_held:
        return HELD
    if case.awaited_answer > 1:
        return SECOND
    if case.assigned_to_id == to.user.pk:
        return THEIRS
    return why_not(case, to, conflicts=conflicts)


def choose_people(
    cases: Sequence[ReviewCase], *, lender_id: int, only: int | None = None
) -> dict[int, Worker]:
    """For each case key the person it goes to: who knows its product and language, may decide it, has no conflict, never skipped
    it, and has the fewest cases of their own; of equals the first by name. Left out where nobody fits or has room.

    Five statements, however many cases. `only`: nobody but this person is chosen.
    """
    workers = [worker for worker in workers_of(lender_id) if only in {None, worker.user.pk}]
    skills, load = _skills(lender_id), _load(lender_id)
    conflicts = conflicts_on(cases)
    skipped = set(Skip.objects.filter(case__in=cases).values_list("case_id", "user_id"))
    chosen: dict[int, Worker] = {}
    for case in cases:
        fitting = [
            worker
            for worker in workers
            if load[worker.user.pk] < LOAD_MAX
            and (case.pk, worker.user.pk) not in skipped
            and _knows(case, skills.get(worker.user.pk, {}))
            and not why_not(case, worker, conflicts=conflicts)
        ]
        if fitting:
            best = min(fitting, key=lambda worker: load[worker.user.pk])
            load[best.user.pk] += 1
            chosen[case.pk] = best
    return chosen


def _knows(case: ReviewCase, skills: Mapping[str, set[str]]) -> bool:
    products, languages = skills.get(SkillKind.PRODUCT, set()), skills.get(SkillKind.LANGUAGE, set())
    application = case.application
    return (not products or application.product.code in products) and (
        not languages or application.language in languages
    )


def _skills(lender_id: int) -> dict[int, dict[str, set[str]]]:
    found: dict[int, dict[str, set[str]]] = {}
    for row in Skill.objects.filter(lender_id=lender_id):
        found.setdefault(row.user_id, {}).setdefault(row.kind, set()).add(row.value)
    return found


def _load(lender_id: int) -> Counter[int]:
    """Open cases of each person's own that are at work: held, or given to them."""
    rows: Iterable[tuple[int | None, int | None, int]] = (
        ReviewCase.objects.filter(lender_id=lender_id, state=CaseState.OPEN, waits_for="")
        .exclude(holder=None, assigned_to=None)
        .values_list("holder_id", "assigned_to_id")
        .annotate(count=Count("pk"))
    )
    load = Counter[int]()
    for holder, assigned, count in rows:
        load[holder or assigned or 0] += count
    return load
