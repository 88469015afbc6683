"""Invitations across lenders: who gets a way to choose a password, and so everything that it opens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP

from tests.factories import make_lender, make_user
from underwriting.audit.actor import Actor
from underwriting.enums import ActorKind, Role
from underwriting.models import AuditEntry, Lender, User
from underwriting.people import staffing

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)


@pytest.fixture
def harbour() -> Lender:
    return make_lender("harbour")


@pytest.fixture
def northgate() -> Lender:
    return make_lender("northgate")


def admin_of(lender: Lender) -> Actor:
    user = User.objects.filter(name=f"{lender.name}-admin").first() or make_user(
        f"{lender.name}-admin", (lender, Role.ADMIN)
    )
    return Actor(kind=ActorKind.USER, user_id=user.pk, name=user.name)


def invite(lender: Lender, role: Role, email: str = "nina@example.test") -> staffing.Invitation:
    return staffing.invite_person(
        lender=lender, email=email, name="Nina Olsen", roles=[role], actor=admin_of(lender), now=NOW
    )


def person_of(path: str) -> User | None:
    _, _, encoded, token, _ = path.split("/")
    return staffing.invited_person(encoded=encoded, token=token)


def test_a_second_lender_gets_no_way_into_an_account_that_opens_the_first(
    harbour: Lender, northgate: Lender
) -> None:
    first = invite(harbour, Role.RISK_APPROVER)
    second = invite(northgate, Role.AUDITOR)

    assert (person_of(first.path), second) == (first.user, staffing.Invitation(user=first.user, path=""))
    assert set(first.user.memberships.values_list("lender__code", "role")) == {
        ("harbour", "risk_approver"),
        ("northgate", "auditor"),
    }


def test_a_suspended_role_elsewhere_still_is_not_opened_by_this_lender(
    harbour: Lender, northgate: Lender
) -> None:
    nina = invite(harbour, Role.RISK_APPROVER).user
    staffing.suspend_person(lender=harbour, user=nina, reason="Left", actor=admin_of(harbour), now=NOW)

    assert invite(northgate, Role.AUDITOR).path == ""


def test_a_new_invitation_ends_the_earlier_one(harbour: Lender) -> None:
    first = invite(harbour, Role.AUDITOR)
    actor = Actor(kind=ActorKind.USER, user_id=None, name="Sam Adeyemi")

    second = staffing.renew_invitation(lender=harbour, user=first.user, actor=actor, now=NOW)

    assert (person_of(first.path), person_of(second.path)) == (None, first.user)
    assert AuditEntry.objects.filter(action="person.invited_again", object_id=str(first.user.pk)).count() == 1
    staffing.accept_invitation(user=second.user, password="long-enough-passphrase-77", actor=actor, now=NOW)
    with pytest.raises(staffing.NothingToChange):
        staffing.renew_invitation(lender=harbour, user=first.user, actor=actor, now=NOW)


def test_a_reset_takes_the_second_step_away_and_is_audited(harbour: Lender) -> None:
    ana = make_user("Ana Reyes", (harbour, Role.AUDITOR))
    TOTP.activate(ana, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    actor = admin_of(harbour)

    staffing.reset_second_step(lender=harbour, user=ana, actor=actor, now=NOW)

    assert not Authenticator.objects.filter(user=ana).exists()
    found = AuditEntry.objects.get(action="person.second_step_reset")
    assert (found.object_id, found.actor_name, found.lender_id) == (str(ana.pk), actor.name, harbour.pk)
    with pytest.raises(staffing.NothingToChange):
        staffing.reset_second_step(lender=harbour, user=ana, actor=actor, now=NOW)


@pytest.mark.parametrize("help_in", [staffing.renew_invitation, staffing.reset_second_step])
def test_neither_help_is_for_oneself_or_for_somebody_of_two_lenders(
    harbour: Lender, northgate: Lender, help_in: Callable[..., Any]
) -> None:
    both = make_user("Kim Oduya", (harbour, Role.AUDITOR), (northgate, Role.AUDITOR), password=None)
    TOTP.activate(both, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    before = User.objects.get(pk=both.pk).password

    with pytest.raises(staffing.NotOnlyHere):
        help_in(lender=harbour, user=both, actor=admin_of(harbour), now=NOW)
    own = Actor(kind=ActorKind.USER, user_id=both.pk, name=both.name)
    with pytest.raises(staffing.OwnRoles):
        help_in(lender=harbour, user=both, actor=own, now=NOW)
    assert User.objects.get(pk=both.pk).password == before
    assert Authenticator.objects.filter(user=both).count() == 1
