"""Attempts that were refused stay in the trail: who tried what, and why it was not let happen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.models import PolicyVersion
from underwriting.policy.schema import PolicyRefused
from underwriting.policy.version_rows import LifecycleRefused, audit_version

P = ParamSpec("P")
T = TypeVar("T")
ACTION = "policy.refused"


def recording_refusals(step: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate a step of the lifecycle: what it refuses is written down after its transaction was rolled back.

    The step takes `version`, `actor` and `now` by name.
    """

    def decorate(change: Callable[P, T]) -> Callable[P, T]:
        @wraps(change)
        def recorded(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return change(*args, **kwargs)
            except (LifecycleRefused, PolicyRefused) as refused:
                given: Any = kwargs
                record_refusal(
                    step, given["version"], actor=given["actor"], why=str(refused), now=given["now"]
                )
                raise

        return recorded

    return decorate


def record_refusal(step: str, version: PolicyVersion, *, actor: Actor, why: str, now: datetime) -> None:
    """One entry of an attempt that changed nothing."""
    with transaction.atomic():
        current = PolicyVersion.objects.select_related("policy").get(pk=version.pk)
        audit_version(ACTION, current, actor, now, after={"step": step}, reason=why)
