"""Whether a lender has the people that its policies ask for: a second approver for whatever one person may not decide alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from review_queue.authority import (
    MayNotConfirm,
    Need,
    Stakes,
    confirming_role,
    require_confirmer,
    second_look_needs,
)
from review_queue.permissions import AuthorityExceeded
from review_queue.workers import workers_of
from underwriting.enums import OverrideSide, Role
from underwriting.policy.selectors import versions_in_force

Roles = Collection[Role]


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """What of a policy's demands nobody of the lender could be the second approver of."""

    policy_name: str
    needs: tuple[Need, ...]


def unconfirmed(*, lender_id: int, now: datetime) -> list[Unconfirmed]:
    """The policies in force under which a decision would wait for a second approver that there is not. Two statements."""
    people = [worker.roles for worker in workers_of(lender_id)]
    found = [
        Unconfirmed(version.policy.name, needs_without_confirmer(version.document, people))
        for version in versions_in_force(lender_id, now)
    ]
    return [one for one in found if one.needs]


def needs_without_confirmer(document: Mapping[str, Any], people: Sequence[Roles]) -> tuple[Need, ...]:
    """The needs of this policy for which no two of these people are enough. `people` are the roles of each who decides. Pure.

    Looked at at every amount at which another role begins to be asked for. Where the amount alone is out of everybody's reach
    nothing else is told of it.
    """
    delegation = document.get("delegation") or {}
    limits = {*document.get("authority_minor", {}).values(), *delegation.get("override_minor", {}).values()}
    missing = set()
    for amount in (0, *(limit + 1 for limit in limits)):
        if _waits_for_nobody(document, people, Stakes(amount_minor=amount)):
            missing.add(Need.AMOUNT)
            continue
        missing |= {
            need for need, stakes in _further(document, amount) if _waits_for_nobody(document, people, stakes)
        }
    return tuple(need for need in Need if need in missing)


def _further(document: Mapping[str, Any], amount: int) -> Iterator[tuple[Need, Stakes]]:
    for tier in document.get("price_grid", ()):
        yield Need.GRADE, Stakes(amount_minor=amount, price_tier=tier["name"])
    yield Need.OVERRIDE, Stakes(amount_minor=amount, override=OverrideSide.LOW_SIDE)
    yield Need.EXCEPTION, Stakes(amount_minor=amount, exceptions=("outside the policy",))


def _waits_for_nobody(document: Mapping[str, Any], people: Sequence[Roles], stakes: Stakes) -> bool:
    """Whether nobody decides it alone and no other person could confirm; not where the policy lets no role do so at all."""
    try:
        confirming_role(document, stakes)
        if any(not second_look_needs(document, roles, stakes) for roles in people):
            return False
    except AuthorityExceeded:
        return False
    return len(people) < 2 or not any(_confirms(document, roles, stakes) for roles in people)


def _confirms(document: Mapping[str, Any], roles: Roles, stakes: Stakes) -> bool:
    try:
        require_confirmer(document, roles, stakes)
    except MayNotConfirm:
        return False
    return True
