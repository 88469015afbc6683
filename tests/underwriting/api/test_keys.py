"""API keys: form, checksum, life, scopes, and what they can see."""

from __future__ import annotations

import hashlib
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.underwriting.api.calling import Caller, body, make_caller
from underwriting.api.keys import (
    IssuedKey,
    KeyNotLive,
    KeyRefused,
    TooManyKeys,
    issue_key,
    revoke_key,
    rotate_key,
    verify_key,
)
from underwriting.audit.actor import SYSTEM
from underwriting.enums import Scope
from underwriting.models import AuditEntry

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_only_the_hash_of_the_secret_is_stored(caller: Caller) -> None:
    env, prefix, rest = caller.key_text.removeprefix("uw_").split("_")
    secret, check = rest[:-8], rest[-8:]

    assert (env, prefix) == ("test", caller.key.prefix)
    assert caller.key.secret_sha256 == hashlib.sha256(secret.encode()).hexdigest()
    assert check == f"{zlib.crc32(caller.key_text[:-8].encode()):08x}"
    assert caller.key_text not in repr(IssuedKey(row=caller.key, text=caller.key_text))


def test_a_look_alike_costs_no_query_and_a_real_key_one(caller: Caller) -> None:
    wrong_sum = caller.key_text[:-1] + ("0" if caller.key_text[-1] != "0" else "1")
    look_alikes = [
        wrong_sum,
        "",
        "x",
        "uw_test_",
        caller.key_text + "0",
        caller.key_text.upper(),
        "uw_test_" + "a" * 60,
    ]
    with CaptureQueriesContext(connection) as queries:
        for text in look_alikes:
            with pytest.raises(KeyRefused) as refusal:
                verify_key(text, now=NOW)
            assert refusal.value.code == "key_invalid"
    assert len(queries) == 0

    with CaptureQueriesContext(connection) as queries:
        assert verify_key(caller.key_text, now=NOW).client.lender == caller.lender
    assert len(queries) == 1


def test_a_right_prefix_with_another_secret_opens_nothing(caller: Caller) -> None:
    text = f"uw_test_{caller.key.prefix}_{'A' * 32}"
    forged = f"{text}{zlib.crc32(text.encode()):08x}"

    response = caller.http.get("/api/v1/products", headers={"Authorization": f"Bearer {forged}"})

    assert (response.status_code, response.json()["code"]) == (401, "key_invalid")


def test_a_live_key_does_not_work_in_a_test_environment(caller: Caller) -> None:
    text = caller.key_text[:-8].replace("uw_test_", "uw_live_")

    with pytest.raises(KeyRefused, match="live key"):
        verify_key(f"{text}{zlib.crc32(text.encode()):08x}", now=NOW)


def test_a_revoked_key_and_an_expired_key_are_refused_by_name(caller: Caller) -> None:
    expiring = issue_key(
        client=caller.client,
        scopes=[Scope.APPLICATIONS_READ],
        actor=SYSTEM,
        now=NOW,
        expires_at=NOW + timedelta(hours=1),
    )
    assert verify_key(expiring.text, now=NOW).pk == expiring.row.pk
    with pytest.raises(KeyRefused) as refusal:
        verify_key(expiring.text, now=NOW + timedelta(hours=1))
    assert refusal.value.code == "key_expired"

    assert caller.get("/products").status_code == 200
    revoke_key(key=caller.key, actor=SYSTEM, now=NOW, reason="lost")
    response = caller.get("/products")
    assert (response.status_code, response.json()["code"], response["WWW-Authenticate"]) == (
        401,
        "key_revoked",
        "Bearer",
    )
    with pytest.raises(KeyNotLive):
        revoke_key(key=caller.key, actor=SYSTEM, now=NOW)
    entry = AuditEntry.objects.get(action="api_key.revoked")
    assert (entry.before, entry.after, entry.reason) == ({"live": True}, {"live": False}, "lost")
    assert caller.key_text.split("_")[3] not in str(AuditEntry.objects.values_list())


def test_two_keys_may_live_for_a_rotation_and_no_third(caller: Caller) -> None:
    second = rotate_key(key=caller.key, actor=SYSTEM, now=NOW)
    assert second.row.scopes == caller.key.scopes
    with pytest.raises(TooManyKeys):
        rotate_key(key=caller.key, actor=SYSTEM, now=NOW)

    revoke_key(key=caller.key, actor=SYSTEM, now=NOW)

    assert verify_key(second.text, now=NOW).pk == second.row.pk
    with pytest.raises(KeyNotLive):
        rotate_key(key=caller.client.keys.get(pk=caller.key.pk), actor=SYSTEM, now=NOW)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dXNlcg==", "Token x"])
def test_no_key_is_answered_401(caller: Caller, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}

    response = caller.http.get("/api/v1/applications", headers=headers)

    assert (response.status_code, response.json()["code"]) == (401, "key_missing")


def test_each_operation_needs_its_scope(caller: Caller) -> None:
    caller.key.scopes = [Scope.APPLICATIONS_READ.value]
    caller.key.save()

    write = caller.post(body())
    explain = caller.get("/applications/00000000-0000-4000-8000-000000000000/explanation")

    assert (write.status_code, write.json()["code"]) == (403, "scope_missing")
    assert (explain.status_code, "explanations:read" in explain.json()["detail"]) == (403, True)
    assert caller.get("/applications").status_code == 200


def test_another_lenders_key_sees_nothing_of_an_application(caller: Caller) -> None:
    location = caller.post(body())["Location"]
    stranger = make_caller("northgate")
    missing = stranger.get("/applications/00000000-0000-4000-8000-000000000000").json()

    for path in ("", "/decision", "/timeline", "/explanation"):
        response = stranger.http.get(location + path, headers=stranger.headers())
        assert response.status_code == 404
        assert {**response.json(), "instance": ""} == {**missing, "instance": ""}
    assert stranger.get("/applications").json() == {"data": [], "has_more": False}
    foreign = location.rsplit("/", 1)[1]
    assert stranger.get(f"/applications?starting_after={foreign}").status_code == 400
    assert caller.http.get(location, headers=caller.headers()).status_code == 200
