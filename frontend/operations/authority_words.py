"""Why a second approver is needed, in the words of the decision bar and its panels (C-33)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from frontend.templatetags.ui import money
from review_queue.authority import Need, Stakes, second_look_needs
from review_queue.models import ReviewCase
from review_queue.overrides import REASONS
from review_queue.permissions import AuthorityExceeded, MayNotDecide, authority_minor
from review_queue.second_approvers import Unconfirmed
from review_queue.stakes import foresee
from underwriting.enums import OverrideSide, Role

_ON_SIDE = {
    OverrideSide.LOW_SIDE: "it approves what the system declines",
    OverrideSide.HIGH_SIDE: "it declines what the system approves",
}

_UNCONFIRMED = {
    Need.AMOUNT: "an amount above one officer's authority",
    Need.GRADE: "an approval at a price tier that takes two",
    Need.OVERRIDE: "a decision against the system",
    Need.EXCEPTION: "an exception to the policy",
}


@dataclass(frozen=True, slots=True)
class SecondNeeded:
    """What a panel says of authority. `refused` says that nobody may decide it; `override_reasons` are codes with their words."""

    words: str = ""
    refused: str = ""
    override_reasons: Sequence[tuple[str, str]] = ()


def second_needed(case: ReviewCase, roles: Collection[Role], stakes: Stakes) -> SecondNeeded:
    """Whether a second approver is needed for what stands in a panel, and why."""
    try:
        needs = second_look_needs(_document(case), roles, stakes)
    except AuthorityExceeded as exceeded:
        return SecondNeeded(refused=exceeded_in_words(case, exceeded))
    except MayNotDecide:
        return SecondNeeded()
    return SecondNeeded(
        words=_sentence("Second approver needed", _said(case, roles, needs, stakes)),
        override_reasons=list(REASONS[stakes.override].items()) if stakes.override else (),
    )


def foreseen_in_words(case: ReviewCase, roles: Collection[Role]) -> list[str]:
    """What the bar says before a panel is open: for whatever is decided, then for an approval or a decline alone."""
    try:
        foreseen = foresee(case, roles=roles)
    except AuthorityExceeded as exceeded:
        return [exceeded_in_words(case, exceeded)]
    except MayNotDecide:
        return []
    always = [need for need in foreseen.approve if need in foreseen.decline and need is not Need.OVERRIDE]
    approve = [need for need in foreseen.approve if need not in always]
    decline = [need for need in foreseen.decline if need not in always]
    amount = case.application.requested_amount_minor or 0
    of_approval = Stakes(
        amount_minor=amount, price_tier=foreseen.approve_tier, override=foreseen.approve_side
    )
    of_decline = Stakes(amount_minor=amount, override=foreseen.decline_side)
    said = (
        _sentence("Second approver needed", _said(case, roles, always, of_approval)),
        _sentence("Second approver needed to approve", _said(case, roles, approve, of_approval)),
        _sentence("Second approver needed to decline", _said(case, roles, decline, of_decline)),
    )
    return [sentence for sentence in said if sentence]


def unconfirmed_in_words(found: Sequence[Unconfirmed]) -> list[str]:
    """For which decisions there is no second approver at all, a sentence for each policy."""
    return [
        f"Under {one.policy_name} nobody here can be the second approver of {' or '.join(_UNCONFIRMED[need] for need in one.needs)}."
        for one in found
    ]


def exceeded_in_words(case: ReviewCase, exceeded: AuthorityExceeded) -> str:
    """Nobody may decide it, not even two together."""
    currency = case.application.currency
    return (
        f"{money(exceeded.amount_minor, currency)} is above the {money(exceeded.limit_minor, currency)} that anybody may decide "
        "or confirm under this policy."
    )


def _said(case: ReviewCase, roles: Collection[Role], needs: Collection[Need], stakes: Stakes) -> list[str]:
    limit = authority_minor(_document(case), roles)
    words = {
        Need.AMOUNT: f"over {money(limit, case.application.currency)}",
        Need.GRADE: f"tier {stakes.price_tier} is not yours to approve at alone",
        Need.OVERRIDE: _ON_SIDE[stakes.override] if stakes.override else "",
        Need.EXCEPTION: "it is an exception to the policy",
    }
    return [words[need] for need in needs]


def _sentence(start: str, said: Sequence[str]) -> str:
    return f"{start}: {', '.join(said)}." if said else ""


def _document(case: ReviewCase) -> dict[str, object]:
    version = case.assessment.policy_version
    return version.document if version else {}
