"""Past applications that columns do not hold: technical faults, no score, odd values. The live engine weighs each from its assessment."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from scoring.simulation.columns import Ints
from scoring.simulation.past import case_of
from scoring.simulation.store import Beat, Past
from underwriting.models import Assessment
from underwriting.policy.compile import CompiledPolicy
from underwriting.policy.evaluate import evaluate
from underwriting.policy.types import PolicyCase, PolicyResult

logger = structlog.get_logger(__name__)

KEPT_CASES = 5_000
READ_AT_ONCE = 500


def results_alone(
    policy: CompiledPolicy, past: Past, rows: Ints, *, beat: Beat
) -> Mapping[int, PolicyResult | None]:
    """The live engine's result by row; None for an assessment that it cannot weigh, which is left out and stops nothing."""
    found: dict[int, PolicyResult | None] = {}
    for start in range(0, len(rows), READ_AT_ONCE):
        beat()
        part = rows[start : start + READ_AT_ONCE]
        cases = _cases(past, part)
        for row in part:
            case = cases[int(past.assessment_id[row])]
            found[int(row)] = None if case is None else _result(policy, case)
    return found


def _cases(past: Past, rows: Ints) -> dict[int, PolicyCase | None]:
    kept: dict[int, PolicyCase | None] = past.kept.setdefault("cases", {})
    keys = [int(key) for key in past.assessment_id[rows]]
    wanted = {key: kept[key] for key in keys if key in kept}
    missing = [key for key in keys if key not in wanted]
    assessments = Assessment.objects.select_related("application__product").in_bulk(missing)
    for key in missing:
        wanted[key] = _case(assessments.get(key))
    kept.update({key: wanted[key] for key in missing[: max(0, KEPT_CASES - len(kept))]})
    return wanted


def _case(assessment: Assessment | None) -> PolicyCase | None:
    if assessment is None:
        return None
    try:
        return case_of(assessment, assessment.application.product)
    except Exception:
        logger.warning("simulation.left_out", assessment=assessment.pk, exc_info=True)
        return None


def _result(policy: CompiledPolicy, case: PolicyCase) -> PolicyResult | None:
    try:
        return evaluate(policy, case)
    except Exception:
        logger.warning("simulation.left_out", exc_info=True)
        return None
