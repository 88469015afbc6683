"""An approval explained after the fact: the stored model and the stored reference people, over the frozen facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from scoring.pipeline.explain import checked, explain_scores
from scoring.replay.compare import result_differences
from scoring.replay.recompute import recompute, stored_versions
from scoring.replay.replay import shared_differences
from scoring.replay.report import Difference
from scoring.replay.stored import fact_differences
from underwriting.models import Assessment

DIFFERENCES_NAMED = 3


class ExplanationRefused(RuntimeError):
    """The assessment cannot be explained truthfully: it has no score, or what is stored is not what it rested on."""


def explain_on_request(assessment: Assessment, *, now: datetime) -> dict[str, Any]:
    """What each model input did to the score, as an assessment would store it, and the moment it was computed.

    As in a replay, every stored thing is first held against its hash and the result against the stored one; nothing damaged
    reaches the model library. Raises ExplanationRefused where anything differs, and NotAdditive where base and shares are not
    the stored score.
    """
    reference = assessment.reference_sample
    if not assessment.scores or assessment.model_version is None or reference is None:
        raise ExplanationRefused("the assessment has no score with reference people to compare it with")
    _refuse_if([*shared_differences(assessment, assessment.hashes), *fact_differences(assessment)])
    versions = stored_versions(assessment, with_model=True)
    if versions.champion is None:
        raise ExplanationRefused("the assessment's model was not loaded")
    again = recompute(assessment, versions)
    _refuse_if(result_differences(assessment, again))
    found = explain_scores(
        [again.decided], reference=reference, champion=versions.champion, catalogue=versions.catalogue
    )[0]
    return {
        "contributions": checked(again.decided, found).contributions,
        "computed_at": now.isoformat(),
    }


def _refuse_if(differences: Sequence[Difference]) -> None:
    if differences:
        raise ExplanationRefused("; ".join(str(one) for one in differences[:DIFFERENCES_NAMED]))
