"""Invitations: one lender's, accepted by the person alone; neither the link nor the account is enough."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from tests.factories import make_lender, make_user
from underwriting.audit.actor import Actor
from underwriting.config.logging import REDACTED, redact
from underwriting.enums import ActorKind, Role
from underwriting.models import AuditEntry, Lender, Membership, User
from underwriting.people import invitations, staffing
from underwriting.people.invitations import Invitation

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
PASSPHRASE = "long-enough-passphrase-77"


@pytest.fixture
def harbour() -> Lender:
    return make_lender("harbour")


@pytest.fixture
def northgate() -> Lender:
    return make_lender("northgate")


def acting(user: User | None = None) -> Actor:
    return Actor(
        kind=ActorKind.USER, user_id=user.pk if user else None, name=user.name if user else "Sam Adeyemi"
    )


def invite(
    lender: Lender, *roles: Role, email: str = "nina@example.test", name: str = "Nina Olsen"
) -> Invitation:
    return invitations.invite_person(
        lender=lender, email=email, name=name, roles=roles or (Role.AUDITOR,), actor=acting(), now=NOW
    )


def open_account(invitation: Invitation, now: datetime = LATER) -> None:
    invitations.open_account(
        invitation=invitation, password=PASSPHRASE, actor=acting(invitation.user), now=now
    )


def join(invitation: Invitation, user: User) -> None:
    invitations.join_lender(invitation=invitation, user=user, actor=acting(user), now=LATER)


def token_of(invitation: Invitation) -> str:
    return invitation.path.split("/")[2]


def found(invitation: Invitation, now: datetime = LATER) -> Invitation | None:
    return invitations.find_invitation(token=token_of(invitation), now=now)


def in_force(user: User) -> set[tuple[str, str]]:
    return set(user.memberships.values_list("lender__code", "role"))


def entries(lender: Lender) -> list[tuple[str, str, str]]:
    rows = AuditEntry.objects.filter(lender=lender).order_by("pk")
    return list(rows.values_list("action", "object_label", "object_id"))


def test_an_invited_person_is_nothing_until_they_accept(harbour: Lender) -> None:
    nina = invite(harbour, Role.AUDITOR, Role.TEAM_LEAD).user

    assert in_force(nina) == set()
    assert staffing.standing_of(user=nina, lender=harbour) == staffing.Standing(
        name="Nina Olsen", roles=frozenset({Role.AUDITOR, Role.TEAM_LEAD}), suspended_at=None, invited_at=NOW
    )


def test_a_first_password_accepts_this_lender_alone(harbour: Lender, northgate: Lender) -> None:
    first, second = invite(harbour, Role.RISK_APPROVER), invite(northgate, Role.ADMIN)

    open_account(first)

    nina = User.objects.get(pk=first.user.pk)
    assert (nina.check_password(PASSPHRASE), in_force(nina)) == (True, {("harbour", "risk_approver")})
    label = ("Nina Olsen", str(nina.public_id))
    assert entries(harbour) == [("person.invited", *label), ("person.joined", *label)]
    assert entries(northgate) == [("person.invited", *label)]
    assert found(second) == second


def test_who_took_the_account_first_gets_nothing_of_the_second_lender(
    harbour: Lender, northgate: Lender
) -> None:
    taken = invite(harbour)
    open_account(taken)
    nina = User.objects.get(pk=taken.user.pk)

    second = invite(northgate, Role.ADMIN)

    assert in_force(nina) == {("harbour", "auditor")}
    with pytest.raises(invitations.InvitationOver):  # the link of the first lender accepts the first alone
        join(taken, nina)
    assert in_force(nina) == {("harbour", "auditor")}
    join(second, nina)
    assert in_force(nina) == {("harbour", "auditor"), ("northgate", "admin")}


def test_who_holds_the_second_lenders_link_gets_no_way_into_the_account(
    harbour: Lender, northgate: Lender
) -> None:
    open_account(invite(harbour, Role.RISK_APPROVER))
    second = invite(northgate)
    mallory = make_user("Mallory Finch", (northgate, Role.ADMIN))

    with pytest.raises(invitations.AccountThere):
        invitations.open_account(
            invitation=second, password="a-password-of-somebody-else-88", actor=acting(), now=LATER
        )
    with pytest.raises(invitations.OtherAccount):
        join(second, mallory)

    nina = User.objects.get(pk=second.user.pk)
    assert (nina.check_password(PASSPHRASE), in_force(nina)) == (True, {("harbour", "risk_approver")})
    assert in_force(mallory) == {("northgate", "admin")}


@pytest.mark.parametrize("suspended_at", [None, NOW])
def test_a_role_elsewhere_is_not_opened_even_where_no_password_guards_it(
    harbour: Lender, northgate: Lender, suspended_at: datetime | None
) -> None:
    nina = make_user("Nina Olsen", (harbour, Role.RISK_APPROVER), password=None)
    Membership.objects.filter(user=nina).update(suspended_at=suspended_at)

    with pytest.raises(invitations.AccountThere):
        open_account(invite(northgate))

    assert not User.objects.get(pk=nina.pk).has_usable_password()


def test_a_password_is_never_chosen_anew(northgate: Lender) -> None:
    """Also where no lender employs the person at the moment."""
    make_user("Nina Olsen")

    with pytest.raises(invitations.AccountThere):
        open_account(invite(northgate))


def test_the_account_takes_the_name_of_the_invitation_that_opened_it(
    harbour: Lender, northgate: Lender
) -> None:
    invite(harbour, name="Written By Somebody Else")
    second = invite(northgate)

    open_account(second)

    assert User.objects.get(pk=second.user.pk).name == "Nina Olsen"
    assert entries(northgate)[-1][:2] == ("person.joined", "Nina Olsen")


def test_an_invitation_works_once(harbour: Lender) -> None:
    invitation = invite(harbour)
    open_account(invitation)

    assert found(invitation) is None
    with pytest.raises(invitations.AccountThere):
        open_account(invitation)
    with pytest.raises(invitations.InvitationOver):
        join(invitation, invitation.user)
    assert [action for action, _, _ in entries(harbour)] == ["person.invited", "person.joined"]


def test_an_invitation_ends_after_three_days(harbour: Lender) -> None:
    invitation = invite(harbour)
    end = NOW + timedelta(days=3)

    assert found(invitation, end - timedelta(microseconds=1)) == invitation
    assert found(invitation, end) is None


def test_a_changed_link_is_none(harbour: Lender, northgate: Lender) -> None:
    invitation = invite(harbour)
    other = replace(invitation, lender=northgate)
    token = token_of(invitation)
    spliced = token_of(other)[: len(token) // 2] + token[len(token) // 2 :]

    assert found(invitation) == invitation
    assert found(other) is None  # well signed, and nobody invited Nina there
    for wrong in (spliced, token[:-8], token.swapcase(), "MQ", "!!", "\x00", "é", ""):
        assert invitations.find_invitation(token=wrong, now=LATER) is None, wrong


def test_a_link_signed_for_another_purpose_is_none(harbour: Lender, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(invitations, "SALT", "of something else")
        token = token_of(invite(harbour))

    assert invitations.find_invitation(token=token, now=LATER) is None


def test_a_renewal_ends_the_earlier_link_and_no_other_lenders(harbour: Lender, northgate: Lender) -> None:
    first, elsewhere = invite(harbour), invite(northgate)

    second = invitations.renew_invitation(lender=harbour, user=first.user, actor=acting(), now=LATER)

    assert [found(one) for one in (first, second, elsewhere)] == [None, second, elsewhere]
    assert [action for action, _, _ in entries(harbour)] == ["person.invited", "person.invited_again"]
    with pytest.raises(invitations.InvitationOver):  # a page that was open since before the renewal
        open_account(first)
    assert not User.objects.get(pk=first.user.pk).has_usable_password()


def test_a_renewal_is_for_whom_this_lender_waits(harbour: Lender, northgate: Lender) -> None:
    """Whatever other lenders do: the person may have joined there, or be invited, or be suspended."""
    open_account(invite(northgate))
    first = invite(harbour)

    again = invitations.renew_invitation(lender=harbour, user=first.user, actor=acting(), now=LATER)
    join(again, first.user)

    with pytest.raises(staffing.NothingToChange):
        invitations.renew_invitation(lender=harbour, user=first.user, actor=acting(), now=LATER)
    assert in_force(first.user) == {("harbour", "auditor"), ("northgate", "auditor")}


def test_a_role_given_to_somebody_who_has_not_accepted_waits_too(harbour: Lender) -> None:
    invitation = invite(harbour, Role.AUDITOR)

    staffing.change_roles(
        lender=harbour, user=invitation.user, roles=[Role.ADMIN, Role.TEAM_LEAD], seen_roles=[Role.AUDITOR],
        actor=acting(), now=LATER,
    )  # fmt: skip

    assert in_force(invitation.user) == set()
    assert found(invitation) == invitation
    open_account(invitation)
    assert in_force(invitation.user) == {("harbour", "admin"), ("harbour", "team_lead")}


def test_roles_are_not_given_past_an_invitation(harbour: Lender) -> None:
    stranger = make_user("Tom Whitfield", (make_lender("northgate"), Role.AUDITOR))

    with pytest.raises(ValueError, match="never invited"):
        staffing.change_roles(
            lender=harbour, user=stranger, roles=[Role.ADMIN], seen_roles=[], actor=acting(), now=LATER
        )


def test_a_suspension_holds_before_and_after_the_link(harbour: Lender) -> None:
    invitation = invite(harbour)
    suspend: dict[str, object] = {
        "lender": harbour, "user": invitation.user, "reason": "Wrong address", "actor": acting(), "now": NOW
    }  # fmt: skip
    staffing.suspend_person(**suspend)  # type: ignore[arg-type]

    assert found(invitation) is None
    with pytest.raises(invitations.InvitationOver):
        open_account(invitation)
    with pytest.raises(staffing.NothingToChange):
        invitations.renew_invitation(lender=harbour, user=invitation.user, actor=acting(), now=LATER)
    assert in_force(invitation.user) == set()

    staffing.reinstate_person(**suspend)  # type: ignore[arg-type]
    assert in_force(invitation.user) == set()
    assert found(invitation) == invitation


def test_a_person_who_was_shut_out_is_not_invited_in(harbour: Lender) -> None:
    invitation = invite(harbour)
    User.objects.filter(pk=invitation.user.pk).update(is_active=False)

    assert found(invitation) is None


def test_nobody_invites_themselves_or_somebody_twice(harbour: Lender) -> None:
    sam = make_user("Sam Adeyemi", (harbour, Role.ADMIN))
    invite(harbour)

    with pytest.raises(invitations.AlreadyHere):
        invite(harbour, email=" NINA@example.test ")
    with pytest.raises(staffing.OwnRoles):
        invitations.invite_person(
            lender=harbour, email=sam.email, name="Sam", roles=[Role.AUDITOR], actor=acting(sam), now=NOW
        )
    assert [action for action, _, _ in entries(harbour)] == ["person.invited"]


def test_what_a_lender_hears_of_an_invited_person_does_not_depend_on_their_account(
    harbour: Lender, northgate: Lender
) -> None:
    make_user("Kim Oduya", (harbour, Role.AUDITOR))

    new = invite(northgate, email="new@example.test", name="K. Person")
    known = invite(northgate, email="kim@example.test", name="K. Person")

    standings = [staffing.standing_of(user=one.user, lender=northgate) for one in (new, known)]
    assert standings[0] == standings[1]
    assert len(new.path) == len(known.path)
    assert {label for _, label, _ in entries(northgate)} == {"K. Person"}
    assert {len(number) for _, _, number in entries(northgate)} == {36}  # public ids, and no counted ones


def test_no_log_line_holds_a_link(harbour: Lender) -> None:
    path = invite(harbour).path

    event = redact(None, "info", {"request": f"GET {path}", "path": path})

    assert event == {"request": f"GET /invitation/{REDACTED}/", "path": f"/invitation/{REDACTED}/"}


@pytest.mark.django_db(transaction=True)
def test_two_links_sent_at_once_choose_one_password() -> None:
    first, second = invite(make_lender("harbour")), invite(make_lender("northgate"))
    start = threading.Barrier(2)
    refused: list[Invitation] = []

    def choosing(invitation: Invitation) -> None:
        start.wait()
        try:
            open_account(invitation)
        except invitations.AccountThere:
            refused.append(invitation)
        finally:
            connection.close()

    both = [threading.Thread(target=choosing, args=(one,)) for one in (first, second)]
    for one in both:
        one.start()
    for one in both:
        one.join(20)

    assert len(refused) == 1
    assert len(in_force(first.user)) == 1
