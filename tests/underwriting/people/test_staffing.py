"""Help for somebody who lost their second step: from the one lender that employs them, and it ends their sessions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client

from tests.factories import actor_of, make_lender, make_user
from underwriting.audit.actor import SYSTEM, Actor
from underwriting.enums import ActorKind, Role
from underwriting.models import AuditEntry, Lender, Membership, User
from underwriting.people import invitations, staffing

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SAM = Actor(kind=ActorKind.USER, user_id=None, name="Sam Adeyemi")


@pytest.fixture
def harbour() -> Lender:
    return make_lender("harbour")


@pytest.fixture
def ana(harbour: Lender) -> User:
    ana = make_user("Ana Reyes", (harbour, Role.AUDITOR))
    TOTP.activate(ana, SECRET)
    return ana


def reset(lender: Lender, user: User, actor: Actor = SAM) -> None:
    staffing.reset_second_step(lender=lender, user=user, actor=actor, now=NOW)


def has_second_step(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user).exists())


def test_a_reset_takes_the_second_step_away_and_is_audited(harbour: Lender, ana: User) -> None:
    reset(harbour, ana)

    assert not has_second_step(ana)
    found = AuditEntry.objects.get(action="person.second_step_reset")
    assert (found.object_id, found.object_label, found.actor_name, found.lender_id) == (
        str(ana.public_id), "Ana Reyes", "Sam Adeyemi", harbour.pk,
    )  # fmt: skip
    with pytest.raises(staffing.NothingToChange):
        reset(harbour, ana)


def test_a_reset_ends_every_session_of_this_person_and_no_other(harbour: Lender, ana: User) -> None:
    bea = make_user("Bea Lund", (harbour, Role.AUDITOR))
    hers, her_other, beas = Client(), Client(), Client()
    for client, user in ((hers, ana), (her_other, ana), (beas, bea)):
        client.force_login(user)

    reset(harbour, ana)

    answers = [client.get("/me/settings/").status_code for client in (hers, her_other, beas)]
    assert answers == [302, 302, 200]


@pytest.mark.parametrize("suspended_at", [None, NOW])
def test_a_reset_is_refused_where_another_lender_employs_the_person(
    harbour: Lender, ana: User, suspended_at: datetime | None
) -> None:
    Membership.objects.create(
        user=ana, lender=make_lender("northgate"), role=Role.AUDITOR, since=NOW, suspended_at=suspended_at
    )

    with pytest.raises(staffing.NotOnlyHere):
        reset(harbour, ana)

    assert has_second_step(ana)


def test_an_invitation_elsewhere_stops_no_reset_and_allows_none(harbour: Lender, ana: User) -> None:
    northgate = make_lender("northgate")
    invitations.invite_person(
        lender=northgate, email=ana.email, name="Ana", roles=[Role.ADMIN], actor=SYSTEM, now=NOW
    )

    with pytest.raises(staffing.NotJoined):
        reset(northgate, ana)
    assert has_second_step(ana)
    reset(harbour, ana)
    assert not has_second_step(ana)


def test_nobody_resets_their_own_second_step_or_a_strangers(harbour: Lender, ana: User) -> None:
    with pytest.raises(staffing.OwnRoles):
        reset(harbour, ana, actor_of(ana))
    with pytest.raises(staffing.NotJoined):
        reset(make_lender("northgate"), ana)

    assert has_second_step(ana)
