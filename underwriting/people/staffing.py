"""Who works at a lender, and as what: invite, change roles, suspend, reinstate. One audit entry each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.enums import Role
from underwriting.models import Lender, Membership, User


class OwnRoles(Exception):
    """Nobody changes what they themselves may do."""


class RolesChangedMeanwhile(Exception):
    """Somebody else changed this person's roles since they were read; `current` holds them as they are now."""

    def __init__(self, current: frozenset[Role]) -> None:
        super().__init__("the roles were changed meanwhile")
        self.current = current


class AlreadyHere(Exception):
    """This address belongs to somebody who works, or worked until a suspension, at the lender."""


class NothingToChange(Exception):
    """The person is in the asked-for state already."""


class NotOnlyHere(Exception):
    """Who opens this person's account opens other lenders too, so this lender alone may not."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A person with roles. `path`: where they choose a password, once, within three days; empty where that is not this lender's to give."""

    user: User
    path: str

    def __repr__(self) -> str:
        return f"Invitation({self.user.pk}, hidden)"


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's roles at a lender, and whether they are suspended."""

    roles: frozenset[Role]
    suspended_at: datetime | None


def standing_of(*, user: User, lender: Lender) -> Standing:
    """Roles whether in force or suspended; a suspension is of the person, so it is on all of them."""
    rows = list(Membership.including_suspended.filter(user=user, lender=lender))
    suspended_at = next((row.suspended_at for row in rows if row.suspended_at is not None), None)
    return Standing(roles=frozenset(Role(row.role) for row in rows), suspended_at=suspended_at)


def invite_person(
    *, lender: Lender, email: str, name: str, roles: Collection[Role], actor: Actor, now: datetime
) -> Invitation:
    """Give a person roles at the lender; a person whom no other lender employs gets a way to choose a password.

    A way to choose the password is a way to everything the person may do: for somebody whom another lender has invited,
    nobody here gets one.

    Raises:
        OwnRoles: the address is the actor's own. AlreadyHere: the person is here already.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().filter(email=email.strip().lower()).first()
        if user is not None and user.pk == actor.user_id:
            raise OwnRoles("nobody invites themselves")
        if user is not None and Membership.including_suspended.filter(user=user, lender=lender).exists():
            raise AlreadyHere(f"{user.email} is here already")
        if user is None:
            user = User.objects.create_user(email=email.strip(), name=name)
        _add(user, lender, roles, now)
        _record(user, lender, "person.invited", after={"roles": _words(roles)}, actor=actor, now=now)
        opens_here_only = is_only_here(user=user, lender=lender)
    if user.has_usable_password() or not opens_here_only:
        return Invitation(user=user, path="")
    return Invitation(user=user, path=_invitation_path(user))


def is_only_here(*, user: User, lender: Lender) -> bool:
    """Whether no other lender employs this person, suspended or not."""
    return not Membership.including_suspended.filter(user=user).exclude(lender=lender).exists()


def renew_invitation(*, lender: Lender, user: User, actor: Actor, now: datetime) -> Invitation:
    """Make a new invitation for somebody who has not chosen a password; every earlier one ends.

    Raises:
        OwnRoles. NotOnlyHere: another lender employs the person, too. NothingToChange: they chose a password already.
    """
    with transaction.atomic():
        found = _lock_only_here(lender, user, actor)
        if found.has_usable_password():
            raise NothingToChange("a password was chosen already")
        found.set_unusable_password()  # another random text, which earlier invitations do not fit
        found.save(update_fields=["password"])
        _record(found, lender, "person.invited_again", actor=actor, now=now)
    return Invitation(user=found, path=_invitation_path(found))


def reset_second_step(*, lender: Lender, user: User, actor: Actor, now: datetime) -> None:
    """Take a person's second step away, so that they set up a new one at the next sign-in, after their password.

    Raises:
        OwnRoles. NotOnlyHere: another lender employs the person, too. NothingToChange: there is no second step.
    """
    with transaction.atomic():
        found = _lock_only_here(lender, user, actor)
        gone, _ = Authenticator.objects.filter(user_id=found.pk).delete()
        if not gone:
            raise NothingToChange("there is no second step")
        _record(found, lender, "person.second_step_reset", actor=actor, now=now)


def _lock_only_here(lender: Lender, user: User, actor: Actor) -> User:
    if user.pk == actor.user_id:
        raise OwnRoles("nobody resets their own access")
    found = User.objects.select_for_update().get(pk=user.pk)
    if not is_only_here(user=found, lender=lender):
        raise NotOnlyHere("another lender employs this person, too")
    return found


def _invitation_path(user: User) -> str:
    encoded = urlsafe_base64_encode(force_bytes(user.pk))
    return f"/invitation/{encoded}/{default_token_generator.make_token(user)}/"


def invited_person(*, encoded: str, token: str) -> User | None:
    """The person an invitation was made for; None when it is used, too old, or was never made."""
    try:
        key = int(urlsafe_base64_decode(encoded))
    except (ValueError, OverflowError):
        return None
    user = User.objects.filter(pk=key, is_active=True).first() if 0 < key < 2**63 else None
    return user if user is not None and default_token_generator.check_token(user, token) else None


def accept_invitation(*, user: User, password: str, actor: Actor, now: datetime) -> None:
    """Set the first password of an invited person. The caller has checked the invitation and the password's strength."""
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        for lender in Lender.objects.filter(memberships__user=user).distinct():
            _record(user, lender, "person.joined", actor=actor, now=now)


def change_roles(
    *,
    lender: Lender,
    user: User,
    roles: Collection[Role],
    seen_roles: Collection[Role],
    actor: Actor,
    now: datetime,
) -> None:
    """Replace a person's roles.

    Args:
        seen_roles: the roles as the form showed them.

    Raises:
        OwnRoles, RolesChangedMeanwhile, NothingToChange. ValueError for no role at all: that is a suspension.
    """
    if user.pk == actor.user_id:
        raise OwnRoles("nobody changes their own roles")
    wanted = frozenset(roles)
    if not wanted:
        raise ValueError("a person has at least one role; suspend them to take all access away")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        standing = standing_of(user=user, lender=lender)
        if standing.roles != frozenset(seen_roles):
            raise RolesChangedMeanwhile(standing.roles)
        if standing.roles == wanted:
            raise NothingToChange("these are the roles already")
        gone = [role.value for role in standing.roles - wanted]
        Membership.including_suspended.filter(user=user, lender=lender, role__in=gone).delete()
        _add(user, lender, wanted - standing.roles, now, suspended_at=standing.suspended_at)
        _record(
            user, lender, "person.roles_changed",
            before={"roles": _words(standing.roles)}, after={"roles": _words(wanted)}, actor=actor, now=now,
        )  # fmt: skip


def suspend_person(*, lender: Lender, user: User, reason: str, actor: Actor, now: datetime) -> None:
    """Take all access at this lender away at once, sessions included; other lenders are not touched. Raises OwnRoles, NothingToChange."""
    _set_suspension(lender, user, now, reason=reason, action="person.suspended", actor=actor, now=now)


def reinstate_person(*, lender: Lender, user: User, reason: str, actor: Actor, now: datetime) -> None:
    """Put the roles a suspended person had back in force. Raises OwnRoles, NothingToChange."""
    _set_suspension(lender, user, None, reason=reason, action="person.reinstated", actor=actor, now=now)


def _set_suspension(
    lender: Lender,
    user: User,
    suspended_at: datetime | None,
    *,
    reason: str,
    action: str,
    actor: Actor,
    now: datetime,
) -> None:
    if user.pk == actor.user_id:
        raise OwnRoles("nobody suspends or reinstates themselves")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        standing = standing_of(user=user, lender=lender)
        if (standing.suspended_at is None) == (suspended_at is None):
            raise NothingToChange("nothing would change")
        Membership.including_suspended.filter(user=user, lender=lender).update(suspended_at=suspended_at)
        _record(
            user, lender, action, before={"suspended": standing.suspended_at is not None},
            after={"suspended": suspended_at is not None}, reason=reason, actor=actor, now=now,
        )  # fmt: skip


def _add(
    user: User,
    lender: Lender,
    roles: Collection[Role],
    now: datetime,
    *,
    suspended_at: datetime | None = None,
) -> None:
    Membership.objects.bulk_create(
        Membership(user=user, lender=lender, role=role.value, since=now, suspended_at=suspended_at)
        for role in sorted(roles)
    )


def _words(roles: Collection[Role]) -> list[str]:
    return sorted(role.value for role in roles)


def _record(
    user: User,
    lender: Lender,
    action: str,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> None:
    record_entry(
        actor=actor, action=action, object_type="person", object_id=str(user.pk), object_label=user.name,
        lender_id=lender.pk, before=before, after=after, reason=reason, now=now,
    )  # fmt: skip
