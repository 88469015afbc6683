"""The page that problems point to, and the explorer with its one exception in the policy."""

from __future__ import annotations

from django.test import Client

from underwriting.api.problems import PROBLEM_TYPES


def test_every_code_has_its_place_on_the_page(client: Client) -> None:
    page = client.get("/developers/errors/").content.decode()

    assert all(f'<tr id="{code}">' in page for code in PROBLEM_TYPES)


def test_only_the_explorer_may_show_data_images(client: Client) -> None:
    explorer, errors = client.get("/developers/explorer/"), client.get("/developers/errors/")

    assert "img-src 'self' data:" in explorer["Content-Security-Policy"]
    assert "data:" not in errors["Content-Security-Policy"]
    assert b"<script>" not in explorer.content
    assert b'data-document="/api/openapi.json"' in explorer.content
