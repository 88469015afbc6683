"""What may happen to a case, to its claim and to a held decision. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from underwriting.enums import CaseState, HeldState

LEASE = timedelta(minutes=30)
HOLD_SECONDS_MAX = 120


class CaseNotOpen(Exception):
    """The case was decided or closed meanwhile; nothing was changed."""


class ClaimTaken(Exception):
    """Somebody else holds the case. `holder` is their name, `until` when their lease ends."""

    def __init__(self, *, holder: str, until: datetime | None) -> None:
        super().__init__(f"{holder} holds this case")
        self.holder = holder
        self.until = until


class NotClaimed(Exception):
    """A case is decided, released or typed into by the person who claimed it."""


class NotForThisPerson(Exception):
    """The case looks again at what this person decided: somebody else takes it. The message says so in words."""


class HoldOver(Exception):
    """The hold has ended: the decision cannot be taken back any more, only changed by a new one."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who holds a case. `holder_id` None: nobody."""

    holder_id: int | None
    holder: str
    until: datetime | None

    def is_live(self, now: datetime) -> bool:
        return self.holder_id is not None and self.until is not None and self.until > now


def claim_until(*, state: CaseState, claim: Claim, user_id: int, now: datetime) -> datetime:
    """The end of the lease that this person gets: first come, first served; their own claim is renewed.

    Raises:
        CaseNotOpen: the case is decided or closed.
        ClaimTaken: somebody else holds it under a lease that lasts.
    """
    require_open(state)
    if claim.is_live(now) and claim.holder_id != user_id:
        raise ClaimTaken(holder=claim.holder, until=claim.until)
    return now + LEASE


def require_another_person(*, not_for_id: int | None, user_id: int) -> None:
    """Raises NotForThisPerson for the one person who may not look at this case again."""
    if not_for_id is not None and not_for_id == user_id:
        raise NotForThisPerson(
            "You made the decision that this case looks at again. A different officer has to take it."
        )


def require_open(state: CaseState) -> None:
    if state is not CaseState.OPEN:
        raise CaseNotOpen(f"the case is {state.value.lower()}")


def require_holder(*, state: CaseState, claim: Claim, user_id: int) -> None:
    """Let the person through who claimed the case last, also after their lease ran out: typing is never lost to a clock.

    Raises:
        CaseNotOpen: the case is decided or closed.
        ClaimTaken: the lease ran out and somebody else took the case.
        NotClaimed: nobody holds it.
    """
    require_open(state)
    if claim.holder_id is None:
        raise NotClaimed("nobody holds this case")
    if claim.holder_id != user_id:
        raise ClaimTaken(holder=claim.holder, until=claim.until)


def held_until(*, decided_at: datetime, hold_seconds: int) -> datetime:
    """When a held decision is let go. Raises ValueError outside 0 to 120 seconds."""
    if not 0 <= hold_seconds <= HOLD_SECONDS_MAX:
        raise ValueError(f"a hold lasts 0 to {HOLD_SECONDS_MAX} seconds")
    return decided_at + timedelta(seconds=hold_seconds)


def require_taking_back(*, state: HeldState, until: datetime, now: datetime) -> None:
    """Raises HoldOver unless the decision is still held and the hold has not ended."""
    if state is not HeldState.HELD or now >= until:
        raise HoldOver("the hold has ended")
