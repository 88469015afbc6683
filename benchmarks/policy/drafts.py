"""A draft of the lender's risk manager, written again and again as the editor writes it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from scoring.demo.roster import POLICY_AUTHOR
from underwriting.audit.actor import Actor
from underwriting.enums import ActorKind
from underwriting.models import Policy, PolicyVersion, User
from underwriting.policy.lifecycle import create_draft, save_draft


def author() -> tuple[User, Actor]:
    """The risk manager of every demo lender."""
    user = User.objects.get(name=POLICY_AUTHOR)
    return user, Actor(kind=ActorKind.USER, user_id=user.pk, name=user.name)


def new_draft(policy: Policy, document: dict[str, Any] | None = None) -> PolicyVersion:
    return create_draft(policy=policy, actor=author()[1], now=timezone.now(), document=document)


def draft_of(version_id: int, document: dict[str, Any]) -> PolicyVersion:
    """The draft with this document in place of the one it had."""
    version = PolicyVersion.objects.select_related("policy").get(pk=version_id)
    return save_draft(
        version=version,
        document=document,
        expected_sha256=version.document_sha256,
        actor=author()[1],
        now=timezone.now(),
    )
