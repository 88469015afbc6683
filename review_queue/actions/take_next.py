"""Start and Next: claim the most urgent case of a view that nobody else holds."""

from __future__ import annotations

from datetime import datetime

from review_queue.actions.claim import claim_case
from review_queue.giving import fill_up
from review_queue.models import ReviewCase
from review_queue.queue import QueueQuery, unheld_in_order
from review_queue.transitions import CaseNotOpen, ClaimTaken, NotForThisPerson
from underwriting.audit.actor import Actor
from underwriting.models import User

# Each lost race means that a colleague has just got a case; that many in a row do not happen to one person.
TRIES = 25


def take_next(
    *, query: QueueQuery, user: User, after: int | None = None, actor: Actor, now: datetime
) -> ReviewCase | None:
    """Claim the first case of the view, in its own order, that nobody else holds; None when there is none.

    `after` is the number of the case just left, which is not handed out again at once; nor is what this person may not take. A case that a colleague claims at
    this very moment is theirs, and the next one is tried. Where the lender gives cases to people by itself, who asks is given their share first.
    """
    fill_up(user=user, lender_id=query.lender_id, now=now)
    waiting = unheld_in_order(query, user_id=user.pk, now=now)
    if after is not None:
        waiting = waiting.exclude(number=after)
    for _ in range(TRIES):
        found = waiting.values_list("pk", flat=True).first()
        if found is None:
            return None
        try:
            return claim_case(case_id=found, user=user, actor=actor, now=now)
        except (ClaimTaken, CaseNotOpen):
            continue
        except NotForThisPerson:  # an appeal of somebody whose other case they decided
            waiting = waiting.exclude(pk=found)
    return None
