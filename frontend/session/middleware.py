"""Puts the signed-in person, their lender and roles on every request, and ends sessions that idle."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from frontend.session.browser_mark import keep_mark, mark_digest, read_mark
from frontend.session.staff import read_staff
from frontend.session.unsent import ENDED_FOR

IDLE_SECONDS = 30 * 60
# The moment of the last request is written at most this often, so that reading pages does not write sessions.
WRITE_EVERY_SECONDS = 60
SEEN_SESSION_KEY = "seen"
POLL_HEADER = "UW-Poll"


class StaffMiddleware:
    """Sets `request.staff` (None when nobody is signed in), `request.lender` and `request.roles`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        staff = None
        if "_auth_user_id" in request.session:
            end_if_idle(request)
            staff = read_staff(request)
        request.staff = staff  # type: ignore[attr-defined]
        request.lender = staff.lender if staff else None  # type: ignore[attr-defined]
        request.roles = staff.roles if staff else frozenset()  # type: ignore[attr-defined]
        if staff is None:
            return self.get_response(request)
        mark = read_mark(request)
        staff.browser = mark_digest(mark)
        response = self.get_response(request)
        keep_mark(request, response, mark)
        return response


def end_if_idle(request: HttpRequest) -> None:
    """Sign out after 30 minutes without a request of the person's own; polling does not count as one."""
    now = int(timezone.now().timestamp())
    seen = request.session.get(SEEN_SESSION_KEY, now)
    if now - seen > IDLE_SECONDS:
        ended_for = request.session["_auth_user_id"]
        logout(request)
        request.session[ENDED_FOR] = ended_for
        return
    if POLL_HEADER not in request.headers and (
        now - seen > WRITE_EVERY_SECONDS or SEEN_SESSION_KEY not in request.session
    ):
        request.session[SEEN_SESSION_KEY] = now
