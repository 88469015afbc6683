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
    people: dict[int, tuple[str, dict[str, list[Role]]]] = {}
    for row in rows:
        _, lenders = people.setdefault(row.user_id, (row.user.name, {}))
        lenders.setdefault(row.lender.name, []).append(Role(row.role))
    ranked = sorted(
        people.items(),
        key=lambda person: (min(order.index(r) for rs in person[1][1].values() for r in rs), person[0]),
    )
    return tuple(
        PersonCard(
            user_id,
            name,
            "; ".join(
                f"{', '.join(ROLE_WORDS[r] for r in roles)} at {lender}" for lender, roles in lenders.items()
            ),
        )
        for user_id, (name, lenders) in ranked[:CARDS_AT_MOST]
    )
