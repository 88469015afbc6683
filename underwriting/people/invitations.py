"""How somebody comes to work at a lender: the lender's administrator invites, and the person alone accepts.

An invitation belongs to one lender. Its link is handed over by the administrator, who could open it, and an account may be
in the hands of whoever invited its address first; so neither is enough. Until the person has accepted with this lender's
link, signed in to the account where there is one, no role at this lender is in force.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from underwriting.audit.actor import Actor
from underwriting.enums import Role
from underwriting.models import Lender, Membership, User
from underwriting.people.staffing import NothingToChange, OwnRoles, record_person, role_words, standing_of

LIFETIME = timedelta(days=3)
SALT = "underwriting.people.invitations"


class AlreadyHere(Exception):
    """This address belongs to somebody whom the lender has invited, or who works or worked there."""


class InvitationOver(Exception):
    """The invitation was used, renewed or suspended."""


class AccountThere(Exception):
    """The person has an account: they sign in to it, and nobody chooses its password by an invitation."""


class OtherAccount(Exception):
    """The invitation was made for another account than the one that is signed in."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A person whom a lender waits for. `name` is the one in the invitation; the account may bear another."""

    user: User
    lender: Lender
    name: str
    invited_at: datetime

    def __repr__(self) -> str:
        return f"Invitation({self.user.pk}, hidden)"

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0]

    @property
    def path(self) -> str:
        """The link: works once, until `ends_at`, for this lender alone, and not after a renewal.

        One segment of one alphabet, which the log filter takes for a secret; and without a number of the account, which
        would tell how old it is.
        """
        named = [self.user.public_id.hex, self.lender.pk, self.invited_at.isoformat()]
        return f"/invitation/{urlsafe_base64_encode(_signer().sign_object(named).encode())}/"

    @property
    def ends_at(self) -> datetime:
        return ends_at(self.invited_at)


def ends_at(invited_at: datetime) -> datetime:
    """When the link of an invitation stops working."""
    return invited_at + LIFETIME


def invite_person(
    *, lender: Lender, email: str, name: str, roles: Collection[Role], actor: Actor, now: datetime
) -> Invitation:
    """Invite somebody to the lender, as these roles. Nothing about it depends on whether the address has an account.

    Raises:
        OwnRoles: the address is the actor's own. AlreadyHere: the person is here, or invited, already.
    """
    email, name = email.strip().lower(), name.strip()
    with transaction.atomic():
        # The same statements for an address that is known and for a new one: neither words nor time tell them apart.
        new = User(email=email, name=name, password=make_password(None))
        User.objects.bulk_create([new], ignore_conflicts=True)
        user = User.objects.select_for_update().get(email=email)
        if user.pk == actor.user_id:
            raise OwnRoles("nobody invites themselves")
        if Membership.in_any_state.filter(user=user, lender=lender).exists():
            raise AlreadyHere(f"{user.email} is here already")
        Membership.objects.bulk_create(
            Membership(
                user=user, lender=lender, role=role.value, since=now, invited_at=now, invited_as=name
            )
            for role in sorted(roles)
        )  # fmt: skip
        record_person(
            user, lender, "person.invited", name=name, after={"roles": role_words(roles)}, actor=actor, now=now
        )  # fmt: skip
    return Invitation(user=user, lender=lender, name=name, invited_at=now)


def renew_invitation(*, lender: Lender, user: User, actor: Actor, now: datetime) -> Invitation:
    """Make a new invitation for somebody who has not accepted; every earlier one of this lender ends.

    Raises:
        NothingToChange: they have joined already, or are suspended.
    """
    with transaction.atomic():
        found = User.objects.select_for_update().get(pk=user.pk)
        standing = standing_of(user=found, lender=lender)
        waiting = _waiting(found, lender).update(invited_at=now)
        if not waiting:
            raise NothingToChange("no invitation waits")
        record_person(found, lender, "person.invited_again", name=standing.name, actor=actor, now=now)
    return Invitation(user=found, lender=lender, name=standing.name, invited_at=now)


def find_invitation(*, token: str, now: datetime) -> Invitation | None:
    """The invitation of a link; None when it is used, renewed, suspended, too old, or was never made."""
    try:
        person, lender_id, moment = _signer().unsign_object(urlsafe_base64_decode(token).decode())
    except (ValueError, signing.BadSignature):
        return None
    row = (
        Membership.in_any_state.select_related("user", "lender")
        .filter(
            user__public_id=UUID(person), user__is_active=True, lender_id=lender_id, suspended_at__isnull=True,
            invited_at=datetime.fromisoformat(moment),
        )
        .first()
    )  # fmt: skip
    if row is None or row.invited_at is None or now >= ends_at(row.invited_at):
        return None
    return Invitation(user=row.user, lender=row.lender, name=row.invited_as, invited_at=row.invited_at)


def has_account(user: User) -> bool:
    """Whether there is something to sign in to, so that an invitation does not open it.

    A role in force anywhere counts even without a password: choosing one would be a way to that role.
    """
    joined = Membership.in_any_state.filter(user=user, invited_at__isnull=True)
    return user.has_usable_password() or joined.exists()


def open_account(*, invitation: Invitation, password: str, actor: Actor, now: datetime) -> None:
    """Accept with a first password, whose strength the caller has checked. Other lenders' invitations go on waiting.

    Raises:
        AccountThere, InvitationOver.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=invitation.user.pk)
        if has_account(user):
            raise AccountThere("this person signs in to accept")
        user.name = invitation.name  # not what somebody else wrote who invited the address before
        user.set_password(password)
        user.save(update_fields=["name", "password"])
        _accept(invitation, user, actor=actor, now=now)


def join_lender(*, invitation: Invitation, user: User, actor: Actor, now: datetime) -> None:
    """Accept as the signed-in person.

    Raises:
        OtherAccount, InvitationOver.
    """
    if user.pk != invitation.user.pk:
        raise OtherAccount("this invitation is for another account")
    with transaction.atomic():
        found = User.objects.select_for_update().get(pk=user.pk)
        _accept(invitation, found, actor=actor, now=now)


def _accept(invitation: Invitation, user: User, *, actor: Actor, now: datetime) -> None:
    accepted = (
        _waiting(user, invitation.lender)
        .filter(invited_at=invitation.invited_at)
        .update(invited_at=None, invited_as="", since=now)
    )
    if not accepted:
        raise InvitationOver("the invitation was used, renewed or suspended")
    record_person(user, invitation.lender, "person.joined", name=user.name, actor=actor, now=now)


def _waiting(user: User, lender: Lender) -> QuerySet[Membership]:
    """What a person has of a lender's invitation. Suspended ones wait for nothing: accepting would not lift that."""
    return Membership.in_any_state.filter(
        user=user, lender=lender, invited_at__isnull=False, suspended_at__isnull=True
    )


def _signer() -> signing.Signer:
    return signing.Signer(salt=SALT)
