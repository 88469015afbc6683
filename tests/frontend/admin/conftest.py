"""A lender, and somebody signed in who administers it."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import make_lender, make_user
from underwriting.enums import Role
from underwriting.models import Lender


@pytest.fixture
def lender() -> Lender:
    return make_lender()


@pytest.fixture
def admin(client: Client, lender: Lender) -> Client:
    client.force_login(make_user("Sam Adeyemi", (lender, Role.ADMIN), password=None))
    return client
