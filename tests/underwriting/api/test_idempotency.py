"""One key, one effect (the parallel and the killed process are in tests/concurrency)."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.underwriting.api.calling import Caller, body, make_caller
from underwriting.api.idempotency import forget_old_keys
from underwriting.models import Application, IdempotencyKey


def age(seconds: float) -> None:
    """Let every key have begun so many seconds earlier."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE underwriting_idempotencykey SET started_at = started_at - %s::interval",
            [f"{seconds} seconds"],
        )


def leave_unanswered() -> None:
    """What a process that died before it answered leaves behind."""
    IdempotencyKey.objects.update(answered_at=None, status_code=None, body=None, location="")


def test_the_first_answer_is_given_again_byte_for_byte(caller: Caller) -> None:
    first = caller.post(body(), key="order-1")
    Application.objects.update(status="REFERRED")  # the world goes on, the stored answer does not

    second = caller.post(body(), key="order-1")

    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert (second.status_code, second.content, second["Location"]) == (
        first.status_code,
        first.content,
        first["Location"],
    )
    assert Application.objects.count() == 1


def test_the_order_of_fields_and_spaces_do_not_make_another_body(caller: Caller) -> None:
    import json

    caller.post(body(), key="order-1")
    reordered = json.dumps(dict(reversed(body().items())), indent=3).encode()

    assert caller.post(reordered, key="order-1")["Idempotent-Replayed"] == "true"


def test_another_body_under_the_same_key_is_refused_and_nothing_is_made(caller: Caller) -> None:
    caller.post(body(), key="order-1")

    response = caller.post(body(requested_amount="12000.01"), key="order-1")

    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert Application.objects.count() == 1


def test_another_endpoint_under_the_same_key_is_refused(caller: Caller) -> None:
    caller.post(body(), key="order-1")
    IdempotencyKey.objects.update(endpoint="POST /api/v1/elsewhere", fingerprint="0" * 64)

    assert caller.post(body(), key="order-1").json()["code"] == "idempotency_key_reused"


def test_a_key_is_each_clients_own(caller: Caller) -> None:
    other = make_caller(code="branch")

    assert (
        caller.post(body(), key="order-1").status_code == other.post(body(), key="order-1").status_code == 202
    )
    assert Application.objects.count() == 2


def test_refusals_are_not_stored_and_the_key_stays_free(caller: Caller) -> None:
    assert caller.post(b"{", key="order-1").status_code == 400
    assert caller.post(body(requested_amount="1.00"), key="order-1").status_code == 422
    assert not IdempotencyKey.objects.exists()

    response = caller.post(body(), key="order-1")

    assert (response.status_code, "Idempotent-Replayed" in response) == (202, False)


@pytest.mark.parametrize("key", ["", " ", "ключ", "a" * 256, " a", "tab\there"])
def test_what_cannot_be_a_key_is_refused(caller: Caller, key: str) -> None:
    response = caller.http.post(
        "/api/v1/applications",
        b"{}",
        content_type="application/json",
        headers=caller.headers(Idempotency_Key=key),
    )

    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_invalid")


def test_a_post_without_a_key_is_refused(caller: Caller) -> None:
    response = caller.http.post(
        "/api/v1/applications", b"{}", content_type="application/json", headers=caller.headers()
    )

    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_missing")


def test_an_unanswered_first_request_is_409_until_12_seconds_after_it_began_then_202_and_stored(
    caller: Caller,
) -> None:
    first = caller.post(body(), key="order-1")
    leave_unanswered()

    early = caller.post(body(), key="order-1")
    age(12)
    late = caller.post(body(), key="order-1", Prefer="wait=10")
    again = caller.post(body(), key="order-1")

    assert (early.status_code, early["Retry-After"]) == (409, "1")
    assert (late.status_code, late.json()["id"], late["Location"]) == (
        202,
        first.json()["id"],
        first["Location"],
    )
    assert (again.content, again["Idempotent-Replayed"]) == (late.content, "true")
    assert Application.objects.count() == 1


def test_a_sleeper_that_wakes_after_its_key_was_taken_over_gives_the_answer_that_stands(
    caller: Caller,
) -> None:
    from underwriting.api.idempotency import KeyedRequest, StoredAnswer, store_answer

    caller.post(body(), key="order-1")
    row = IdempotencyKey.objects.get()
    sleeping_attempt = row.attempt
    leave_unanswered()
    age(12)
    standing = caller.post(body(), key="order-1")

    keyed = KeyedRequest(
        client=caller.client, key=row.key, endpoint=row.endpoint, fingerprint=row.fingerprint
    )
    late = StoredAnswer(status_code=201, body=b"{}", location="/late")
    answer, replayed = store_answer(keyed, sleeping_attempt, late)

    assert (answer.status_code, answer.body, replayed) == (202, standing.content, True)


def test_a_key_is_forgotten_after_90_days(caller: Caller) -> None:
    caller.post(body(), key="order-1")
    age(90 * 86_400 - 60)
    assert caller.post(body(), key="order-1")["Idempotent-Replayed"] == "true"
    assert forget_old_keys() == 0

    age(120)

    assert "Idempotent-Replayed" not in caller.post(body(), key="order-1")
    age(91 * 86_400)
    assert forget_old_keys() == 1
