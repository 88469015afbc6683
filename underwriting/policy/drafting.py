"""Changing a draft a part or a rule at a time. Each function is one transaction with one audit entry.

What is saved may still have complaints with the rest of the draft; in itself it makes sense.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import F, Func, JSONField, TextField, Value
from django.db.models.functions import Cast

from underwriting.audit.actor import Actor
from underwriting.effect.ask import ask_for_effect
from underwriting.enums import PolicyState, Role
from underwriting.models import PolicyVersion
from underwriting.people.access import NotYours
from underwriting.policy.check import KnownReasonCode
from underwriting.policy.compile import canonical_sha256, canonical_text, sha256_of
from underwriting.policy.leases import give_back, require_free
from underwriting.policy.parts import part_sha256, rule_at, rule_complaints, with_part
from underwriting.policy.schema import MAX_DOCUMENT_BYTES, Complaint, PolicyRefused
from underwriting.policy.version_rows import (
    DraftChanged,
    audit_version,
    keep_revision,
    locked_version,
    require_person,
)

Document = dict[str, Any]
CHANGED = "This was saved from another window in between. Look at it again before you save."


@dataclass(frozen=True, slots=True)
class _Change:
    """The document as it is to be; `rule_at`: nothing differs but the rule at this place, which may be one past the end."""

    document: Document
    rule_at: int | None = None


def rule_section(rule_id: str) -> str:
    """The name of a rule as a section that is leased."""
    return f"rule-{rule_id}"


def save_part(
    *,
    version: PolicyVersion,
    part: str,
    content: Mapping[str, Any],
    expected_sha256: str,
    actor: Actor,
    now: datetime,
) -> PolicyVersion:
    """Replace one part of a draft (a key of PARTS), if it still is what the person saw.

    Raises DraftChanged, SectionHeld, WrongState, NotAllowed.
    """

    def changed(document: Document) -> _Change:
        if part_sha256(document, part) != expected_sha256:
            raise DraftChanged(CHANGED)
        return _Change(with_part(document, part, content))

    return _rewrite(version, changed, section=part, what={"part": part}, actor=actor, now=now)


def save_rule(
    *,
    version: PolicyVersion,
    rule_id: str | None,
    rule: Mapping[str, Any],
    reason_codes: Mapping[str, KnownReasonCode],
    expected_sha256: str,
    actor: Actor,
    now: datetime,
) -> PolicyVersion:
    """Replace one rule of a draft, if it still is what the person saw; `rule_id` None adds it at the end.

    Raises PolicyRefused with what blocks in this rule, places beginning with the rule; NotYours where the rule is gone;
    DraftChanged, SectionHeld, WrongState, NotAllowed.
    """

    def changed(document: Document) -> _Change:
        at = None if rule_id is None else _place(document, rule_id)
        rules: list[Any] = list(document["rules"])
        if at is not None and canonical_sha256(rules[at]) != expected_sha256:
            raise DraftChanged(CHANGED)
        found = rule_complaints(document, rule, at=at, reason_codes=reason_codes)
        if any(complaint.blocks for complaint in found):
            raise PolicyRefused([complaint for complaint in found if complaint.blocks])
        place = len(rules) if at is None else at
        rules[place : place + 1] = [dict(rule)]
        return _Change({**document, "rules": rules}, rule_at=place)

    section = None if rule_id is None else rule_section(rule_id)
    return _rewrite(version, changed, section=section, what={"rule": rule["id"]}, actor=actor, now=now)


def remove_rule(
    *, version: PolicyVersion, rule_id: str, expected_sha256: str, actor: Actor, now: datetime
) -> PolicyVersion:
    """Take one rule out of a draft, if it still is what the person saw. Raises like `save_rule`."""

    def changed(document: Document) -> _Change:
        at = _place(document, rule_id)
        rules: list[Any] = list(document["rules"])
        if canonical_sha256(rules.pop(at)) != expected_sha256:
            raise DraftChanged(CHANGED)
        return _Change({**document, "rules": rules})

    section = rule_section(rule_id)
    return _rewrite(version, changed, section=section, what={"removed": rule_id}, actor=actor, now=now)


def move_rule(
    *, version: PolicyVersion, rule_id: str, position: int, actor: Actor, now: datetime
) -> PolicyVersion:
    """Put a rule at a position (from 1) among the rules of its kind; beyond an end means at that end.

    Raises NotYours where the rule is gone, WrongState, NotAllowed.
    """

    def changed(document: Document) -> _Change:
        rules: list[Any] = list(document["rules"])
        moved = rules.pop(_place(document, rule_id))
        same = [at for at, rule in enumerate(rules) if rule["kind"] == moved["kind"]]
        wanted = max(position, 1) - 1
        at = same[wanted] if wanted < len(same) else same[-1] + 1 if same else len(rules)
        rules.insert(at, moved)
        return _Change({**document, "rules": rules})

    return _rewrite(version, changed, section=None, what={"moved": rule_id}, actor=actor, now=now)


def _place(document: Document, rule_id: str) -> int:
    at = rule_at(document, rule_id)
    if at is None:
        raise NotYours
    return at


def _rewrite(
    version: PolicyVersion,
    changed: Callable[[Document], _Change],
    *,
    section: str | None,
    what: Mapping[str, str],
    actor: Actor,
    now: datetime,
) -> PolicyVersion:
    """Read the draft under its lock, change it and keep it; a change that changes nothing leaves no trace."""
    with transaction.atomic():
        locked = locked_version(version, PolicyState.DRAFT)
        editor_id = require_person(actor, locked.policy, Role.RISK_MANAGER)
        if section is not None:
            require_free(locked, user_id=editor_id, now=now, section=section)
        before, change = locked.document_sha256, changed(locked.document)
        text = canonical_text(change.document)
        _require_room(text, change.document)
        locked.document, locked.document_sha256 = change.document, sha256_of(text)
        if locked.document_sha256 == before:
            return locked
        PolicyVersion.objects.filter(pk=locked.pk).update(
            document=_stored(change), document_sha256=locked.document_sha256
        )
        ask_for_effect(locked, now)
        keep_revision(locked, editor_id=editor_id, actor=actor, now=now)
        if section is not None:
            give_back(version=locked, section=section, user_id=editor_id)
        audit_version(
            "policy.draft_saved",
            locked,
            actor,
            now,
            before={"sha256": before},
            after={"sha256": locked.document_sha256, **what},
        )
        return locked


def _stored(change: _Change) -> Any:
    """The column's new value: a single rule is written into the document by the database, which halves the time of a large one."""
    if change.rule_at is None:
        return change.document
    path = Cast(Value(f"{{rules,{change.rule_at}}}"), ArrayField(TextField()))
    rule = Value(change.document["rules"][change.rule_at], output_field=JSONField())
    return Func(F("document"), path, rule, function="jsonb_set", output_field=JSONField())


def _require_room(text: str, document: Document) -> None:
    length = len(text) if text.isascii() else len(json.dumps(document, separators=(",", ":")))
    if length > MAX_DOCUMENT_BYTES:
        raise PolicyRefused([Complaint("", f"A policy document holds at most {MAX_DOCUMENT_BYTES:,} bytes.")])
