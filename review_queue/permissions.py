"""Who may work on a case, and up to which amount. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from underwriting.enums import Role

DECIDERS = frozenset({Role.CREDIT_OFFICER, Role.SENIOR_OFFICER})
READERS = DECIDERS | {Role.TEAM_LEAD, Role.AUDITOR}


class AuthorityExceeded(Exception):
    """The amount is above what the person's roles may decide; the message names both amounts' source."""

    def __init__(self, *, limit_minor: int, amount_minor: int) -> None:
        super().__init__("the amount is above the authority of the role")
        self.limit_minor = limit_minor
        self.amount_minor = amount_minor


class MayNotDecide(Exception):
    """The person holds no role at this lender that decides cases."""


class MayNotLead(Exception):
    """The person is no team lead of this lender."""


def authority_minor(document: Mapping[str, Any], roles: Collection[Role]) -> int | None:
    """The largest amount these roles may decide under a policy document, in minor units; None: the policy sets no limit for them."""
    limits = document.get("authority_minor", {})
    if any(role in DECIDERS and role.value not in limits for role in roles):
        return None
    return max((limits[role.value] for role in roles if role in DECIDERS), default=0)


def require_authority(
    *, document: Mapping[str, Any], roles: Collection[Role], amounts_minor: Collection[int | None]
) -> None:
    """Check the person's roles and the policy's authority limits against the amounts at stake.

    Raises:
        MayNotDecide: no deciding role.
        AuthorityExceeded: the largest amount is above the limit.
    """
    if not DECIDERS & frozenset(roles):
        raise MayNotDecide("none of these roles decides cases")
    limit = authority_minor(document, roles)
    largest = max((amount for amount in amounts_minor if amount is not None), default=0)
    if limit is not None and largest > limit:
        raise AuthorityExceeded(limit_minor=limit, amount_minor=largest)
