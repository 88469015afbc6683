"""Separation of duties: pairs of roles that one person should not hold at one lender. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from underwriting.enums import Role


@dataclass(frozen=True, slots=True)
class Clash:
    """Two roles that check each other, and what goes unchecked when one person holds both."""

    one: Role
    other: Role
    why: str


CLASHES = (
    Clash(
        Role.RISK_MANAGER,
        Role.RISK_APPROVER,
        "Writes policy and approves it. Each change still needs two people.",
    ),
    Clash(
        Role.RISK_MANAGER,
        Role.COMPLIANCE,
        "Writes policy and signs its large changes off for compliance.",
    ),
    Clash(Role.MODEL_OWNER, Role.RISK_APPROVER, "Brings models in and signs them off."),
    Clash(Role.CREDIT_OFFICER, Role.SENIOR_OFFICER, "Decides cases and is the second signature on them."),
    Clash(Role.CREDIT_OFFICER, Role.RISK_MANAGER, "Decides cases and sets the policy they are decided by."),
    Clash(Role.SENIOR_OFFICER, Role.RISK_MANAGER, "Decides cases and sets the policy they are decided by."),
    *(
        Clash(Role.ADMIN, role, "Gives out access and uses it.")
        for role in (Role.CREDIT_OFFICER, Role.SENIOR_OFFICER, Role.RISK_MANAGER, Role.RISK_APPROVER)
    ),
    *(Clash(Role.AUDITOR, role, "Audits their own work.") for role in Role if role is not Role.AUDITOR),
)


def clashes_of(roles: Collection[Role]) -> tuple[Clash, ...]:
    """The clashes inside a set of roles, the most serious first."""
    held = frozenset(roles)
    return tuple(clash for clash in CLASHES if clash.one in held and clash.other in held)
