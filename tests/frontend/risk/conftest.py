"""A policy with people, and clients of those who write and who approve."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.frontend.risk.screens import signed_in
from tests.underwriting.policy.conftest import Desk, build_desk


@pytest.fixture
def desk() -> Desk:
    return build_desk()


@pytest.fixture
def manager(desk: Desk) -> Client:
    return signed_in(desk.manager)


@pytest.fixture
def approver(desk: Desk) -> Client:
    return signed_in(desk.approver)
