"""Whose request it is, where our own proxies stand in front."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from underwriting.config.requests import GetResponse


class VisitorAddressMiddleware:
    """Set REMOTE_ADDR to the visitor's address, as many places from the right of X-Forwarded-For as proxies are trusted.

    What stands further left was written by whoever sent the request. Without trusted proxies all of the header was, and it is
    not read. A header that is too short or holds no address there leaves the address of the connection.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.TRUSTED_PROXIES > 0:
            named = request.headers.get("X-Forwarded-For", "").split(",")
            visitor = (
                _address(named[-settings.TRUSTED_PROXIES]) if len(named) >= settings.TRUSTED_PROXIES else ""
            )
            request.META["REMOTE_ADDR"] = visitor or request.META.get("REMOTE_ADDR", "")
        return self.get_response(request)


def _address(text: str) -> str:
    """The address as text; empty for anything else, and for one with a zone, which no database column takes."""
    try:
        return "" if "%" in text else str(ip_address(text.strip()))
    except ValueError:
        return ""
