"""What every answer carries, and what the process says about itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from tests.factories import make_lender, make_user
from underwriting.config.errors import ServiceUnavailableMiddleware
from underwriting.enums import Role
from underwriting.models import WorkerHeartbeat

# The whole policy, written out: a change of it is a decision somebody makes here, too.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "object-src": "'none'",
}


def test_browsers_get_the_whole_policy(client: Client) -> None:
    response = client.get("/healthz")

    directives = (part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";"))
    assert {name: value for name, _, value in directives} == POLICY
    assert response["Permissions-Policy"] == "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("offered", ["short", "x" * 65, "with space in it", "semi;colon;colon"])
def test_an_odd_request_id_is_replaced(client: Client, offered: str) -> None:
    assert re.fullmatch(
        r"[0-9a-f]{32}", client.get("/healthz", headers={"Request-Id": offered})["Request-Id"]
    )


def test_the_callers_request_id_is_echoed(client: Client) -> None:
    assert client.get("/healthz", headers={"Request-Id": "partner-4711.a"})["Request-Id"] == "partner-4711.a"


def test_an_unknown_api_address_answers_with_a_problem_document(client: Client) -> None:
    response = client.get("/api/v1/nothing", headers={"Request-Id": "partner-4711"})

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert (response.json()["code"], response.json()["instance"]) == ("not_found", "partner-4711")


def test_a_lost_database_is_a_503_that_says_when_to_come_back() -> None:
    middleware = ServiceUnavailableMiddleware(HttpResponse)
    request: HttpRequest = RequestFactory().get("/api/v1/applications")

    response = middleware.process_exception(request, OperationalError("connection refused"))

    assert response is not None
    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert response["Content-Type"] == "application/problem+json"
    assert b"Nothing was stored" not in response.content
    assert middleware.process_exception(request, ValueError("a fault of ours")) is None


def test_a_post_to_the_api_is_told_to_keep_its_idempotency_key() -> None:
    middleware = ServiceUnavailableMiddleware(HttpResponse)
    request = RequestFactory().post("/api/v1/applications")

    response = middleware.process_exception(request, OperationalError("server closed the connection"))

    assert response is not None
    problem = json.loads(response.content)
    assert (problem["code"], problem["detail"]) == (
        "database_unavailable",
        "The service cannot reach its database at the moment. Send it again with the same Idempotency-Key.",
    )


@pytest.fixture
def lost_database() -> Iterator[Callable[[], None]]:
    """Call it to lose the database: new connections are refused until the test is over. For transaction=True tests."""
    known = dict(connection.settings_dict)

    def lose() -> None:
        connection.close()
        connection.settings_dict.update({"HOST": "127.0.0.1", "PORT": "1"})

    yield lose
    connection.close()
    connection.settings_dict.update({"HOST": known["HOST"], "PORT": known["PORT"]})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/", "/sign-in/second-step/"])
def test_a_database_lost_before_the_view_is_a_page_for_people(
    lost_database: Callable[[], None], path: str
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(make_user("Ana Reyes", (make_lender(), Role.CREDIT_OFFICER), password=None))
    lost_database()

    response = client.get(path, headers={"Request-Id": "staff-4711"})

    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert b"Not available at the moment" in response.content
    assert b"staff-4711" in response.content


@pytest.mark.django_db(transaction=True)
def test_a_database_lost_in_the_view_is_a_page_for_people(lost_database: Callable[[], None]) -> None:
    client = Client(raise_request_exception=False)
    lost_database()

    response = client.post("/sign-in/", {"email": "ana@example.test", "password": "x"})

    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert b"Not available at the moment" in response.content


def test_healthz_needs_nothing(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_readyz_counts_living_workers_only(client: Client) -> None:
    WorkerHeartbeat.objects.create(
        worker="gone", beat_at=timezone.now() - timedelta(minutes=5), model_hashes=[]
    )

    without = client.get("/readyz")
    WorkerHeartbeat.objects.create(worker="here", beat_at=timezone.now(), model_hashes=[])
    with_one = client.get("/readyz")

    assert (without.status_code, without.json()["checks"]["workers"]) == (503, {"ok": False, "alive": 0})
    assert (with_one.status_code, with_one.json()) == (
        200,
        {
            "ready": True,
            "checks": {
                "broker": {"ok": True},
                "database": {"ok": True},
                "workers": {"ok": True, "alive": 1},
                "champions": {"ok": True, "needed": 0, "registered": 0, "loaded": 0},
                "reasons": {"ok": True, "untold": 0},
            },
        },
    )


@pytest.mark.django_db
def test_readyz_refuses_while_a_reason_could_not_be_told(client: Client) -> None:
    untold = ["Model harbour-pd 1: age: no enabled reason code speaks about age"]
    WorkerHeartbeat.objects.create(worker="here", beat_at=timezone.now(), model_hashes=[], untold=untold)
    WorkerHeartbeat.objects.create(worker="there", beat_at=timezone.now(), model_hashes=[], untold=untold)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["checks"]["reasons"]) == (503, {"ok": False, "untold": 1})
    assert "age" not in answer.text


@pytest.mark.django_db
def test_metrics_are_served(client: Client) -> None:
    assert b"django_http_requests_total" in client.get("/metrics").content
