"""Putting cases into people's hands, and the system's choice of a person where the lender wants that."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from review_queue.assignment import ASSIGN_MAX, choose_people, light
from review_queue.models import Handover, ReviewCase
from review_queue.queue import for_this_person
from review_queue.trail import case_entry
from review_queue.waiting import AT_WORK
from underwriting.audit.actor import SYSTEM, Actor
from underwriting.audit.record import record_entries
from underwriting.decisions.record import lock_applications
from underwriting.enums import CaseState, HandoverKind
from underwriting.models import Lender, User

# So many are looked at for somebody who is free; what they do not fit is a colleague's.
ROUND = 50


def assign_opened(case_ids: Sequence[int], *, now: datetime) -> None:
    """Give new cases to people, in the transaction that opens them; those for whom nobody has room wait for Start."""
    _choose(light(ReviewCase.objects.filter(pk__in=case_ids).order_by("due_at", "pk")), only=None, now=now)


@transaction.atomic
def fill_up(*, user: User, lender_id: int, now: datetime) -> None:
    """Give somebody who is free the most urgent cases that are nobody's, as far as they have room; nothing where the lender
    does not want that."""
    if not Lender.objects.filter(pk=lender_id, assigns_automatically=True).exists():
        return
    waiting = ReviewCase.objects.filter(
        AT_WORK, for_this_person(user.pk, now=now), lender_id=lender_id, state=CaseState.OPEN, holder=None, assigned_to=None,
    ).order_by("due_at", "pk")  # fmt: skip
    found = list(waiting.values_list("pk", flat=True)[:ROUND])
    still_free = [case for case in locked(lender_id, found) if _is_nobodys(case)]
    _choose(still_free, only=user.pk, now=now)


def _is_nobodys(case: ReviewCase) -> bool:
    return case.state == CaseState.OPEN and case.holder_id is None and case.assigned_to_id is None


def _choose(cases: Sequence[ReviewCase], *, only: int | None, now: datetime) -> None:
    if not cases:
        return
    chosen = choose_people(cases, lender_id=cases[0].lender_id, only=only)
    moves = [(case, chosen[case.pk].user) for case in cases if case.pk in chosen]
    give(moves, kind=HandoverKind.AUTOMATIC, by=None, batch=None, actor=SYSTEM, now=now)


def locked(lender_id: int, case_ids: Sequence[int]) -> list[ReviewCase]:
    """The cases under their applications' locks, as every writer takes them, read afresh."""
    ids = list(case_ids)[:ASSIGN_MAX]
    rows = ReviewCase.objects.filter(lender_id=lender_id, pk__in=ids)
    lock_applications(sorted(set(rows.values_list("application_id", flat=True))))
    return light(rows.select_for_update(of=("self",)).order_by("due_at", "pk"))


def give(
    moves: Sequence[tuple[ReviewCase, User | None]],
    *,
    kind: HandoverKind,
    by: User | None,
    batch: uuid.UUID | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Make each case this person's, or nobody's, with who gave it and an audit entry; in the caller's transaction."""
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
