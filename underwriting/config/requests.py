"""Middleware of every request: its id, and browser policies."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]
REQUEST_ID_HEADER = "Request-Id"
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_id(request: HttpRequest) -> str:
    """Return the id of this request: the caller's, when it is 8 to 64 plain characters, else one of ours."""
    known = getattr(request, "request_id", None)
    if isinstance(known, str):
        return known
    offered = request.headers.get(REQUEST_ID_HEADER, "")
    chosen = offered if _ACCEPTABLE_ID.fullmatch(offered) else uuid.uuid4().hex
    request.request_id = chosen  # type: ignore[attr-defined]
    return chosen


class RequestIdMiddleware:
    """Give the request an id, hand it to the log of requests and echo it in `Request-Id`."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        chosen = request_id(request)
        request.META["HTTP_X_REQUEST_ID"] = chosen  # where django-structlog looks for it
        response = self.get_response(request)
        response[REQUEST_ID_HEADER] = chosen
        return response


class BrowserPolicyMiddleware:
    """Switch off browser features that no page uses; a view may set its own header first."""

    POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", self.POLICY)
        return response
