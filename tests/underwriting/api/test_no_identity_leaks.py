"""A canary: an applicant whose every word is unique. It may be in no table and in no log, however the request ends."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.apps import apps
from django.db import connection
from django.test import override_settings

from tests.processes import RealProcesses
from tests.underwriting.api.calling import Caller, body, make_caller
from underwriting.models import Party
from underwriting.people.identity import open_identity

CANARIES = (
    "Zebulon", "Quixworth", "1984-02-29", "777-66-5544", "777665544", "zebulon.quixworth", "555 0187", "Kestrelcroft",
)  # fmt: skip


def everything_stored() -> str:
    """Every row of every table as text, and every binary column also as the text it might be."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" AS t')
            texts += [str(row[0]) for row in cursor.fetchall()]
    return "\n".join(texts)


def leaked(text: str) -> list[str]:
    lower = text.lower()
    return [canary for canary in CANARIES if canary.lower() in lower or canary.encode().hex() in lower]


def broken_bodies() -> list[Any]:
    """Requests that end badly, each in another place, all with the canary inside."""
    wrong_amount, unknown, wrong_date = body(requested_amount="x"), body(surprise=1), body()
    wrong_date["applicant"]["identity"]["birth_date"] = "1984-02-30 Quixworth"
    wrong_report = body()
    wrong_report["applicant"]["credit_report"] = {"facts": {"bureau_score": "Quixworth"}}
    return [
        wrong_amount,
        unknown,
        wrong_date,
        wrong_report,
        b'{"name": "Zebulon Quixworth", "name": 1}',
        b'{"Quixworth',
    ]


def test_no_identity_is_stored_or_logged_in_plain_text(
    db: None, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caller = make_caller()
    with caplog.at_level(logging.DEBUG):
        assert caller.post(body(), key="order-1").status_code == 202
        assert caller.post(body(requested_amount="12000.01"), key="order-1").status_code == 422
        for content in broken_bodies():
            assert caller.post(content).status_code in (400, 422)
        with override_settings(FIELD_INDEX_KEY=b""):
            assert caller.post(body(requested_amount="15000.00")).status_code == 500
        located = caller.get("/applications").json()
        caller.get(f"/applications/{located['data'][0]['id']}/timeline")

    logged = "\n".join(
        f"{record.getMessage()} {record.args} {record.__dict__} {record.exc_text}"
        for record in caplog.records
    )
    printed = capfd.readouterr()
    assert "api_failed" in logged, "the failing request was not logged, so this test looked at nothing"
    assert leaked(logged + printed.out + printed.err + caplog.text) == []
    assert leaked(everything_stored()) == []
    assert leaked(str(located)) == []
    assert open_identity(Party.objects.get()).family_name == "Quixworth", "the canary was not stored at all"


def test_the_canary_would_be_seen(db: None) -> None:
    caller = make_caller()
    caller.post(body())
    assert leaked(everything_stored()) == []

    Party.objects.update(identity=b"Zebulon")
    assert leaked(everything_stored()) == ["Zebulon"]
    assert set(connection.introspection.table_names()) >= {
        model._meta.db_table for model in apps.get_models()
    }


@pytest.mark.django_db(transaction=True)
def test_a_real_web_process_prints_no_identity_and_no_key(
    live_web: Callable[..., str], real_processes: RealProcesses
) -> None:
    address = live_web(count=1, UW_LOG_LEVEL="DEBUG")
    caller: Caller = make_caller()
    for number, content in enumerate([body(), body(colour="Quixworth"), *broken_bodies()[:4]]):
        httpx.post(
            f"{address}/api/v1/applications",
            json=content,
            headers=caller.headers(Idempotency_Key=f"order-{number}"),
            timeout=30,
        )

    printed = real_processes.log(real_processes.started[0])

    assert "/api/v1/applications" in printed, "nothing was logged, so this test looked at nothing"
    assert leaked(printed) == []
    assert caller.key_text.split("_")[3] not in printed
