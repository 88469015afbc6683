"""A caller whose data rolls back with the test."""

from __future__ import annotations

import pytest

from tests.underwriting.api.calling import Caller, make_caller


@pytest.fixture
def caller(db: None) -> Caller:
    return make_caller()
