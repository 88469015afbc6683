"""The people of a demonstration, for the cards on its sign-in page."""

from __future__ import annotations

from dataclasses import dataclass

from frontend.session.staff import ROLE_WORDS
from underwriting.enums import Role
from underwriting.models import Membership

CARDS_AT_MOST = 40


@dataclass(frozen=True, slots=True)
class PersonCard:
    user_id: int
    name: str
    does: str


def demo_people() -> tuple[PersonCard, ...]:
    """One card a person: name, and roles at each lender, in the order of the roles."""
    rows = (
        Membership.objects.filter(user__is_active=True)
        .select_related("user", "lender")
        .order_by("user_id", "lender__name", "id")
    )
    order = list(ROLE_WORDS)
    people: dict[int, tuple[str, dict[Role, list[str]]]] = {}
    for row in rows:
        _, roles = people.setdefault(row.user_id, (row.user.name, {}))
        roles.setdefault(Role(row.role), []).append(row.lender.name)
    ranked = sorted(
        people.items(), key=lambda person: (min(order.index(role) for role in person[1][1]), person[0])
    )
    return tuple(PersonCard(user_id, name, _does(roles)) for user_id, (name, roles) in ranked[:CARDS_AT_MOST])


def _does(roles: dict[Role, list[str]]) -> str:
    return "; ".join(f"{ROLE_WORDS[role]} at {_listed(lenders)}" for role, lenders in roles.items())


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
