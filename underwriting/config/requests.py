"""Middleware of every request: its id, browser policies, and an honest 503 when the database cannot be reached."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]
REQUEST_ID_HEADER = "Request-Id"
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
RETRY_AFTER_SECONDS = 2

logger = structlog.get_logger(__name__)


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


class ServiceUnavailableMiddleware:
    """Answer 503 with `Retry-After` when no database connection can be had, instead of a 500."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Translate the failure to connect; anything else stays what it is."""
        if not isinstance(exception, OperationalError | InterfaceError):
            return None
        logger.error("database_unavailable", path=request.path, exc_info=exception)
        problem = {
            "type": "about:blank",
            "title": "Service unavailable",
            "status": 503,
            "code": "database_unavailable",
            "detail": "The service cannot reach its database at the moment. Nothing was stored; try again.",
            "instance": request_id(request),
        }
        response = JsonResponse(problem, status=503, content_type="application/problem+json")
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
