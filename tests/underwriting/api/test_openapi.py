"""The OpenAPI document, and a fuzzer that believes every word of it, against a real web process."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.underwriting.api.calling import Caller, body, make_caller
from underwriting.intake.body import application_model

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]


@pytest.fixture
def document() -> dict[str, Any]:
    response = Client().get("/api/openapi.json")
    assert response.status_code == 200
    found: dict[str, Any] = json.loads(response.content)
    return found


def test_every_operation_documents_its_problems(document: dict[str, Any]) -> None:
    operations = {
        (path, method): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }

    assert document["openapi"].startswith("3.1")
    assert {path for path, _ in operations} >= {
        "/api/v1/applications", "/api/v1/applications/{public_id}", "/api/v1/applications/{public_id}/decision",
        "/api/v1/applications/{public_id}/explanation", "/api/v1/applications/{public_id}/timeline",
        "/api/v1/products", "/api/v1/products/{code}/schema",
    }  # fmt: skip
    for (path, method), operation in operations.items():
        documented = set(operation["responses"])
        assert documented >= {"401", "403", "405", "429", "503"}, (path, method)
        assert ("404" in documented) == ("{" in path), (path, method)
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], (path, status)
        assert operation["security"] == [{"ApiKey": []}]


def test_the_documents_example_is_accepted_by_the_product_it_names(
    db: None, document: dict[str, Any]
) -> None:
    request = document["paths"]["/api/v1/applications"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    caller = make_caller()

    for example in request["examples"]:
        assert caller.post(example).status_code == 202


def test_the_documents_body_names_every_field_of_every_demo_contract(
    db: None, document: dict[str, Any]
) -> None:
    request = document["paths"]["/api/v1/applications"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    for lender, product in (
        ("harbour", "instalment-loan"),
        ("northgate", "credit-line"),
        ("quarry", "pre-screen"),
    ):
        schema = application_model(make_caller(lender, product).product).model_json_schema()
        assert set(schema["properties"]) <= set(request["properties"])
        party = schema["$defs"]["Party"]["properties"]
        assert set(party) <= set(request["properties"]["applicant"]["properties"])


@pytest.fixture
def live(live_web: Callable[..., str]) -> tuple[str, Caller]:
    return live_web(count=1), make_caller(requests_per_minute=1_000_000)


def fuzz(live: tuple[str, Caller], *, examples: int) -> dict[str, int]:
    """So many requests an operation, half of them as documented and half not; returns how often each status was answered."""
    schema = schemathesis.openapi.from_url(f"{live[0]}/api/openapi.json")
    answered: Counter[str] = Counter()
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]  # an error raises here, which is right
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @settings(
                max_examples=examples // 2,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                database=None,
            )
            @seed(20261122)
            @given(case=operation.as_strategy(generation_mode=mode))
            def one(case: Any) -> None:
                answered[f"{case.method} {case.path} {call(case, live)}"] += 1

            one()
    return answered


def call(case: Any, live: tuple[str, Caller]) -> int:
    """Send one generated request with a real key; every second request for an application is for a real one."""
    caller = live[1]
    if "public_id" in (case.path_parameters or {}) and next(_turn) % 2:
        case.path_parameters["public_id"] = known_id(live)
    response = case.call_and_validate(headers={"Authorization": f"Bearer {caller.key_text}"}, checks=CHECKS)
    return int(response.status_code)


_turn = itertools.count()
_known: dict[str, str] = {}


def known_id(live: tuple[str, Caller]) -> str:
    """The id of one application of the server under test."""
    address, caller = live
    if address not in _known:
        answer = httpx.post(
            f"{address}/api/v1/applications",
            json=body(),
            headers=caller.headers(Idempotency_Key="fuzz"),
            timeout=30,
        )
        _known[address] = answer.json()["id"]
    return _known[address]


@pytest.mark.django_db(transaction=True)
def test_no_5xx_and_no_undocumented_answer_in_a_few_examples(live: tuple[str, Caller]) -> None:
    assert sum(fuzz(live, examples=6).values()) > 30


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_no_5xx_and_no_undocumented_answer_in_100_examples_an_operation(live: tuple[str, Caller]) -> None:
    for what, count in sorted(fuzz(live, examples=100).items()):
        print(f"{count:5} {what}")
