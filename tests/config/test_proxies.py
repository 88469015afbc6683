"""Whose address a request has: the connection's, unless proxies are trusted to say it."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from underwriting.config.env import ConfigurationError, read_environment
from underwriting.config.proxies import VisitorAddressMiddleware


def address_of(forwarded: str, *, connection: str = "127.0.0.1") -> str:
    seen: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request.META["REMOTE_ADDR"])
        return HttpResponse()

    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR=connection)
    VisitorAddressMiddleware(view)(request)
    return seen[0]


def test_without_trusted_proxies_what_a_visitor_writes_in_the_header_is_not_read() -> None:
    assert address_of("198.51.100.9", connection="203.0.113.5") == "203.0.113.5"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "198.51.100.9, 203.0.113.5", "203.0.113.5"),  # the first was written by the visitor
        (2, "198.51.100.9, 203.0.113.5, 192.0.2.1", "203.0.113.5"),
        (1, "2001:DB8::1", "2001:db8::1"),
        (2, "203.0.113.5", "127.0.0.1"),
        (1, "", "127.0.0.1"),
        (1, "203.0.113.5, unknown", "127.0.0.1"),
        (1, "fe80::1%eth0", "127.0.0.1"),
    ],
)
def test_the_address_is_as_far_from_the_right_as_there_are_trusted_proxies(
    settings: Any, proxies: int, forwarded: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies

    assert address_of(forwarded) == expected


def test_how_many_proxies_is_a_number_and_none_by_default() -> None:
    assert read_environment({}).trusted_proxies == 0
    assert read_environment({"UW_TRUSTED_PROXIES": "2"}).trusted_proxies == 2
    with pytest.raises(ConfigurationError, match="UW_TRUSTED_PROXIES"):
        read_environment({"UW_TRUSTED_PROXIES": "*"})


@pytest.mark.django_db
def test_every_visitor_behind_a_proxy_is_counted_alone(settings: Any) -> None:
    """Through the middleware as it is installed: one visitor's wrong answers do not shut out the next."""
    settings.TRUSTED_PROXIES = 1
    client = Client()
    wrong = {"day": "1", "month": "1", "year": "1990"}

    def answered(visitor: str) -> int:
        return client.post(
            f"/a/{'A' * 24}/", wrong, headers={"X-Forwarded-For": f"10.0.0.1, {visitor}"}
        ).status_code

    assert [answered("203.0.113.5") for _ in range(21)] == [422] * 20 + [429]
    assert answered("203.0.113.6") == 422
