"""A lender with its desk and officers, and somebody about whom everything is on file."""

from __future__ import annotations

import pytest

from scoring.pipeline.run import run_batch
from tests.factories import make_lender, make_user
from tests.factories.personal import Remembered, remember
from tests.factories.reviewing import Desk, make_desk
from tests.scoring.pipeline.world import NOW, apply, claimed, clock, make_world
from underwriting.enums import Role
from underwriting.models import Lender, User


@pytest.fixture
def harbour(db: None) -> Lender:
    return make_lender()


@pytest.fixture
def desk(harbour: Lender) -> Desk:
    return make_desk(harbour)


@pytest.fixture
def ana(harbour: Lender) -> User:
    return make_user("Ana Ruiz", (harbour, Role.CREDIT_OFFICER))


@pytest.fixture
def tom(harbour: Lender) -> User:
    return make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER))


@pytest.fixture
def remembered(db: None) -> Remembered:
    """A knock-out decline of the real pipeline, with letter, document, messages, appeal and mail."""
    application = apply(make_world(), report={"bankruptcy_count": 1})
    run_batch(claimed(), clock=clock)
    application.refresh_from_db()
    return remember(application, now=NOW)
