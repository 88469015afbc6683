"""What one person may decide alone under a policy, and who may confirm the rest. Pure.

Authority is delegated by amount, by risk grade (the price tier of an approval) and for overrides. What reaches further than a
person's own is not refused: it becomes a first answer that waits for a second approver whose authority covers it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from review_queue.permissions import DECIDERS, AuthorityExceeded, MayNotDecide, authority_minor
from underwriting.enums import OverrideSide, Role

OUT_OF_REACH = "Your role does not reach far enough to be the second approver of this case."


class Need(StrEnum):
    """Why a decision takes two people."""

    AMOUNT = "AMOUNT"
    GRADE = "GRADE"
    OVERRIDE = "OVERRIDE"
    EXCEPTION = "EXCEPTION"


class MayNotConfirm(Exception):
    """The role does not reach far enough to be the second approver. Says no more: the rest would tell the first answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stakes:
    """What a decision puts at stake.

    `amount_minor` is the larger of asked and offered, in minor units. `price_tier` is that of an approval or other terms, empty
    for a decline. `exceptions` are sentences of how it leaves the policy's bounds.
    """

    amount_minor: int
    price_tier: str = ""
    override: OverrideSide | None = None
    exceptions: tuple[str, ...] = ()


def second_look_needs(
    document: Mapping[str, Any], roles: Collection[Role], stakes: Stakes
) -> tuple[Need, ...]:
    """Why these roles do not decide it alone; empty where they do.

    Raises:
        MayNotDecide: no deciding role.
        AuthorityExceeded: the amount is above what any role of the policy may decide, so nobody could confirm it either.
    """
    if not DECIDERS & frozenset(roles):
        raise MayNotDecide("none of these roles decides cases")
    most = authority_minor(document, DECIDERS)
    if most is not None and stakes.amount_minor > most:
        raise AuthorityExceeded(limit_minor=most, amount_minor=stakes.amount_minor)
    needs = {
        Need.AMOUNT: not _reaches(authority_minor(document, roles), stakes.amount_minor),
        Need.GRADE: not _prices(document, roles, stakes.price_tier),
        Need.OVERRIDE: stakes.override is not None,
        Need.EXCEPTION: bool(stakes.exceptions),
    }
    return tuple(need for need, is_needed in needs.items() if is_needed)


def require_confirmer(document: Mapping[str, Any], roles: Collection[Role], stakes: Stakes) -> None:
    """A second approver's own authority covers the amount, the grade and, for an override, what the policy sets for those.

    Raises MayNotDecide, MayNotConfirm.
    """
    if not DECIDERS & frozenset(roles):
        raise MayNotDecide("none of these roles decides cases")
    limit = authority_minor(document, roles)
    covers = _reaches(limit, stakes.amount_minor) and _prices(document, roles, stakes.price_tier)
    if stakes.override is not None:
        covers = covers and any(
            _reaches(_override_minor(document, role), stakes.amount_minor)
            for role in DECIDERS & frozenset(roles)
        )
    if not covers:
        raise MayNotConfirm(OUT_OF_REACH)


def confirming_role(document: Mapping[str, Any], stakes: Stakes) -> Role | None:
    """The least role that may confirm it; None where any role that decides may.

    Raises AuthorityExceeded where no role may, so that a first answer never waits for nobody.
    """
    able = []
    for role in (Role.CREDIT_OFFICER, Role.SENIOR_OFFICER):
        try:
            require_confirmer(document, [role], stakes)
        except MayNotConfirm:
            continue
        able.append(role)
    if not able:
        most = authority_minor(document, DECIDERS)
        raise AuthorityExceeded(limit_minor=most or 0, amount_minor=stakes.amount_minor)
    return None if able[0] is Role.CREDIT_OFFICER else able[0]


def _reaches(limit_minor: int | None, amount_minor: int) -> bool:
    return limit_minor is None or amount_minor <= limit_minor


def _override_minor(document: Mapping[str, Any], role: Role) -> int | None:
    limits: Mapping[str, int] = (document.get("delegation") or {}).get("override_minor", {})
    return limits.get(role.value, authority_minor(document, [role]))


def _prices(document: Mapping[str, Any], roles: Collection[Role], price_tier: str) -> bool:
    """Whether one of the roles may approve at this tier; a role that the policy does not name may at every tier."""
    tiers = (document.get("delegation") or {}).get("price_tiers", {})
    return not price_tier or any(
        role.value not in tiers or price_tier in tiers[role.value] for role in DECIDERS & frozenset(roles)
    )
