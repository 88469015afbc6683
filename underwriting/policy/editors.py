"""Who wrote a version: its author and everybody who changed the draft. None of them may approve it."""

from __future__ import annotations

from underwriting.models import PolicyRevision, PolicyVersion


def editors_of(version: PolicyVersion) -> set[int]:
    """Ids of the people who wrote the version; one statement."""
    changed = PolicyRevision.objects.filter(version=version).values_list("editor_id", flat=True).distinct()
    return {*changed, *([version.author_id] if version.author_id is not None else [])}
