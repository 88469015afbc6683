"""Proof: the tests that a decision's reasons must pass before anybody is told, and what they found. Pure but for what it is given."""

from explanations.proof.prove import ProofSubject, ScoreAccount, prove
from explanations.proof.results import FailedTest, ProofResults, ProofTest, ReasonProof, Repaired, not_made

__all__ = [
    "FailedTest",
    "ProofResults",
    "ProofSubject",
    "ProofTest",
    "ReasonProof",
    "Repaired",
    "ScoreAccount",
    "not_made",
    "prove",
]
