"""Who wrote a version: its author and everybody who changed the draft. None of them may approve it."""

from __future__ import annotations

from datetime import datetime

from underwriting.models import DraftEditor, PolicyVersion


def editors_of(version: PolicyVersion) -> set[int]:
    """Ids of the people who wrote the version; one statement."""
    changed = DraftEditor.objects.filter(version=version).values_list("user_id", flat=True)
    return {*changed, *([version.author_id] if version.author_id is not None else [])}


def note_editor(*, version: PolicyVersion, user_id: int, now: datetime) -> None:
    """Keep that this person changed the draft; part of the change's own transaction and audit entry."""
    if user_id != version.author_id:
        row = DraftEditor(version=version, user_id=user_id, since=now)
        DraftEditor.objects.bulk_create([row], ignore_conflicts=True)
