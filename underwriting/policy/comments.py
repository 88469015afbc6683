"""Remarks on single lines of a change."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.enums import Role
from underwriting.models import PolicyComment, PolicyVersion
from underwriting.policy.version_rows import (
    LifecycleRefused,
    WrongState,
    audit_version,
    lock_policy,
    require_person,
)

MAX_COMMENTS = 200
COMMENTING_ROLES = (Role.RISK_MANAGER, Role.RISK_APPROVER, Role.COMPLIANCE, Role.AUDITOR)


def comments_of(version: PolicyVersion) -> list[PolicyComment]:
    """All remarks on a version, in the order they were made."""
    return list(version.comments.select_related("author", "resolved_by").order_by("id")[:MAX_COMMENTS])


def comment_on(
    *, version: PolicyVersion, anchor: str, quote: str, text: str, actor: Actor, now: datetime
) -> PolicyComment:
    """Remark on the line that `anchor` names and that reads `quote`. Raises LifecycleRefused for no text, NotAllowed."""
    with transaction.atomic():
        author_id = require_person(actor, lock_policy(version.policy_id), *COMMENTING_ROLES)
        version.refresh_from_db(fields=["document_sha256"])  # somebody may have saved before the lock was had
        if not text.strip():
            raise LifecycleRefused("Write the comment first.")
        if version.comments.count() >= MAX_COMMENTS:
            raise LifecycleRefused(f"A change holds at most {MAX_COMMENTS} comments.")
        comment = PolicyComment.objects.create(
            version=version,
            anchor=anchor[:120],
            quote=quote[:400],
            document_sha256=version.document_sha256,
            text=text.strip(),
            author_id=author_id,
            created_at=now,
        )
        after = {"comment": comment.pk, "anchor": comment.anchor}
        audit_version("policy.commented", version, actor, now, after=after, reason=comment.text)
        return comment


def resolve_comment(*, comment: PolicyComment, actor: Actor, now: datetime) -> PolicyComment:
    """Say that a remark is dealt with. Raises WrongState when it was already, NotAllowed."""
    with transaction.atomic():
        policy = lock_policy(comment.version.policy_id)
        person_id = require_person(actor, policy, *COMMENTING_ROLES)
        locked = PolicyComment.objects.select_for_update().get(pk=comment.pk)
        if locked.resolved_at is not None:
            raise WrongState("Somebody resolved this comment already.")
        locked.resolved_by_id, locked.resolved_at = person_id, now
        locked.save(update_fields=["resolved_by", "resolved_at"])
        audit_version("policy.comment_resolved", comment.version, actor, now, after={"comment": locked.pk})
        return locked
