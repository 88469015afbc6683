"""S26: keys are shown once, revoked with their consequence stated, and belong to one lender."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_application, make_client, make_lender, make_product, make_user
from underwriting.api.keys import issue_key, live_keys, verify_key
from underwriting.audit.actor import SYSTEM
from underwriting.enums import Role, Scope
from underwriting.models import ApiClient, ApiKey, AuditEntry, Lender

pytestmark = pytest.mark.django_db
SCOPES = ["applications:write", "applications:read"]


@pytest.fixture
def lender() -> Lender:
    return make_lender()


@pytest.fixture
def web(lender: Lender) -> ApiClient:
    return make_client(lender)


@pytest.fixture
def admin(client: Client, lender: Lender) -> Client:
    client.force_login(make_user("Sam Adeyemi", (lender, Role.ADMIN), password=None))
    return client


def now() -> datetime:
    return timezone.now()


def test_a_new_key_is_shown_once_and_works(admin: Client, web: ApiClient) -> None:
    page = admin.post("/admin-area/keys/clients/web/new-key/", {"scopes": SCOPES, "seen": ""})
    found = re.search(r'id="new-key">(uw_test_[^<]+)<', page.content.decode())

    assert page.status_code == 200
    assert found is not None
    assert "no-store" in page["Cache-Control"]
    key = verify_key(found[1], now=now())
    assert (key.client, sorted(key.scopes), key.created_by is not None) == (web, sorted(SCOPES), True)
    entry = AuditEntry.objects.get(action="api_key.issued")
    assert (entry.actor_name, entry.after) == ("Sam Adeyemi", {"scopes": sorted(SCOPES), "live": True})
    secret = found[1].split("_")[3]
    later = admin.get("/admin-area/keys/").content.decode()
    assert secret not in later
    assert f"{key.prefix}…{key.last_four}" in later
    assert secret not in str(list(AuditEntry.objects.values())) + str(list(ApiKey.objects.values()))


def test_sending_the_form_again_makes_no_second_key(admin: Client, web: ApiClient) -> None:
    sent = {"scopes": SCOPES, "seen": ""}
    admin.post("/admin-area/keys/clients/web/new-key/", sent)

    again = admin.post("/admin-area/keys/clients/web/new-key/", sent)

    assert (again.status_code, live_keys(web, now=now()).count()) == (409, 1)
    assert b"No key was made now" in again.content


def test_two_keys_at_most_and_a_scope_at_least(admin: Client, web: ApiClient) -> None:
    keys = [
        issue_key(client=web, scopes=[Scope.APPLICATIONS_READ], actor=SYSTEM, now=now()).row for _ in range(2)
    ]
    seen = ",".join(key.prefix for key in keys)

    third = admin.post("/admin-area/keys/clients/web/new-key/", {"scopes": SCOPES, "seen": seen})
    none = admin.post("/admin-area/keys/clients/web/new-key/", {"scopes": [], "seen": seen})

    assert (third.status_code, none.status_code, ApiKey.objects.count()) == (422, 422, 2)
    assert b"Revoke one first" in third.content


def test_a_revocation_states_its_consequence_and_needs_a_reason(
    admin: Client, lender: Lender, web: ApiClient
) -> None:
    issued = issue_key(client=web, scopes=[Scope.APPLICATIONS_READ], actor=SYSTEM, now=now())
    make_application(make_product(lender), client=web, received_at=now())
    address = f"/admin-area/keys/{issued.row.prefix}/revocation/"

    panel = admin.get(address).content.decode()
    without_reason = admin.post(address, {"reason": ""})
    revoked = admin.post(address, {"reason": "Posted in a public place"})
    again = admin.post(address, {"reason": "twice"})

    assert "This is the only live key of Web" in panel
    assert "1 application came through Web in the last 24 hours" in panel
    assert f"Revoke key ending {issued.row.last_four}</button>" in panel
    assert (without_reason.status_code, revoked.status_code, again.status_code) == (422, 303, 422)
    assert not live_keys(web, now=now()).exists()
    entry = AuditEntry.objects.get(action="api_key.revoked")
    assert (entry.before, entry.after, entry.reason) == (
        {"live": True},
        {"live": False},
        "Posted in a public place",
    )


def test_a_channel_is_added_once(admin: Client, lender: Lender) -> None:
    values = {"name": "Brokers", "code": "brokers", "channel": "broker", "requests_per_minute": "120"}

    assert admin.post("/admin-area/keys/clients/", values).status_code == 303
    twice = admin.post("/admin-area/keys/clients/", values)

    assert (twice.status_code, b"There is a client with this code already" in twice.content) == (422, True)
    client = ApiClient.objects.get(lender=lender)
    assert (client.channel, client.requests_per_minute) == ("broker", 120)


def test_keys_and_channels_of_another_lender_are_not_there(admin: Client) -> None:
    theirs = make_client(make_lender("northgate"), "theirs")
    key = issue_key(client=theirs, scopes=[], actor=SYSTEM, now=now()).row

    for path in (
        "/admin-area/keys/clients/theirs/new-key/",
        f"/admin-area/keys/{key.prefix}/revocation/",
        "/admin-area/keys/nothing/revocation/",
    ):
        assert admin.get(path).status_code == 404
        assert admin.post(path, {"scopes": SCOPES, "seen": key.prefix, "reason": "x"}).status_code == 404
    assert key.prefix.encode() not in admin.get("/admin-area/keys/").content
    assert live_keys(theirs, now=now()).count() == 1


def test_an_auditor_sees_keys_and_makes_none(client: Client, lender: Lender, web: ApiClient) -> None:
    key = issue_key(client=web, scopes=[], actor=SYSTEM, now=now()).row
    client.force_login(make_user("Viktor Sorensen", (lender, Role.AUDITOR), password=None))

    page = client.get("/admin-area/keys/").content.decode()

    assert key.prefix in page
    assert "Revoke" not in page
    assert client.get(f"/admin-area/keys/{key.prefix}/revocation/").status_code == 403
    assert client.post("/admin-area/keys/clients/web/new-key/", {"scopes": SCOPES}).status_code == 403


def test_the_list_costs_the_same_with_one_client_and_with_three(
    admin: Client, lender: Lender, web: ApiClient
) -> None:
    admin.get("/admin-area/keys/")  # the first request of a session also writes it
    counts = []
    for code in (None, "branch", "broker"):
        if code:
            issue_key(client=make_client(lender, code), scopes=[], actor=SYSTEM, now=now())
        with CaptureQueriesContext(connection) as queries:
            admin.get("/admin-area/keys/")
        counts.append(len(queries))

    assert counts == [6, 6, 6]  # session, person, clients, keys, history, preference
