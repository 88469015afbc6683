"""The worker in this process: the same loop that Celery starts, and what a screen would see after it."""

from __future__ import annotations

import time
from typing import Any

from django.utils import timezone

from scoring.pipeline.work import work_until_empty
from underwriting.effect.ask import ask_for_effect
from underwriting.effect.read import effect_of
from underwriting.effect.types import Effect, EffectState
from underwriting.models import PolicyVersion

BATCHES = 100_000


def work() -> None:
    """Work until nothing waits."""
    work_until_empty(worker="bench", max_batches=BATCHES)


def weighed_after(version: PolicyVersion, live: dict[str, Any]) -> tuple[float, Effect]:
    """Seconds from the wish until a screen shows exact numbers of this document. Raises ValueError when it does not."""
    began = time.perf_counter()
    ask_for_effect(version, timezone.now(), even_if_weighed=True)
    work()
    effect = effect_of(version.policy, live, version.document)
    took = time.perf_counter() - began
    if effect.state is not EffectState.READY or effect.estimates:
        raise ValueError(f"the effect is {effect.state}: {effect.why}")
    return took, effect
