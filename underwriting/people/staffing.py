"""Who works at a lender, and as what: change roles, suspend, reinstate, reset a second step. One audit entry each.

How somebody comes to work there is in `underwriting.people.invitations`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import F

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


class NothingToChange(Exception):
    """The person is in the asked-for state already."""


class NotJoined(Exception):
    """The person has not accepted this lender's invitation, so their account is none of its business."""


class NotOnlyHere(Exception):
    """Who opens this person's account opens other lenders too, so this lender alone may not."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person is at a lender.

    `name` is the one the lender's administrator wrote until the person has accepted: an account that another lender has
    made bears another name, and would be known by it.
    """

    name: str
    roles: frozenset[Role]
    suspended_at: datetime | None
    invited_at: datetime | None

    @property
    def has_joined(self) -> bool:
        return bool(self.roles) and self.invited_at is None

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0]


def standing_of(*, user: User, lender: Lender) -> Standing:
    """Roles whether in force or not; suspension and invitation are of the person, so each is on all of them."""
    return _standing(user, Membership.in_any_state.filter(user=user, lender=lender))


def standings_at(lender: Lender) -> list[tuple[User, Standing]]:
    """Everybody of the lender, in whatever state, by the name that the lender knows."""
    held: dict[User, list[Membership]] = {}
    for row in Membership.in_any_state.filter(lender=lender).select_related("user"):
        held.setdefault(row.user, []).append(row)
    found = [(user, _standing(user, rows)) for user, rows in held.items()]
    return sorted(found, key=lambda pair: (pair[1].name.casefold(), pair[0].email))


def _standing(user: User, memberships: Iterable[Membership]) -> Standing:
    rows = list(memberships)
    pending = next((row for row in rows if row.invited_at is not None), None)
    return Standing(
        name=pending.invited_as if pending else user.name,
        roles=frozenset(Role(row.role) for row in rows),
        suspended_at=next((row.suspended_at for row in rows if row.suspended_at is not None), None),
        invited_at=pending.invited_at if pending else None,
    )


def has_joined_only_here(*, user: User, lender: Lender) -> bool:
    """Whether no other lender employs this person, suspended or not. An invitation that waits there is no employment yet."""
    joined = Membership.in_any_state.filter(user=user, invited_at__isnull=True)
    return not joined.exclude(lender=lender).exists()


def reset_second_step(*, lender: Lender, user: User, actor: Actor, now: datetime) -> None:
    """Take a person's second step away and end their sessions; they set up a new one at the next sign-in, after their password.

    Raises:
        OwnRoles, NotJoined. NotOnlyHere: another lender employs the person, too. NothingToChange: there is no second step.
    """
    if user.pk == actor.user_id:
        raise OwnRoles("nobody resets their own access")
    with transaction.atomic():
        found = User.objects.select_for_update().get(pk=user.pk)
        standing = standing_of(user=found, lender=lender)
        if not standing.has_joined:
            raise NotJoined("the person has not joined yet")
        if not has_joined_only_here(user=found, lender=lender):
            raise NotOnlyHere("another lender employs this person, too")
        gone, _ = Authenticator.objects.filter(user_id=found.pk).delete()
        if not gone:
            raise NothingToChange("there is no second step")
        # Whoever took the phone may sit in a session that it opened.
        User.objects.filter(pk=found.pk).update(session_series=F("session_series") + 1)
        record_person(found, lender, "person.second_step_reset", name=standing.name, actor=actor, now=now)


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
        OwnRoles, RolesChangedMeanwhile, NothingToChange. ValueError for no role at all: that is a suspension; and for a
        person without any role so far: they are invited, and accept, first.
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
        if not standing.roles:
            raise ValueError("this person was never invited here")
        if standing.roles == wanted:
            raise NothingToChange("these are the roles already")
        gone = [role.value for role in standing.roles - wanted]
        Membership.in_any_state.filter(user=user, lender=lender, role__in=gone).delete()
        # In the state of those that stay: a new role of somebody who has not accepted waits like the others.
        Membership.objects.bulk_create(
            Membership(
                user=user, lender=lender, role=role.value, since=now, suspended_at=standing.suspended_at,
                invited_at=standing.invited_at, invited_as="" if standing.has_joined else standing.name,
            )
            for role in sorted(wanted - standing.roles)
        )  # fmt: skip
        record_person(
            user, lender, "person.roles_changed", name=standing.name,
            before={"roles": role_words(standing.roles)}, after={"roles": role_words(wanted)}, actor=actor, now=now,
        )  # fmt: skip


def suspend_person(*, lender: Lender, user: User, reason: str, actor: Actor, now: datetime) -> None:
    """Take all access at this lender away at once, sessions and a waiting invitation included; other lenders are not touched.

    Raises:
        OwnRoles, NothingToChange.
    """
    _set_suspension(lender, user, now, reason=reason, action="person.suspended", actor=actor, now=now)


def reinstate_person(*, lender: Lender, user: User, reason: str, actor: Actor, now: datetime) -> None:
    """Put the roles a suspended person had back as they were, in force or invited. Raises OwnRoles, NothingToChange."""
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
        Membership.in_any_state.filter(user=user, lender=lender).update(suspended_at=suspended_at)
        record_person(
            user, lender, action, name=standing.name, before={"suspended": standing.suspended_at is not None},
            after={"suspended": suspended_at is not None}, reason=reason, actor=actor, now=now,
        )  # fmt: skip


def role_words(roles: Collection[Role]) -> list[str]:
    """Roles as an audit entry lists them."""
    return sorted(role.value for role in roles)


def record_person(
    user: User,
    lender: Lender,
    action: str,
    *,
    name: str,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> None:
    """One audit entry about a person of a lender, under the name that this lender knows."""
    record_entry(
        actor=actor, action=action, object_type="person", object_id=str(user.public_id), object_label=name,
        lender_id=lender.pk, before=before, after=after, reason=reason, now=now,
    )  # fmt: skip
