"""Proofs as the pipeline writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from explanations.models import Proof
from explanations.proof import FailedTest, ProofResults, ReasonProof, Repaired
from explanations.proof.store import record_proofs
from underwriting.models import Assessment


def make_proof(
    assessment: Assessment,
    *,
    at: datetime,
    sentences: Sequence[str] = ("catalogue", "catalogue", "catalogue", "neutral"),
    effects: Sequence[float] = (-0.5, -0.4, -0.3, -0.2),
    reaches: bool = True,
    by_lot: bool = False,
    margin: float = 0.1,
    ties: tuple[tuple[str, ...], ...] = (),
    failed: Sequence[FailedTest] = (),
) -> Proof:
    """A proof of a score's four reasons; all of them passed where nothing else is said."""
    groups = ("utilisation", "credit_seeking", "income_level", "delinquency")
    results = ProofResults(
        gap_log_odds=1e-9,
        gap_points=5e-8,
        reasons=tuple(
            ReasonProof(rank, "UT01", groups[rank - 1], 0.5, sentence, effect)
            for rank, (sentence, effect) in enumerate(zip(sentences, effects, strict=True), start=1)
        ),
        all_repair=Repaired(groups, 665.0, reaches),
        random_repair=Repaired(groups, 620.0, by_lot),
        last_stated=0.2,
        first_unstated=0.2 - margin,
        ties=ties,
        failed=tuple(failed),
        repairs=tuple(zip(groups, effects, strict=True)),
    )
    record_proofs([(assessment, results)], now=at)
    return Proof.objects.get(assessment=assessment)
