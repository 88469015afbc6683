"""Giving many cases to one person: by a lead, with ten seconds to take it back."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from review_queue.assignment import ASSIGN_MAX, Plan, light, plan_for
from review_queue.giving import give, locked
from review_queue.models import Handover, ReviewCase
from review_queue.permissions import MayNotLead
from review_queue.queue import QueueQuery, matching, sorted_cases
from review_queue.transitions import HoldOver
from review_queue.workers import Worker, workers_of
from underwriting.audit.actor import Actor
from underwriting.enums import CaseState, HandoverKind, Role
from underwriting.models import User

UNDO = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Assigned:
    """What was given: `batch` takes it back."""

    batch: uuid.UUID
    plan: Plan


def cases_of(query: QueueQuery, *, now: datetime) -> list[int]:
    """The keys of all cases that match, in the view's order, up to the most that are given at once."""
    found = sorted_cases(matching(query, now=now), query.sort)
    return list(found.values_list("pk", flat=True)[:ASSIGN_MAX])


def preview(*, lender_id: int, case_ids: Sequence[int], to: User, now: datetime) -> Plan | None:
    """What `assign_cases` would do at this moment; None where the person decides nothing at this lender."""
    worker = _worker(lender_id, to)
    if worker is None:
        return None
    rows = ReviewCase.objects.filter(lender_id=lender_id, pk__in=case_ids[:ASSIGN_MAX]).order_by("pk")
    return plan_for(light(rows), worker, now=now)


@transaction.atomic
def assign_cases(
    *,
    lender_id: int,
    case_ids: Sequence[int],
    to: User,
    by: User,
    roles: Collection[Role],
    actor: Actor,
    now: datetime,
) -> Assigned | None:
    """Give each case that can be theirs to a person; those held by somebody stay where they are.

    None where the person decides nothing at this lender. Raises MayNotLead.
    """
    if Role.TEAM_LEAD not in roles:
        raise MayNotLead("a team lead gives cases to people")
    worker = _worker(lender_id, to)
    if worker is None:
        return None
    plan = plan_for(locked(lender_id, case_ids), worker, now=now)
    batch = uuid.uuid4()
    moves = [(case, worker.user) for case in plan.cases]
    give(moves, kind=HandoverKind.ASSIGNED, by=by, batch=batch, actor=actor, now=now)
    return Assigned(batch=batch, plan=plan)


@transaction.atomic
def undo_assignment(*, lender_id: int, batch: uuid.UUID, by: User, actor: Actor, now: datetime) -> int:
    """Give what this person assigned back to whose it was, as far as nobody has begun on it. Returns how many.

    Raises HoldOver after ten seconds, and for somebody else's batch.
    """
    rows = Handover.objects.filter(lender_id=lender_id, batch=batch, by=by, at__gt=now - UNDO)
    before = {row.case_id: row for row in rows.select_related("from_user")}
    if not before:
        raise HoldOver("the time to take it back is over")
    moves = [
        (case, before[case.pk].from_user)
        for case in locked(lender_id, list(before))
        if case.state == CaseState.OPEN
        and case.holder_id is None
        and case.assigned_to_id == before[case.pk].to_user_id
    ]
    give(moves, kind=HandoverKind.ASSIGNED, by=by, batch=None, actor=actor, now=now)
    return len(moves)


def _worker(lender_id: int, user: User) -> Worker | None:
    return next((worker for worker in workers_of(lender_id) if worker.user == user), None)
