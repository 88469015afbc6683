"""Proofs as rows: one with each assessment whose reasons were tested, in the transaction of the assessment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from explanations.models import Proof
from explanations.proof.prove import TOLERANCE_LOG_ODDS, TOLERANCE_POINTS
from explanations.proof.results import ProofResults
from explanations.proof.sentences import NEUTRAL
from underwriting.models import Assessment

RANKS_POOLED = (
    3  # the fourth reason is often a toss-up; published rates of single repairs pool the first three
)


def record_proofs(found: Sequence[tuple[Assessment, ProofResults]], *, now: datetime) -> None:
    """Write the proofs of these assessments; one statement, whatever their number."""
    if found:
        Proof.objects.bulk_create([_row(assessment, results, now) for assessment, results in found])


def _row(assessment: Assessment, results: ProofResults, now: datetime) -> Proof:
    tried = [effect for _, effect in results.repairs[:RANKS_POOLED]]
    return Proof(
        assessment=assessment,
        lender_id=assessment.lender_id,
        outcome=assessment.outcome,
        passed=results.passed,
        failed=sorted({failure.test.value for failure in results.failed}),
        reason_count=len(results.reasons),
        catalogue_count=sum(reason.sentence != NEUTRAL for reason in results.reasons),
        is_additive=is_additive(results),
        tried_count=len(tried),
        fell_count=sum(effect < 0 for effect in tried),
        all_reaches=None if results.all_repair is None else results.all_repair.reaches,
        lot_reaches=None if results.random_repair is None else results.random_repair.reaches,
        margin=results.margin,
        has_tie=bool(results.ties),
        results=results.to_json(),
        created_at=now,
    )


def is_additive(results: ProofResults) -> bool | None:
    """None where no score was explained."""
    if results.gap_log_odds is None or results.gap_points is None:
        return None
    return results.gap_log_odds <= TOLERANCE_LOG_ODDS and results.gap_points <= TOLERANCE_POINTS
