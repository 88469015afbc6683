"""H-3, H-4 and H-5 at the server: one address, two renderings; no cache keeps either; a fragment never stands for the page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import make_lender, make_user
from tests.factories.reviewing import make_case, make_desk
from underwriting.enums import Role

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


@pytest.fixture
def paths(client: Client) -> list[str]:
    lender = make_lender()
    client.force_login(make_user("Ana Ruiz", (lender, Role.CREDIT_OFFICER)))
    case = make_case(make_desk(lender), now=timezone.now() - timedelta(minutes=5))
    return [f"/cases/{case}/decide/decline/", f"/cases/{case}/decide/approve/", "/queue/?view=all"]


def heads(answer: Any) -> tuple[str, bool]:
    return answer["Cache-Control"], "HX-Request" in answer["Vary"]


def test_an_address_answers_the_page_or_its_part_and_no_cache_keeps_either(
    client: Client, paths: list[str]
) -> None:
    for path in paths:
        page, part = client.get(path), client.get(path, headers=HX)
        assert (page.content[:15], b"<html" in part.content) == (b"<!doctype html>", False), path
        assert heads(page) == heads(part) == ("private, no-store", True), path


def test_every_request_of_a_page_carries_its_token_and_every_form_its_own(
    client: Client, paths: list[str]
) -> None:
    """H-4: with scripts the header of the body, without them the field; nothing is accepted without either."""
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    page = client.get(paths[0]).content.decode()

    assert 'hx-headers=\'{"X-CSRFToken": "' in page
    forms = page.count("<form")
    assert page.count('name="csrfmiddlewaretoken"') == page.count('method="post"') <= forms
    assert strict.post(paths[0], {"reasons": ["UT01"]}, headers=HX).status_code == 403
