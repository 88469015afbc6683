"""What no form of ours sends, in addresses and in fields: answered or refused, never an error of the desk."""

from __future__ import annotations

import base64

import pytest
from django.test import Client

from review_queue.models import ReviewCase
from tests.frontend.operations.conftest import claimed, url
from underwriting.models import User

pytestmark = pytest.mark.django_db


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "junk",
    [
        "after=%00",
        "after=e30",
        "sort=;drop",
        "view=zz",
        "words=%00%ff",
        "product=%27",
        "after=WzEsMV0",
        "since=99999999999999999999",
        "product=%00",
        "channel=a%00b",
        f"after={cursor('[' * 2_900)}",
        f"after={cursor('[' * 60)}",
        f"sort=amount&after={cursor('[true, 1]')}",
        f"sort=amount&after={cursor(f'[{10**60}, 1]')}",
        f"sort=amount&after={cursor('[1, true]')}",
        "sort=due&after=" + cursor('["0001-01-01T00:00:00+14:00", 1, 1]'),
        "sort=age&after=" + cursor('["9999-12-31T23:59:59-14:00", 1]'),
    ],
)
def test_junk_in_the_address_is_answered(officer: Client, case: ReviewCase, junk: str) -> None:
    assert officer.get(f"/queue/?{junk}").status_code == 200
    assert officer.get(f"{url(case)}?{junk}").status_code == 200


def test_a_draft_with_nul_is_kept_without_it(officer: Client, ana: User, case: ReviewCase) -> None:
    claimed(case, ana)

    saved = officer.post(
        url(case, "draft/decline/"), {"sentence": "Not\x00 finished", "reasons": ["EN\x0001"]}
    )

    assert saved.status_code == 204
    case.refresh_from_db()
    assert case.draft == {str(ana.pk): {"decline": {"sentence": ["Not finished"], "reasons": ["EN01"]}}}


@pytest.mark.parametrize(
    "action", ["claim/", "decide/decline/", "decide/approve/", "release/", "undo/", "advice/"]
)
def test_nul_in_any_field_is_answered(officer: Client, ana: User, case: ReviewCase, action: str) -> None:
    claimed(case, ana)
    names = (
        "sentence",
        "reasons",
        "mitigating_factor",
        "price_tier",
        "assessment",
        "view",
        "product",
        "channel",
        "words",
    )

    answered = officer.post(url(case, action), dict.fromkeys(names, "a\x00b"))

    assert answered.status_code < 500
