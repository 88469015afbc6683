"""Audit entries as rows of a screen: in words, with the links of what they name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from review_queue.models import ReviewCase
from underwriting.enums import ActorKind
from underwriting.models import AuditEntry, PolicyVersion

NOT_THERE = "not set"


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after; the same text on both sides where it did not change."""

    name: str
    before: str
    after: str

    @property
    def is_change(self) -> bool:
        return self.before != self.after


def who(entry: AuditEntry) -> str:
    """The actor as people say it."""
    if entry.actor_kind == ActorKind.CLIENT:
        return f"API key: {entry.actor_name}"
    if entry.actor_kind == ActorKind.APPLICANT:
        return "Applicant"
    return entry.actor_name


def sentence(entry: AuditEntry) -> str:
    """`decision.recorded` as `Decision recorded`."""
    return entry.action.replace(".", " ").replace("_", " ").capitalize()


def field_changes(entry: AuditEntry) -> list[FieldChange]:
    """Every field that the entry tells of, changed ones first, each as text."""
    before, after = _flat(entry.before), _flat(entry.after)
    rows = [
        FieldChange(name, before.get(name, NOT_THERE), after.get(name, NOT_THERE))
        for name in dict.fromkeys([*before, *after])
    ]
    return sorted(rows, key=lambda row: not row.is_change)


def links(entry: AuditEntry) -> list[Link]:
    """What the entry names and a screen shows: the case, the assessment, the versions."""
    found: list[Link | None] = _case_links(entry)
    assessment = entry.object_id if entry.object_type == "assessment" else entry.versions.get("assessment")
    if str(assessment or "").isdecimal():
        found.append(_named("Assessment", "assessment", assessment_id=assessment))
    model = str(entry.versions.get("model", ""))
    if " " in model:
        name, version = model.rsplit(" ", 1)
        found.append(_named(f"Model {model}", "model-version", name=name, version=version))
    found += _policy_links(entry)
    return [link for link in found if link is not None]


def raw(entry: AuditEntry) -> str:
    """The whole entry as JSON, for those who compare it with an export."""
    columns = {
        "id": entry.pk, "occurred_at": entry.occurred_at.isoformat(), "action": entry.action,
        "actor": {"kind": entry.actor_kind, "user": entry.actor_user_id, "name": entry.actor_name, "role": entry.actor_role},
        "object": {"type": entry.object_type, "id": entry.object_id, "label": entry.object_label},
        "application": entry.application.reference if entry.application else None,
        "before": entry.before, "after": entry.after, "reason": entry.reason, "request_id": entry.request_id,
        "ip_address": entry.ip_address, "versions": entry.versions,
    }  # fmt: skip
    return json.dumps(columns, indent=2, ensure_ascii=False)


def _case_links(entry: AuditEntry) -> list[Link | None]:
    """The newest case of the entry's application at this lender."""
    if entry.application_id is None or entry.lender_id is None:
        return []
    case = (
        ReviewCase.objects.filter(application_id=entry.application_id, lender_id=entry.lender_id)
        .order_by("-number")
        .first()
    )
    return [] if case is None else [Link(f"Case {case}", f"/cases/{case}/")]


def _policy_links(entry: AuditEntry) -> Sequence[Link | None]:
    key = entry.object_id if entry.object_type == "policy_version" else entry.versions.get("policy_version")
    if key is None or not str(key).isdigit() or entry.lender_id is None:
        return []
    version = (
        PolicyVersion.objects.select_related("policy")
        .filter(pk=key, policy__lender_id=entry.lender_id)
        .first()
    )
    if version is None:
        return []
    return [Link(f"Policy {version}", f"/policies/{version.policy.slug}/versions/{version.number}/")]


def _named(label: str, route: str, **arguments: Any) -> Link | None:
    """A link to one of our own screens; none for an identifier that no address can carry."""
    try:
        return Link(label=label, url=reverse(route, kwargs=arguments))
    except NoReverseMatch:
        return None


def _flat(values: Mapping[str, Any] | None, prefix: str = "") -> dict[str, str]:
    """Nested objects as dotted names; lists and scalars as text."""
    flat: dict[str, str] = {}
    for name, value in (values or {}).items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = _text(value)
    return flat


def _text(value: Any) -> str:
    if value is None or value == "":
        return NOT_THERE
    if isinstance(value, list):
        return (
            ", ".join(_text(part) if not isinstance(part, Mapping) else json.dumps(part) for part in value)
            or "none"
        )
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
