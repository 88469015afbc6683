"""How many people a change of policy needs, by the size of its effect. Pure.

More than two points of approval rate, or any change of a knock-out rule, takes two people, one of them of compliance: these
are the changes that move whole groups of applicants at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from underwriting.enums import Role
from underwriting.policy.diff import Change

MOST_POINTS = 2.0
APPROVING_ROLES = (Role.RISK_APPROVER, Role.COMPLIANCE)


@dataclass(frozen=True, slots=True)
class Requirement:
    """How many different people approve, whether one of them is of compliance, and why that many."""

    people: int
    needs_compliance: bool
    because: str


ONE = "One risk approver is enough: "


def required_approvals(
    summary: Mapping[str, Any] | None,
    changes: Sequence[Change],
    *,
    is_emergency: bool = False,
    is_first: bool = False,
) -> Requirement:
    """The approvals that a change with this backtest (None: there is none) and these differences needs."""
    if is_first:
        return Requirement(1, False, f"{ONE}no version is in force that it could be compared with.")
    if is_emergency:
        return Requirement(
            1, False, f"{ONE}it is an emergency, and a second person looks at it within 24 hours."
        )
    if rules := list(dict.fromkeys(change.what.split(" ")[1] for change in changes if change.is_knock_out)):
        return Requirement(
            2, True, f"Two people, one of compliance: knock-out {', '.join(rules)} is changed."
        )
    points = points_moved(summary)
    if points is None:
        return Requirement(
            2, True, "Two people, one of compliance: the backtest does not tell how the approval rate moves."
        )
    words = f"the approval rate moves by {abs(points):.1f} points"
    if abs(points) > MOST_POINTS:
        return Requirement(
            2, True, f"Two people, one of compliance: {words}, which is more than {MOST_POINTS:g}."
        )
    return Requirement(1, False, f"{ONE}{words}, and no knock-out rule is changed.")


def points_moved(summary: Mapping[str, Any] | None) -> float | None:
    """Percentage points by which the approval rate rises (positive) or falls; None where the backtest cannot tell."""
    if summary is None or not summary.get("covered"):
        return None
    moved: int = summary["approved_after"] - summary["approved_before"]
    covered: int = summary["covered"]
    return 100 * moved / covered


def is_met(requirement: Requirement, held: Sequence[frozenset[Role]]) -> bool:
    """Whether these people suffice; `held` are the roles of each different person who approved."""
    if len(held) < requirement.people:
        return False
    approvers = [index for index, roles in enumerate(held) if Role.RISK_APPROVER in roles]
    if not requirement.needs_compliance:
        return bool(approvers)
    compliance = [index for index, roles in enumerate(held) if Role.COMPLIANCE in roles]
    return any(one != other for one in approvers for other in compliance)
