"""How many people a change of policy needs, by the size of its effect. Pure.

More than two points of approval rate, more than two of a hundred applicants whose answer turns between yes and no, or any change
of a knock-out rule takes two people, one of them of compliance: these are the changes that move whole groups of applicants at
once. So does a backtest of too few applications to tell: its author chose the period.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from underwriting.enums import Outcome, Role
from underwriting.policy.diff import Change

MOST_POINTS = 2.0
FEWEST_APPLICATIONS = 200  # at fewer, two points are under four people
YES = frozenset({Outcome.APPROVE, Outcome.COUNTEROFFER})
APPROVING_ROLES = (Role.RISK_APPROVER, Role.COMPLIANCE)


@dataclass(frozen=True, slots=True)
class Requirement:
    """How many different people approve, whether one of them is of compliance, and why that many."""

    people: int
    needs_compliance: bool
    because: str


ONE = "One risk approver is enough: "


def strictest(found: Iterable[Requirement]) -> Requirement:
    """The one that asks for most people, compliance among them; of equal ones the first."""
    return max(found, key=lambda one: (one.people, one.needs_compliance))


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
    if why_two := _large(summary):
        return Requirement(2, True, f"Two people, one of compliance: {why_two}.")
    points = points_moved(summary) or 0.0
    return Requirement(1, False, f"{ONE}{_moves(points)}, and no knock-out rule is changed.")


def _large(summary: Mapping[str, Any] | None) -> str:
    """Why the effect is too large, or too uncertain, for one approver; empty where it is not."""
    points = points_moved(summary)
    if summary is None or points is None:
        return "the backtest does not tell how the approval rate moves"
    if summary["covered"] < FEWEST_APPLICATIONS:
        return (
            f"the backtest has {summary['covered']} applications with every field the draft needs, "
            f"fewer than {FEWEST_APPLICATIONS}"
        )
    if abs(points) > MOST_POINTS:
        return f"{_moves(points)}, which is more than {MOST_POINTS:g}"
    turned = _turned(summary)
    if turned > MOST_POINTS:
        return f"{_moves(points)}, but for {turned:.1f} of 100 applicants the answer turns between yes and no"
    return ""


def _moves(points: float) -> str:
    return f"the approval rate moves by {abs(points):.1f} points"


def points_moved(summary: Mapping[str, Any] | None) -> float | None:
    """Percentage points by which the approval rate rises (positive) or falls; None where the backtest cannot tell.

    Of all applications weighed, as approvals are counted over them: those that lacked a field of the draft included.
    """
    if summary is None or not summary.get("applications"):
        return None
    moved: int = summary["approved_after"] - summary["approved_before"]
    applications: int = summary["applications"]
    return 100 * moved / applications


def _turned(summary: Mapping[str, Any]) -> float:
    """Of a hundred applications weighed those whose answer turns between yes and no, in either direction."""
    turned: int = sum(
        move["known"]["applications"]
        for move in summary.get("moves", ())
        if (move["before"] in YES) != (move["after"] in YES)
    )
    return 100 * turned / int(summary["applications"])


def is_met(requirement: Requirement, held: Sequence[frozenset[Role]]) -> bool:
    """Whether these people suffice; `held` are the roles of each different person who approved."""
    if len(held) < requirement.people:
        return False
    approvers = [index for index, roles in enumerate(held) if Role.RISK_APPROVER in roles]
    if not requirement.needs_compliance:
        return bool(approvers)
    compliance = [index for index, roles in enumerate(held) if Role.COMPLIANCE in roles]
    return any(one != other for one in approvers for other in compliance)
