"""A mark that a browser keeps while it is open, so that two signatures of two people do not come out of one browser.

It tells somebody who uses a colleague's password at their own desk from that colleague. Whoever deletes it passes for another
browser: it catches the convenient way round, and the trail holds the rest.
"""

from __future__ import annotations

import hashlib
import re
import secrets

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

COOKIE = "uw-browser"
_MARK = re.compile(r"[0-9a-f]{32}")


def read_mark(request: HttpRequest) -> str:
    """The browser's mark, or a new one for a browser that has none."""
    given = request.COOKIES.get(COOKIE, "")
    return given if _MARK.fullmatch(given) else secrets.token_hex(16)


def keep_mark(request: HttpRequest, response: HttpResponseBase, mark: str) -> None:
    """Have the browser keep a mark that it did not bring along."""
    if request.COOKIES.get(COOKIE) != mark:
        response.set_cookie(
            COOKIE, mark, httponly=True, samesite="Strict", secure=settings.SESSION_COOKIE_SECURE
        )


def mark_digest(mark: str) -> str:
    """What is written down of a mark."""
    return hashlib.sha256(mark.encode()).hexdigest()
