"""The page that problems point to, and the reference."""

from __future__ import annotations

from django.test import Client

from underwriting.api.problems import PROBLEM_TYPES


def test_every_code_has_its_place_on_the_page(client: Client) -> None:
    page = client.get("/developers/errors/").content.decode()

    assert all(f'<tr id="{code}">' in page for code in PROBLEM_TYPES)


def test_the_reference_shows_every_operation_of_the_document(client: Client) -> None:
    document = client.get("/api/openapi.json").json()

    page = client.get("/developers/").content.decode()

    named = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(named) == 16
    assert all(f'<h2 id="{name}">' in page for name in named)
    assert "<code>applicant.identity.national_id</code>" in page
    assert "Idempotency-Key" in page
