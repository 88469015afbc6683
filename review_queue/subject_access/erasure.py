"""Erasing an application's people, and holding it back from being erased: each in one transaction, under its lock, audited."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db import transaction

from review_queue.models import Note, ReviewCase
from review_queue.subject_access.retention import kept_until, still_open
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.decisions.record import lock_applications
from underwriting.models import Application
from underwriting.people.erasure import forget_people

REASON_CHARACTERS_MAX = 400


class ErasureReason(StrEnum):
    """Why people are forgotten. A closed list: the trail must not be told anybody's name."""

    RETENTION_ENDED = "Retention has ended"
    PERSON_ASKED = "The person asked for it, and retention has ended"


class NotErased(Exception):
    """The application is not erased; the message says why, for people."""


class LegalHeld(NotErased):
    """A legal hold keeps everything."""


class StillKept(NotErased):
    """The time to keep it is not over; `until` is its last day."""

    def __init__(self, until: date) -> None:
        super().__init__(f"It has to be kept until {until:%-d %B %Y}.")
        self.until = until


class StillOpen(NotErased):
    """Something about it is not over yet."""


class AlreadyErased(NotErased):
    """There is nobody left on it."""


class HoldRefused(Exception):
    """A hold cannot be placed or lifted; the message says why."""


@transaction.atomic
def erase_application(
    *, application: Application, actor: Actor, reason: ErasureReason, now: datetime
) -> Application:
    """Forget everybody on an application for good; facts, decisions, hashes and the trail stay.

    Raises AlreadyErased, LegalHeld, StillKept and StillOpen, in this order, and then changes nothing.
    """
    locked = _lock(application)
    if (refusal := why_kept(locked, now=now)) is not None:
        raise refusal
    count = forget_people(locked)
    ReviewCase.objects.filter(application=locked).update(draft={}, waiting_because="")
    Note.objects.filter(application=locked, written_at=None).delete()
    locked.erased_at = now
    locked.save(update_fields=["erased_at"])
    _record(locked, "application.erased", actor=actor, reason=reason.value, now=now, after={"people": count})
    return locked


def why_kept(application: Application, *, now: datetime) -> NotErased | None:
    """What stands in the way of erasing it now; None where nothing does."""
    if application.erased_at is not None:
        return AlreadyErased(f"It was erased on {application.erased_at:%-d %B %Y}.")
    if application.legal_hold_at is not None:
        return LegalHeld(f"A legal hold of {application.legal_hold_at:%-d %B %Y} keeps it.")
    until = kept_until(application)
    if now.astimezone(ZoneInfo(application.lender.time_zone)).date() <= until:
        return StillKept(until)
    clause = still_open(application)
    return StillOpen(f"It is not over: {clause}.") if clause else None


@transaction.atomic
def place_hold(*, application: Application, actor: Actor, reason: str, now: datetime) -> Application:
    """Keep everything about an application until the hold is lifted, whatever retention says. Raises HoldRefused."""
    locked = _lock(application)
    if locked.erased_at is not None:
        raise HoldRefused("The application was erased: there is nothing to hold.")
    if locked.legal_hold_at is not None:
        raise HoldRefused("The application is held already.")
    return _set_hold(locked, now, "application.hold_placed", actor=actor, reason=reason, now=now)


@transaction.atomic
def lift_hold(*, application: Application, actor: Actor, reason: str, now: datetime) -> Application:
    """End a legal hold. Raises HoldRefused."""
    locked = _lock(application)
    if locked.legal_hold_at is None:
        raise HoldRefused("The application is not held.")
    return _set_hold(locked, None, "application.hold_lifted", actor=actor, reason=reason, now=now)


def _lock(application: Application) -> Application:
    return lock_applications([application.pk])[application.pk]


def _set_hold(
    locked: Application, held_at: datetime | None, action: str, *, actor: Actor, reason: str, now: datetime
) -> Application:
    said = reason.strip()[:REASON_CHARACTERS_MAX]
    if not said:
        raise HoldRefused("Say why.")
    locked.legal_hold_at = held_at
    locked.save(update_fields=["legal_hold_at"])
    _record(locked, action, actor=actor, reason=said, now=now, after={"held": held_at is not None})
    return locked


def _record(
    locked: Application, action: str, *, actor: Actor, reason: str, now: datetime, after: dict[str, object]
) -> None:
    record_entry(
        actor=actor,
        action=action,
        object_type="application",
        object_id=str(locked.public_id),
        object_label=locked.reference,
        lender_id=locked.lender_id,
        application_id=locked.pk,
        after=after,
        reason=reason,
        now=now,
    )
