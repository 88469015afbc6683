"""Reading applications, decisions, timelines, products."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import disclose, make_application, make_assessment
from tests.factories.applying import RECEIVED_AT
from tests.underwriting.api.calling import Caller, body
from underwriting.audit.actor import SYSTEM, Actor
from underwriting.audit.record import record_entry
from underwriting.decisions.offers import make_offers
from underwriting.enums import ActorKind, Outcome
from underwriting.models import Application, Assessment, Decision, User

REASON = {
    "rank": 1, "code": "U01", "text": "You use most of your card limits.", "source": "Credit report, Demo Bureau",
    "known_at": "2026-11-02T14:30:00+00:00", "do": "Lower balances usually help.", "share_points": -31.2,
}  # fmt: skip


def decide(application: Application, outcome: Outcome, *, number: int = 1, **changes: Any) -> Decision:
    assessment = Assessment.objects.filter(application=application).first() or make_assessment(
        application, contributions={"base_points": 655.5, "features": [
            {"name": "revolving_utilisation_ratio", "fact": "revolving_utilisation_ratio", "log_odds": 0.4, "points": -27.5, "value": 0.9, "typical": 0.4}
        ]},
    )  # fmt: skip
    values = {"decided_at": RECEIVED_AT + timedelta(seconds=number), "reasons": [REASON], "stage": "score"}
    decision = Decision.objects.create(
        application=application, lender=application.lender, number=number, assessment=assessment, outcome=outcome,
        **{**values, **changes},
    )  # fmt: skip
    make_offers([decision], now=decision.decided_at)
    return decision


@pytest.fixture
def application(caller: Caller) -> Application:
    return make_application(caller.product, client=caller.client)


def test_reasons_stay_hidden_until_the_disclosure_row(caller: Caller, application: Application) -> None:
    decision = decide(application, Outcome.DECLINE)
    path = f"/applications/{application.public_id}"

    before, before_decision = caller.get(path).json(), caller.get(f"{path}/decision").json()
    explanation = caller.get(f"{path}/explanation")
    disclose(decision)
    after, after_decision = caller.get(path).json(), caller.get(f"{path}/decision").json()

    assert (before["outcome"], before["reasons_status"], before["reasons"]) == ("DECLINE", "in_review", [])
    assert (before_decision["reasons_status"], before_decision["reasons"]) == ("in_review", [])
    assert (explanation.status_code, explanation.json()["code"]) == (404, "no_explanation_yet")
    shown = [{
        "rank": 1, "code": "U01", "text": "You use most of your card limits.", "source": "Credit report, Demo Bureau",
        "known_at": "2026-11-02T14:30:00+00:00", "what_may_help": "Lower balances usually help.",
    }]  # fmt: skip
    assert (after["reasons_status"], after["reasons"]) == ("disclosed", shown)
    assert after_decision == {
        "application": str(application.public_id), "number": 1, "outcome": "DECLINE", "decided_at": "2026-11-02T14:30:01Z",
        "decided_by": "SYSTEM", "offer": None, "reasons": shown, "reasons_status": "disclosed",
    }  # fmt: skip
    explained = caller.get(f"{path}/explanation").json()
    assert (explained["base_points"], explained["reasons"]) == (655.5, shown)
    assert explained["contributions"] == [
        {
            "feature": "revolving_utilisation_ratio",
            "fact": "revolving_utilisation_ratio",
            "points": -27.5,
            "log_odds": 0.4,
        }
    ]


def test_the_last_decision_stands_and_offers_are_decimal_strings(
    caller: Caller, application: Application
) -> None:
    first = decide(application, Outcome.DECLINE)
    officer = User.objects.create_user(email="ana@example.test", name="Ana Reyes")
    offer = {
        "amount_minor": 900_005,
        "term_months": 36,
        "annual_rate_bps": 1250,
        "instalment_minor": 30_108,
        "price_tier": "B",
    }
    standing = decide(
        application, Outcome.COUNTEROFFER, number=2, offer=offer, replaces=first, decided_by=officer
    )

    held = caller.get(f"/applications/{application.public_id}/decision").json()
    disclose(standing)
    answer = caller.get(f"/applications/{application.public_id}/decision").json()

    assert (held["offer"]["state"], held["offer"]["valid_until"]) == ("HELD", None)
    assert (answer["number"], answer["outcome"], answer["decided_by"]) == (2, "COUNTEROFFER", "PERSON")
    assert answer["offer"] == {
        "amount": "9000.05", "currency": "USD", "term_months": 36, "annual_rate": "12.50", "instalment": "301.08",
        "valid_until": "2026-12-02", "state": "OPEN", "conditional": False, "conditions": [],
    }  # fmt: skip
    assert "Ana" not in json.dumps(answer)


def test_no_decision_yet_is_a_404_with_its_own_code(caller: Caller, application: Application) -> None:
    response = caller.get(f"/applications/{application.public_id}/decision")

    assert (response.status_code, response.json()["code"]) == (404, "no_decision_yet")


def test_the_list_pages_by_cursor_without_a_query_an_item(caller: Caller) -> None:
    for minute in range(3):
        made = make_application(
            caller.product, client=caller.client, received_at=RECEIVED_AT + timedelta(minutes=minute // 2)
        )
        decide(made, Outcome.APPROVE)
    newest_first = [str(a.public_id) for a in Application.objects.order_by("-received_at", "-pk")]

    counts = []
    for limit in (1, 3):
        with CaptureQueriesContext(connection) as queries:
            page = caller.get(f"/applications?limit={limit}").json()
        counts.append(len(queries))
    seen, after = [], ""
    while True:
        page = caller.get(f"/applications?limit=2{after}").json()
        seen += [item["id"] for item in page["data"]]
        if not page["has_more"]:
            break
        after = f"&starting_after={seen[-1]}"

    assert counts == [4, 4]  # key, rate window, applications, decisions
    assert seen == newest_first


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "limit=",
        "limit=1e2",
        "limit=99999999999",
        "starting_after=x",
        "starting_after=%00",
        "starting_after=",
        "colour=red",
        "limit=%FF",
    ],
)
def test_bad_parameters_are_named(caller: Caller, query: str) -> None:
    response = caller.get(f"/applications?{query}")

    assert (response.status_code, response.json()["code"]) == (400, "parameter_invalid")
    assert response.json()["errors"][0]["pointer"] == f"?{query.split('=')[0]}"


def test_the_timeline_tells_events_without_staff_or_internal_steps(caller: Caller) -> None:
    public_id = caller.post(body()).json()["id"]
    application = Application.objects.get()
    ana = Actor(kind=ActorKind.USER, user_id=None, name="Ana Reyes", role="credit_officer")
    for actor, action in ((ana, "case.claimed"), (SYSTEM, "decision.recorded")):
        record_entry(
            actor=actor, action=action, object_type="x", object_id="1", lender_id=caller.lender.pk, application_id=application.pk,
            now=RECEIVED_AT, reason="Ana thinks so",
        )  # fmt: skip

    answer = caller.get(f"/applications/{public_id}/timeline")
    first = caller.get(f"/applications/{public_id}/timeline?limit=1").json()
    second = caller.get(
        f"/applications/{public_id}/timeline?limit=1&starting_after={first['data'][0]['id']}"
    ).json()

    assert [(event["actor"], event["action"]) for event in answer.json()["data"]] == [
        ("SYSTEM", "decision.recorded"), ("CLIENT", "application.submitted"),
    ]  # fmt: skip
    assert b"Ana" not in answer.content
    assert (first["has_more"], second["has_more"], second["data"][0]["action"]) == (
        True,
        False,
        "application.submitted",
    )
    for bad in ("abc", "-1", "9" * 30, "0"):
        assert caller.get(f"/applications/{public_id}/timeline?starting_after={bad}").status_code == 400


def test_products_and_their_schema(caller: Caller) -> None:
    assert caller.get("/products").json() == {
        "data": [
            {
                "code": "instalment-loan",
                "name": "Instalment Loan",
                "kind": "INSTALMENT",
                "currency": "USD",
                "is_open": True,
            }
        ],
        "has_more": False,
    }
    schema = caller.get("/products/instalment-loan/schema")
    assert (schema.status_code, schema["Content-Type"]) == (200, "application/schema+json")
    for example in schema.json()["examples"]:
        assert caller.post(example).status_code == 202
    assert caller.get("/products/credit-line/schema").status_code == 404
    assert caller.get("/products?starting_after=nothing").status_code == 400


def test_a_closed_product_is_not_offered(caller: Caller) -> None:
    caller.product.is_open = False
    caller.product.save()

    response = caller.post(body())

    assert (response.status_code, response.json()["code"]) == (422, "not_offered")
    assert not Application.objects.exists()


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("get", "/api/v1/nothing", 404, "not_found"),
    ("get", "/api/v1/applications/not-a-uuid", 404, "not_found"),
    ("post", "/api/v1/applications/", 404, "not_found"),
    ("delete", "/api/v1/applications", 405, "method_not_allowed"),
    ("put", "/api/v1/products", 405, "method_not_allowed"),
    ("patch", "/api/v1/products", 405, "method_not_allowed"),
    ("options", "/api/v1/products", 405, "method_not_allowed"),
    ("post", "/api/v1/products", 405, "method_not_allowed"),
])  # fmt: skip
def test_every_refusal_is_a_problem_document(
    caller: Caller, method: str, path: str, status: int, code: str
) -> None:
    response = getattr(caller.http, method)(path, headers=caller.headers(Idempotency_Key="k"))

    assert (response.status_code, response.json()["code"], response["Content-Type"]) == (
        status,
        code,
        "application/problem+json",
    )
    assert response.json()["type"].endswith(f"/developers/errors/#{code}")
    if status == 405:
        assert response["Allow"].startswith("GET, HEAD")


def test_an_accept_header_for_something_else_is_answered_in_json(caller: Caller) -> None:
    response = caller.get("/products", Accept="application/xml")

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
