"""Reading the audit trail: the timeline of one application, and pages of the whole trail of a lender."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from underwriting.models import AuditEntry

TIMELINE_LIMIT_ENTRIES = 500
PAGE_SIZE_ENTRIES = 50


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What a search asks for. Empty fields do not restrict; all that are given must hold.

    `actor` matches a part of a name or a whole kind; `action` the start of a dotted action; `words` each occur in the
    action, the object's label, the actor's name, the reason, a field's name or value, or are the request id.
    """

    actor: str = ""
    action: str = ""
    case: str = ""
    application: str = ""
    after: datetime | None = None
    before: datetime | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first, and the key of the next page (None: this was the last)."""

    entries: Sequence[AuditEntry]
    next_key: int | None


def application_timeline(*, application_id: int, limit: int = TIMELINE_LIMIT_ENTRIES) -> list[AuditEntry]:
    """Everything that happened to an application, oldest first; the newest `limit` entries if there are more."""
    newest = AuditEntry.objects.filter(application_id=application_id).order_by("-id")[:limit]
    return list(reversed(newest))


def application_page(
    *, application_id: int, matching: Q, before_key: int | None = None, size: int
) -> AuditPage:
    """One page of an application's timeline by key, newest first: entries that match, with a key smaller than `before_key`."""
    entries = AuditEntry.objects.filter(matching, application_id=application_id)
    if before_key is not None:
        entries = entries.filter(id__lt=before_key)
    found = list(entries.order_by("-id")[: size + 1])
    page = found[:size]
    return AuditPage(entries=page, next_key=page[-1].pk if len(found) > size else None)


def audit_page(
    *, lender_id: int, query: AuditFilter, before_key: int | None = None, size: int = PAGE_SIZE_ENTRIES
) -> AuditPage:
    """One page of a lender's trail by key, newest first: entries with a key smaller than `before_key`."""
    entries = _matching(AuditEntry.objects.filter(lender_id=lender_id), query)
    if before_key is not None:
        entries = entries.filter(id__lt=before_key)
    found = list(entries.select_related("application").order_by("-id")[: size + 1])
    page = found[:size]
    return AuditPage(entries=page, next_key=page[-1].pk if len(found) > size else None)


def access_audit_entry(*, lender_id: int, entry_id: int) -> AuditEntry:
    """An entry of this lender. Raises AuditEntry.DoesNotExist for another lender's as for one that is not there."""
    return AuditEntry.objects.select_related("application", "lender").get(lender_id=lender_id, pk=entry_id)


def _matching(entries: QuerySet[AuditEntry], query: AuditFilter) -> QuerySet[AuditEntry]:
    if query.actor:
        entries = entries.filter(Q(actor_name__icontains=query.actor) | Q(actor_kind__iexact=query.actor))
    if query.action:
        entries = entries.filter(action__istartswith=query.action)
    if query.case:
        entries = entries.filter(application__in=_applications_of_case(query.case))
    if query.application:
        entries = entries.filter(application__reference__iexact=query.application)
    if query.after:
        entries = entries.filter(occurred_at__gte=query.after)
    if query.before:
        entries = entries.filter(occurred_at__lt=query.before)
    if query.words:
        entries = entries.alias(was=Cast("before", TextField()), became=Cast("after", TextField()))
    for word in query.words:
        entries = entries.filter(
            Q(action__icontains=word)
            | Q(object_label__icontains=word)
            | Q(actor_name__icontains=word)
            | Q(reason__icontains=word)
            | Q(request_id__iexact=word)
            | Q(object_id__iexact=word)
            | Q(was__icontains=word)
            | Q(became__icontains=word)
        )
    return entries


def _applications_of_case(case: str) -> QuerySet[AuditEntry, int | None]:
    """Applications whose trail names the case by its label: cases themselves live in a package above this one."""
    return AuditEntry.objects.filter(object_type="case", object_label__iexact=case).values_list(
        "application_id", flat=True
    )
