"""The rate limit is exact, told with Retry-After, and each key's own."""

from __future__ import annotations

from collections import Counter

from django.db import connection

from tests.underwriting.api.calling import body, make_caller
from underwriting.enums import Scope
from underwriting.models import ApiKey, IdempotencyKey


def test_exactly_so_many_requests_a_window_are_answered(db: None) -> None:
    caller = make_caller(requests_per_minute=5)

    answers = [caller.get("/products") for _ in range(9)]

    assert Counter(answer.status_code for answer in answers) == {200: 5, 429: 4}
    refused = answers[-1]
    assert refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused["Retry-After"]) <= 60
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE underwriting_ratewindow SET started_at = started_at - %s::interval", ["60 seconds"]
        )
    assert caller.get("/products").status_code == 200


def test_a_429_is_not_stored_under_its_idempotency_key(db: None) -> None:
    caller = make_caller(requests_per_minute=1)
    caller.get("/products")

    assert caller.post(body(), key="order-1").status_code == 429
    assert not IdempotencyKey.objects.exists()


def test_another_key_is_not_slowed_down(db: None) -> None:
    caller, other = make_caller(requests_per_minute=1), make_caller(code="branch", requests_per_minute=1)

    assert [caller.get("/products").status_code for _ in range(2)] == [200, 429]
    assert other.get("/products").status_code == 200


def test_a_request_refused_for_its_scope_is_counted(db: None) -> None:
    caller = make_caller(requests_per_minute=1)
    ApiKey.objects.filter(pk=caller.key.pk).update(scopes=[Scope.APPLICATIONS_READ])

    answers = [caller.post(body()) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [403, 429]
