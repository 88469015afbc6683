"""What every screen of the review desk carries: who may do what, the clock, and the decision that can still be undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect

from frontend.session.staff import AUDITORS, LEADS, OFFICERS, StaffRequest
from review_queue.selectors import standing_held_decision

READERS = OFFICERS | LEADS | AUDITORS
POLL_SECONDS = 20


def desk_context(request: StaffRequest, *, now: datetime) -> dict[str, Any]:
    """`held` is the person's newest decision that can still be taken back: the undo bar speaks about it."""
    held = None
    if request.roles & OFFICERS:
        held = standing_held_decision(user_id=request.staff.user.pk, lender_id=request.lender.pk, now=now)
    return frame(request, now=now) | {"held": held}


def frame(request: StaffRequest, *, now: datetime) -> dict[str, Any]:
    """`desk_context` without what the database has to be asked for."""
    return {
        "may_decide": bool(request.roles & OFFICERS),
        "now": now,
        "zone": request.lender.time_zone,
        "poll_seconds": POLL_SECONDS,
    }


def see_other(request: StaffRequest, address: str) -> HttpResponse:
    """After a POST: 303 to a page; for a fragment, the header that makes the browser go there."""
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = address
        return response
    response = redirect(address)
    response.status_code = 303
    return response
