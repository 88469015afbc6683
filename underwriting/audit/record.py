"""Writing the audit trail: who, what, when, why, before and after, in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.models import AuditEntry


class NotInTransaction(RuntimeError):
    """An entry was to be written outside the transaction of the change it tells of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """An entry to be written. `action` is dotted, most general word first; `before` and `after` hold the changed fields alone."""

    actor: Actor
    action: str
    object_type: str
    object_id: str
    lender_id: int | None
    now: datetime
    object_label: str = ""
    application_id: int | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    reason: str = ""
    versions: Mapping[str, Any] | None = None


def record_entry(
    *,
    actor: Actor,
    action: str,
    object_type: str,
    object_id: str,
    object_label: str = "",
    lender_id: int | None,
    application_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    now: datetime,
    versions: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Write one entry. Raises NotInTransaction outside a transaction: an entry without its change, or the reverse, is a lie."""
    entry = _row(
        NewEntry(
            actor=actor,
            action=action,
            object_type=object_type,
            object_id=object_id,
            object_label=object_label,
            lender_id=lender_id,
            application_id=application_id,
            before=before,
            after=after,
            reason=reason,
            now=now,
            versions=versions,
        )
    )
    _require_transaction()
    entry.save(force_insert=True)
    return entry


def record_entries(entries: Sequence[NewEntry]) -> None:
    """Write many entries with one statement, in the order given. Raises NotInTransaction outside a transaction."""
    _require_transaction()
    AuditEntry.objects.bulk_create([_row(entry) for entry in entries])


def _require_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction("an audit entry is written in the transaction of the change it tells of")


def _row(entry: NewEntry) -> AuditEntry:
    actor = entry.actor
    return AuditEntry(
        lender_id=entry.lender_id,
        occurred_at=entry.now,
        actor_kind=actor.kind,
        actor_user_id=actor.user_id,
        actor_name=actor.name,
        actor_role=actor.role,
        action=entry.action,
        object_type=entry.object_type,
        object_id=entry.object_id,
        object_label=entry.object_label,
        application_id=entry.application_id,
        before=None if entry.before is None else dict(entry.before),
        after=None if entry.after is None else dict(entry.after),
        reason=entry.reason,
        request_id=actor.request_id,
        ip_address=actor.ip_address,
        versions=dict(entry.versions or {}),
    )
