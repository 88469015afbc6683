"""Shadow: what an approved version would have said beside the one in force. Without effect on any decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from scoring.pipeline.types import Bench, Explained, Written
from underwriting.enums import Origin, Outcome
from underwriting.models import ShadowResult
from underwriting.policy.evaluate import evaluate

logger = structlog.get_logger(__name__)


def shadow(explained: Sequence[Explained], *, bench: Bench | None) -> Mapping[int, Outcome]:
    """Application key -> what the version in shadow says of the very case that was decided; nothing where none runs."""
    if bench is None or not bench.shadows:
        return {}
    return {
        one.request.application.pk: outcome
        for one in explained
        if (outcome := _outcome(one, bench)) is not None
    }


def _outcome(one: Explained, bench: Bench) -> Outcome | None:
    application, case = one.request.application, one.decided.case
    trial = bench.shadows.get(application.product_id)
    if trial is None or case is None or application.origin != Origin.RECEIVED:
        return None
    try:
        return evaluate(trial.policy.compiled, case).outcome
    except Exception:
        # whatever a version does that decides nothing, the one that decides goes on
        logger.exception("shadow_failed", application=application.reference, rollout=trial.rollout.pk)
        return None


def keep_shadows(
    outcomes: Mapping[int, Outcome], written: Sequence[Written], *, bench: Bench | None, now: datetime
) -> None:
    """Keep what the shadow said beside each assessment that was written; in the transaction of the write."""
    if bench is None or not outcomes:
        return
    ShadowResult.objects.bulk_create(
        ShadowResult(
            rollout=bench.shadows[one.application.product_id].rollout,
            assessment=one.assessment,
            live_outcome=one.assessment.outcome,
            shadow_outcome=outcomes[one.application.pk],
            created_at=now,
        )
        for one in written
        if one.assessment is not None and one.application.pk in outcomes
    )
