"""Conditions of an offer: papers that have to be seen before it can be taken.

A person sees each paper; after the last one the application is assessed again, and the offer is free when that says no less.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from underwriting.models import StandingOffer

CONDITIONS_MAX = 4
# An offer can be taken for at least this long after its conditions were met.
TIME_AFTER = timedelta(days=7)


def opened(codes: Sequence[str]) -> list[dict[str, Any]]:
    """The conditions of a new offer, none of them met."""
    return [{"code": code, "met_at": None} for code in codes]


def open_codes(offer: StandingOffer) -> list[str]:
    """The conditions that nobody has seen met yet."""
    return [one["code"] for one in offer.conditions if one["met_at"] is None]


def meet(offer: StandingOffer, code: str, *, now: datetime) -> None:
    """Note that a condition is met. In the caller's transaction, under the application's lock."""
    offer.conditions = [
        one | {"met_at": now.isoformat()} if one["code"] == code else one for one in offer.conditions
    ]
    offer.save(update_fields=["conditions"])


def set_free(offer: StandingOffer, *, today: date) -> None:
    """From now on the offer can be taken, for TIME_AFTER at least. In the caller's transaction, under the application's lock."""
    offer.is_conditional, offer.valid_until = False, max(offer.valid_until, today + TIME_AFTER)
    offer.save(update_fields=["is_conditional", "valid_until"])
