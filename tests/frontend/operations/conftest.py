"""A desk with one case, and an officer's browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.actions.claim import claim_case
from review_queue.models import ReviewCase
from tests.factories import actor_of, make_lender, make_user
from tests.factories.reviewing import Desk, make_case, make_desk
from underwriting.enums import Role
from underwriting.models import Lender, User


@pytest.fixture
def harbour() -> Lender:
    return make_lender()


@pytest.fixture
def desk(harbour: Lender) -> Desk:
    return make_desk(harbour)


@pytest.fixture
def case(desk: Desk) -> ReviewCase:
    return make_case(desk, now=timezone.now() - timedelta(minutes=5))


@pytest.fixture
def ana(harbour: Lender) -> User:
    return make_user("Ana Ruiz", (harbour, Role.CREDIT_OFFICER))


@pytest.fixture
def officer(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


def claimed(case: ReviewCase, user: User, *, ago: timedelta = timedelta(0)) -> ReviewCase:
    actor = actor_of(user)
    return claim_case(case_id=case.pk, user=user, actor=actor, now=timezone.now() - ago)


def url(case: ReviewCase, rest: str = "") -> str:
    return f"/cases/{case}/{rest}"
