"""Who can be given a case: the people who decide at a lender, their authority, and what they may not take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from review_queue.impartial import partiality
from review_queue.models import Conflict, ReviewCase
from review_queue.permissions import DECIDERS, authority_minor
from underwriting.enums import Role
from underwriting.models import Membership, User

AGAIN, CONFLICTED, ABOVE = (
    "decided what it looks at again",
    "has a conflict of interest",
    "may not decide this amount",
)


@dataclass(frozen=True, slots=True)
class Worker:
    """A person who decides cases at a lender, with all roles held there."""

    user: User
    roles: frozenset[Role]


def workers_of(lender_id: int) -> list[Worker]:
    """Everybody in force at the lender who decides, by name. One statement."""
    rows = Membership.objects.filter(lender_id=lender_id, user__is_active=True).select_related("user")
    roles: dict[User, set[Role]] = {}
    for row in rows:
        roles.setdefault(row.user, set()).add(Role(row.role))
    found = [Worker(user, frozenset(held)) for user, held in roles.items() if held & DECIDERS]
    return sorted(found, key=lambda worker: (worker.user.name.casefold(), worker.user.pk))


def conflicts_on(cases: Sequence[ReviewCase]) -> set[tuple[int, int]]:
    """Pairs of application and person who have a conflict of interest. One statement."""
    applications = {case.application_id for case in cases}
    rows = Conflict.objects.filter(application__in=applications)
    return {(row.application_id, row.user_id) for row in rows}


def why_not(case: ReviewCase, worker: Worker, *, conflicts: set[tuple[int, int]]) -> str:
    """Why a case is not for this person, as the end of a sentence that begins with their name; empty where it may be.

    `case` comes with its assessment's policy version and its application.
    """
    if case.not_for_id == worker.user.pk:
        return AGAIN
    if (case.application_id, worker.user.pk) in conflicts:
        return CONFLICTED
    version = case.assessment.policy_version
    limit = authority_minor(version.document if version else {}, worker.roles)
    asked = case.application.requested_amount_minor or 0
    return ABOVE if limit is not None and asked > limit else ""


def people_for(case: ReviewCase, *, but: int | None = None) -> list[Worker]:
    """Whom the case can be given to; a second look, to nobody who answered it or decided for the same people."""
    conflicts = conflicts_on([case])
    return [
        worker
        for worker in workers_of(case.lender_id)
        if worker.user.pk != but
        and not why_not(case, worker, conflicts=conflicts)
        and not partiality(case, user_id=worker.user.pk)
    ]
