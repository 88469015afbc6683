"""The gates: not yours is answered like not there; a suspension takes every right at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from tests.factories import make_application, make_client, make_lender, make_product, make_user
from underwriting.api.keys import issue_key
from underwriting.audit.actor import SYSTEM
from underwriting.enums import Role
from underwriting.models import Holiday, Membership
from underwriting.people.access import (
    NotYours,
    access_application,
    access_client,
    access_holiday,
    access_key,
    access_person,
    access_product,
)

pytestmark = pytest.mark.django_db


def test_a_client_gets_its_lenders_applications_and_no_others() -> None:
    ours, theirs = make_lender("harbour"), make_lender("northgate")
    application = make_application(make_product(ours))
    client, stranger = make_client(ours, "branch"), make_client(theirs)

    assert access_application(client, application.public_id) == application
    assert access_application(client, str(application.public_id)) == application
    for who, what in ((stranger, application.public_id), (client, uuid.uuid4()), (client, "no uuid")):
        with pytest.raises(NotYours, match="There is no application with this id"):
            access_application(who, what)


def test_every_gate_opens_to_its_own_lender_alone() -> None:
    ours, theirs = make_lender("harbour"), make_lender("northgate")
    product, client = make_product(ours), make_client(ours, "branch")
    key = issue_key(client=client, scopes=[], actor=SYSTEM, now=datetime(2026, 11, 1, tzinfo=UTC)).row
    person = make_user("Ana Reyes", (ours, Role.CREDIT_OFFICER))
    holiday = Holiday.objects.create(lender=ours, on=date(2026, 12, 25), name="Christmas Day")

    assert access_product(client, product.code) == product
    with pytest.raises(NotYours):
        access_product(make_client(theirs), product.code)
    gates: list[tuple[Callable[..., object], object, object]] = [
        (access_client, "branch", client), (access_key, key.prefix, key), (access_person, person.public_id, person),
        (access_holiday, holiday.pk, holiday),
    ]  # fmt: skip
    for gate, name, thing in gates:
        assert gate(ours, name) == thing
        with pytest.raises(NotYours):
            gate(theirs, name)


@pytest.mark.parametrize("state", ["suspended_at", "invited_at"])
def test_a_membership_that_is_not_in_force_is_not_seen_unless_asked_for(state: str) -> None:
    harbour, northgate = make_lender("harbour"), make_lender("northgate")
    tom = make_user(
        "Tom Whitfield", (harbour, Role.CREDIT_OFFICER), (harbour, Role.TEAM_LEAD), (northgate, Role.AUDITOR)
    )

    Membership.objects.filter(lender=harbour).update(**{state: timezone.now()})

    assert [membership.role for membership in tom.memberships.all()] == [Role.AUDITOR]
    assert not harbour.memberships.exists()
    assert Membership.in_any_state.filter(user=tom).count() == 3
    assert access_person(harbour, tom.public_id) == tom
