"""The edits of a draft, and taking a single one of them back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.enums import PolicyState
from underwriting.models import AuditEntry, PolicyRevision, PolicyVersion
from underwriting.people.access import NotYours
from underwriting.policy.lifecycle import save_draft
from underwriting.policy.rebase import rebase
from underwriting.policy.version_rows import Clashing, WrongState, locked_version

EDITS_MAX = 20


@dataclass(frozen=True, slots=True)
class DraftEdit:
    """One save of a draft. `what` names the part, the rule, or what was done to it; empty for the whole document."""

    revision_id: int
    saved_at: datetime
    who: str
    what: Mapping[str, Any]


def edits_of(version: PolicyVersion) -> list[DraftEdit]:
    """The newest edits first; what the draft began with is none. Two statements."""
    revisions = (
        PolicyRevision.objects.filter(version=version)
        .order_by("-pk")
        .select_related("editor")
        .defer("document")
    )
    rows = list(revisions[: EDITS_MAX + 1])
    entries = AuditEntry.objects.filter(
        lender_id=version.policy.lender_id,
        object_type="policy_version",
        object_id=str(version.pk),
        action="policy.draft_saved",
        occurred_at__in=[row.saved_at for row in rows],
    )
    said = {(entry.occurred_at, entry.after["sha256"]): entry.after for entry in entries if entry.after}
    return [
        DraftEdit(row.pk, row.saved_at, row.editor.name, _what(said.get((row.saved_at, row.document_sha256))))
        for row, earlier in pairwise(rows)
        if row.document_sha256 != earlier.document_sha256  # taken back from submission: nothing was edited
    ]


def _what(after: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (after or {}).items() if name not in ("sha256", "state")}


def undo_edit(*, version: PolicyVersion, revision_id: int, actor: Actor, now: datetime) -> PolicyVersion:
    """Take one edit out of a draft and leave every other one in: the way back from it, put on top of the draft.

    An undo is an edit, so it can be undone. Raises NotYours for no edit of this draft, Clashing where what it changed was changed
    again since, and what `save_draft` raises.
    """
    with transaction.atomic():
        locked = locked_version(version, PolicyState.DRAFT)
        revisions = PolicyRevision.objects.filter(version=locked)
        edit = revisions.filter(pk=revision_id).first()
        earlier = revisions.filter(pk__lt=revision_id).order_by("-pk").first()
        if edit is None or earlier is None:
            raise NotYours
        merged = rebase(edit.document, locked.document, earlier.document, {})
        if isinstance(merged, tuple):
            names = ", ".join(clash.name for clash in merged)
            raise Clashing(f"Changed again since: {names}. Undo the later edit first.")
        if merged == locked.document:
            raise WrongState("That edit is undone already.")
        return save_draft(
            version=locked,
            document=merged,
            expected_sha256=locked.document_sha256,
            actor=actor,
            now=now,
            what={"undone": revision_id},
        )
