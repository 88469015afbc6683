"""Where a case is between people and time, for the strip under its header and for what the bar offers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from frontend.session.staff import LEADS, OFFICERS, StaffRequest
from review_queue.actions.claim import claim_of
from review_queue.actions.watch import is_watched
from review_queue.models import ReviewCase
from underwriting.enums import CaseState, ReturnReason

RETURN_WORDS = {
    ReturnReason.ANSWERED: "The applicant answered",
    ReturnReason.DAY_CAME: "Its day has come",
    ReturnReason.STOPPED: "Somebody went on with it",
}


def flow_context(request: StaffRequest, found: ReviewCase, *, now: datetime) -> dict[str, Any]:
    """What waits, what came back, whose it is, and what this person may do about that."""
    user_id = request.staff.user.pk
    is_open = found.state == CaseState.OPEN
    claim = claim_of(found)
    taken = is_open and claim.is_live(now) and claim.holder_id != user_id
    return {
        "is_lead": bool(request.roles & LEADS),
        "tags": getattr(found, "tag_names", ()),
        "may_tag": bool(request.roles & (LEADS | OFFICERS)),
        "waits_for": found.waits_for if is_open else "",
        "came_back": _came_back(found) if is_open else "",
        "assigned_to": found.assigned_to if is_open and found.assigned_to_id != user_id else None,
        "is_assigned_to_me": is_open and found.assigned_to_id == user_id,
        "has_conflict": is_open and user_id in getattr(found, "conflicted_users", ()),
        "is_watched": taken and is_watched(found, user_id=user_id),
    }


def _came_back(found: ReviewCase) -> str:
    return RETURN_WORDS[ReturnReason(found.came_back_because)] if found.came_back_because else ""
