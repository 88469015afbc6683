"""Sections of a draft are leased like cases: whoever works on one keeps others from saving it until a moment.

A lease keeps nobody from reading, and a save over a free section needs none: the hash of the section guards what was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.enums import PolicyState, Role
from underwriting.models import PolicyVersion, SectionLease
from underwriting.policy.version_rows import LifecycleRefused, WrongState, require_person

LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Held:
    """A section that somebody works on."""

    section: str
    holder_id: int
    holder: str
    until: datetime


class SectionHeld(LifecycleRefused):
    """Somebody else works on the section."""

    def __init__(self, held: Held) -> None:
        self.held = held
        super().__init__(
            f"{held.holder} works on this section. It is free again when they stop, at the latest two minutes later."
        )


def take_lease(*, version: PolicyVersion, section: str, actor: Actor, now: datetime) -> Held:
    """Take a section for two minutes, or renew it. Not audited: what is saved under it is.

    Raises SectionHeld, WrongState for a version that is no draft any more, NotAllowed.
    """
    with transaction.atomic():
        user_id = require_person(actor, version.policy, Role.RISK_MANAGER)
        if not PolicyVersion.objects.filter(pk=version.pk, state=PolicyState.DRAFT).exists():
            raise WrongState("This version was submitted and is frozen.")
        fresh = SectionLease(version=version, section=section, holder_id=user_id, lease_until=now + LEASE)
        # a row that is there is written as it is: that locks it, so that nobody gives it back before it is read
        SectionLease.objects.bulk_create(
            [fresh], update_conflicts=True, update_fields=["section"], unique_fields=["version", "section"]
        )
        lease = SectionLease.objects.select_related("holder").get(version=version, section=section)
        if lease.holder_id != user_id and lease.lease_until > now:
            raise SectionHeld(_held(lease))
        lease.holder_id, lease.lease_until = user_id, now + LEASE
        lease.save(update_fields=["holder", "lease_until"])
        return Held(section, user_id, actor.name, lease.lease_until)


def give_back(*, version: PolicyVersion, section: str, user_id: int) -> None:
    """Let a section go at once, when the person has closed it; somebody else's lease stays."""
    SectionLease.objects.filter(version=version, section=section, holder_id=user_id).delete()


def leases_of(version: PolicyVersion, now: datetime) -> dict[str, Held]:
    """Who works on which section of a draft at this moment; one statement."""
    running = SectionLease.objects.filter(version=version, lease_until__gt=now).select_related("holder")
    return {lease.section: _held(lease) for lease in running}


def require_free(version: PolicyVersion, *, user_id: int, now: datetime, section: str | None = None) -> None:
    """Nobody else works on the section, or on any where none is named. Raises SectionHeld."""
    running = SectionLease.objects.filter(version=version, lease_until__gt=now).exclude(holder_id=user_id)
    if section is not None:
        running = running.filter(section=section)
    lease = running.select_related("holder").order_by("lease_until").first()
    if lease is not None:
        raise SectionHeld(_held(lease))


def _held(lease: SectionLease) -> Held:
    return Held(lease.section, lease.holder_id, lease.holder.name, lease.lease_until)
