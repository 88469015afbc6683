"""What the administration screens share: who may, the sections, what changed lately, and redirects after a save."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from frontend.audit import rows
from frontend.session.staff import AUDITORS, StaffRequest
from underwriting.enums import ActorKind, Role
from underwriting.models import AuditEntry, Lender

ADMINS = frozenset({Role.ADMIN})
LOOKERS = ADMINS | AUDITORS
RECENT_ENTRIES = 12
ADMIN_OBJECTS = ("person", "api_key", "api_client", "lender", "wording")

_SECTIONS = (
    ("Overview", "admin"),
    ("People", "admin-people"),
    ("Roles", "admin-roles"),
    ("API keys", "admin-keys"),
    ("Lender", "admin-lender"),
    ("Holidays", "admin-holidays"),
    ("Phrases", "admin-phrases"),
    ("Reasons", "admin-reasons"),
    ("Personal data", "admin-personal-data"),
)


@dataclass(frozen=True, slots=True)
class Section:
    """A tab of the administration."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class SavedField:
    """One field of a save, as text."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One save."""

    occurred_at: datetime
    who: str
    is_machine: bool
    sentence: str
    changes: tuple[SavedField, ...]
    reason: str
    url: str


def sections(current: str) -> list[Section]:
    """The tabs, with the one of the route `current` marked."""
    return [Section(label, reverse(route), route == current) for label, route in _SECTIONS]


def may_change(request: StaffRequest) -> bool:
    """Auditors look; administrators change."""
    return Role.ADMIN in request.staff.roles


def history(
    lender: Lender, *, object_types: tuple[str, ...] = ADMIN_OBJECTS, object_id: str = ""
) -> list[HistoryRow]:
    """The newest saves at this lender, each with what was there before and after."""
    entries = AuditEntry.objects.filter(lender=lender, object_type__in=object_types)
    if object_id:
        entries = entries.filter(object_id=object_id)
    return [_row(entry) for entry in entries.order_by("-id")[:RECENT_ENTRIES]]


def saved(request: StaffRequest, sentence: str, to: str, **arguments: int | UUID) -> HttpResponse:
    """Say what was saved, and show the page again by GET."""
    messages.success(request, sentence)
    return HttpResponseRedirect(reverse(to, kwargs=arguments), status=303)


def sent(request: HttpRequest) -> QueryDict | None:
    """What was sent, also when it is empty; None when nothing was."""
    return request.POST if request.method == "POST" else None


def put_value(form: BaseForm, name: str, value: str) -> None:
    """Give a hidden field of a sent form another value for when it is shown again; what the person typed stays."""
    assert isinstance(form.data, QueryDict)
    data = form.data.copy()
    data[name] = value
    form.data = data


def _row(entry: AuditEntry) -> HistoryRow:
    return HistoryRow(
        occurred_at=entry.occurred_at,
        who=rows.who(entry),
        is_machine=entry.actor_kind != ActorKind.USER,
        sentence=f"{rows.sentence(entry).replace('Api ', 'API ')}: {entry.object_label}",
        changes=tuple(
            SavedField(change.name.replace("_", " "), change.before, change.after)
            for change in rows.field_changes(entry)
            if change.is_change
        ),
        reason=entry.reason,
        url=reverse("audit-event", kwargs={"entry_id": entry.pk}),
    )
