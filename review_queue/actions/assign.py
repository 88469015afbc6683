"""Giving cases to people: many at once by a lead, with ten seconds to take it back, and by the system where the lender wants that."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from review_queue.assignment import ASSIGN_MAX, Plan, choose_people, light, plan_for
from review_queue.models import Handover, ReviewCase
from review_queue.permissions import MayNotLead
from review_queue.queue import QueueQuery, for_this_person, matching, sorted_cases
from review_queue.trail import case_entry
from review_queue.transitions import HoldOver
from review_queue.waiting import AT_WORK
from review_queue.workers import Worker, workers_of
from underwriting.audit.actor import SYSTEM, Actor
from underwriting.audit.record import record_entries
from underwriting.decisions.record import lock_applications
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
    plan = plan_for(_locked(lender_id, case_ids), worker, now=now)
    batch = uuid.uuid4()
    moves = [(case, worker.user) for case in plan.cases]
    _give(moves, kind=HandoverKind.ASSIGNED, by=by, batch=batch, actor=actor, now=now)
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
        for case in _locked(lender_id, list(before))
        if case.state == CaseState.OPEN
        and case.holder_id is None
        and case.assigned_to_id == before[case.pk].to_user_id
    ]
    _give(moves, kind=HandoverKind.ASSIGNED, by=by, batch=None, actor=actor, now=now)
    return len(moves)


def assign_opened(cases: Sequence[ReviewCase], *, now: datetime) -> None:
    """Give new cases to people, in the transaction that opens them; those for whom nobody has room wait for Start."""
    _choose(cases, only=None, now=now)


@transaction.atomic
def fill_up(*, user: User, lender_id: int, now: datetime) -> None:
    """Give somebody who is free the most urgent cases that are nobody's yet, as far as they have room."""
    waiting = ReviewCase.objects.filter(
        AT_WORK, for_this_person(user.pk, now=now), lender_id=lender_id, state=CaseState.OPEN, holder=None, assigned_to=None,
    ).order_by("due_at", "pk")  # fmt: skip
    found = list(waiting.values_list("pk", flat=True)[:ROUND])
    _choose(_locked(lender_id, found), only=user.pk, now=now)


ROUND = 8


def _choose(cases: Sequence[ReviewCase], *, only: int | None, now: datetime) -> None:
    if not cases:
        return
    chosen = choose_people(cases, lender_id=cases[0].lender_id, only=only)
    moves = [(case, chosen[case.pk].user) for case in cases if case.pk in chosen]
    _give(moves, kind=HandoverKind.AUTOMATIC, by=None, batch=None, actor=SYSTEM, now=now)


def _worker(lender_id: int, user: User) -> Worker | None:
    return next((worker for worker in workers_of(lender_id) if worker.user == user), None)


def _locked(lender_id: int, case_ids: Sequence[int]) -> list[ReviewCase]:
    """The cases under their applications' locks, as every writer takes them, read afresh."""
    ids = list(case_ids)[:ASSIGN_MAX]
    rows = ReviewCase.objects.filter(lender_id=lender_id, pk__in=ids)
    lock_applications(sorted(set(rows.values_list("application_id", flat=True))))
    return light(rows.select_for_update(of=("self",)).order_by("due_at", "pk"))


def _give(
    moves: Sequence[tuple[ReviewCase, User | None]],
    *,
    kind: HandoverKind,
    by: User | None,
    batch: uuid.UUID | None,
    actor: Actor,
    now: datetime,
) -> None:
    names = dict(
        User.objects.filter(pk__in={case.assigned_to_id for case, _ in moves}).values_list("pk", "name")
    )
    handovers, entries = [], []
    for case, to in moves:
        before = case.assigned_to_id
        handovers.append(
            Handover(lender_id=case.lender_id, case=case, kind=kind, from_user_id=before, to_user=to, by=by, batch=batch, at=now)
        )  # fmt: skip
        entries.append(
            case_entry(
                case, "case.assigned", actor=actor, now=now, before={"holder": names.get(before or 0)},
                after={"holder": to.name if to else None},
            )
        )  # fmt: skip
        case.assigned_to = to
    ReviewCase.objects.bulk_update([case for case, _ in moves], ["assigned_to"])
    Handover.objects.bulk_create(handovers)
    record_entries(entries)
