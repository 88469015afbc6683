"""Amounts and prices that a policy lets nobody decide, or nobody confirm: asked of the rules by which cases are decided. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from review_queue.authority import Stakes, confirming_role
from review_queue.permissions import DECIDERS, AuthorityExceeded, authority_minor
from underwriting.enums import OverrideSide, Role
from underwriting.policy.schema import Complaint, Fault, PolicyDocument, ShownBy
from underwriting.policy.words import money_in_words

OFFICER_PLACE, SENIOR_PLACE = (
    f"/authority_minor/{role.value}" for role in (Role.CREDIT_OFFICER, Role.SENIOR_OFFICER)
)


def authority_complaints(
    document: PolicyDocument, *, largest_minor: int | None = None
) -> Iterator[Complaint]:
    """`largest_minor`: the largest amount that can be asked for, None for a line, whose tiers say it."""
    raw = document.model_dump(mode="json")
    limits = document.authority_minor
    officer, senior = (limits.get(role) for role in (Role.CREDIT_OFFICER, Role.SENIOR_OFFICER))
    if officer is not None and senior is not None and senior < officer:
        yield _complaint(
            SENIOR_PLACE, "A senior officer decides less than a credit officer.", officer, document, fault=Fault.ORDER
        )  # fmt: skip
    most = authority_minor(raw, DECIDERS)
    largest = largest_minor or _largest_limit(document)
    if most is not None and largest is not None and largest > most:
        yield _complaint(
            SENIOR_PLACE,
            f"Nobody may decide {_money(largest, document)}: authority ends at {_money(most, document)}.",
            largest,
            document,
        )
    if most is not None and document.fallback is not None and document.fallback.amount_max_minor > most:
        yield _complaint(
            "/fallback/amount_max_minor",
            f"Without the model the system approves up to {_money(document.fallback.amount_max_minor, document)}, "
            f"more than anybody may decide ({_money(most, document)}).",
            document.fallback.amount_max_minor,
            document,
        )
    yield from _unconfirmed(document, raw, most)


def _largest_limit(document: PolicyDocument) -> int | None:
    if document.line is None:
        return None
    limits = [tier.limit for tier in document.price_grid if tier.limit is not None]
    return max((limit.amount_minor or limit.maximum_minor or 0 for limit in limits), default=None)


def _unconfirmed(document: PolicyDocument, raw: Mapping[str, Any], most: int | None) -> Iterator[Complaint]:
    """An override nobody may second; a price at which nobody may approve."""
    amounts = [amount for amount in _edges(document) if most is None or amount <= most]
    held_up = next((a for a in amounts if not may_be_confirmed(raw, a, override=True)), None)
    if held_up is not None:
        yield _complaint(
            "/delegation/override_minor",
            f"Nobody may be the second approver of an override of {_money(held_up, document)}.",
            held_up,
            document,
        )
    for tier in document.price_grid:
        stuck = next((a for a in amounts if not may_be_confirmed(raw, a, tier=tier.name)), None)
        if stuck is not None:
            yield _complaint(
                "/delegation/price_tiers",
                f"No role may approve {_money(stuck, document)} at tier {tier.name}.",
                stuck,
                document,
                tier=tier.name,
            )


def _edges(document: PolicyDocument) -> Sequence[int]:
    """Amounts from which on another role is needed, and the limits themselves."""
    delegation = document.delegation
    limits = {*document.authority_minor.values()}
    if delegation is not None:
        limits |= {*delegation.override_minor.values()}
    return sorted({1, *limits, *(limit + 1 for limit in limits)})


def may_be_confirmed(
    raw: Mapping[str, Any], amount_minor: int, *, tier: str = "", override: bool = False
) -> bool:
    """Whether a role may confirm it, as cases are decided."""
    side = OverrideSide.LOW_SIDE if override else None
    try:
        confirming_role(raw, Stakes(amount_minor=amount_minor, price_tier=tier, override=side))
    except AuthorityExceeded:
        return False
    return True


def _complaint(
    place: str,
    message: str,
    amount: int,
    document: PolicyDocument,
    *,
    tier: str = "",
    fault: Fault = Fault.OVERRIDE_HOLE,
) -> Complaint:
    person = ShownBy({"requested_amount": amount}, document.cut_offs.refer, tier)
    return Complaint(place, message, True, fault, person, None, (tier,) if tier else ())


def _money(amount: int, document: PolicyDocument) -> str:
    return money_in_words(amount, document.currency)
