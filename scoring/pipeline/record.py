"""The write: assessments and automatic decisions, behind the fence of the claim and under the applications' locks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from explanations.proof.store import record_proofs
from scoring.pipeline.freeze import digests, frozen_sha256
from scoring.pipeline.types import Bench, Explained, Written
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.assessments import NewAssessment, record_assessments
from underwriting.decisions.record import (
    NewDecision,
    lock_applications,
    record_decisions,
)
from underwriting.decisions.transitions import assessment_is_wanted, assessment_takes_effect
from underwriting.enums import ApplicationStatus, Outcome
from underwriting.facts.values import facts_to_json
from underwriting.policy.types import PairScore
from underwriting.work.finish import hold_for_write


def record(explained: Sequence[Explained], *, bench: Bench | None, now: datetime) -> list[Written]:
    """Write the assessment of each application whose claim still holds, and its decision unless it refers.

    The fence comes first: an item that another worker claimed meanwhile is dropped. Statuses are read again under lock: an
    application that has ended gets nothing, one that is with a person or decided gets the assessment and nothing else.
    Has to run inside a transaction.
    """
    if bench is None:
        return []
    held = hold_for_write([one.request.item for one in explained])
    live = [one for one in explained if one.request.item.id in held]
    locked = lock_applications([one.request.application.pk for one in live])
    written = [Written(explained=one, application=locked[one.request.application.pk]) for one in live]
    wanted = [
        i for i, w in enumerate(written) if assessment_is_wanted(ApplicationStatus(w.application.status))
    ]
    new = [frozen(written[i].explained, bench) for i in wanted]
    rows = record_assessments(new, applications=locked, actor=SYSTEM, now=now) if new else []
    for i, one, row in zip(wanted, new, rows, strict=True):
        policy = written[i].explained.decided.policy
        if policy is not None:
            row.policy_version = policy.version  # known already: spares a query for each case and notice
        status = ApplicationStatus(written[i].application.status)
        written[i] = replace(
            written[i], new=one, assessment=row, takes_effect=assessment_takes_effect(status)
        )
    record_proofs(
        [
            (row, proof)
            for i, row in zip(wanted, rows, strict=True)
            if (proof := written[i].explained.proof) is not None
        ],
        now=now,
    )
    return _with_decisions(written, now=now)


def _with_decisions(written: Sequence[Written], *, now: datetime) -> list[Written]:
    decided = [
        i
        for i, w in enumerate(written)
        if w.takes_effect and w.new is not None and w.new.outcome is not Outcome.REFER
    ]
    if not decided:
        return list(written)
    rows = record_decisions([_decision(written[i]) for i in decided], actor=SYSTEM, now=now)
    by_position = dict(zip(decided, rows, strict=True))
    return [
        replace(w, decision=by_position[i], application=by_position[i].application) if i in by_position else w
        for i, w in enumerate(written)
    ]


def _decision(written: Written) -> NewDecision:
    new, assessment = written.new, written.assessment
    if new is None or assessment is None:
        raise RuntimeError("a decision rests on an assessment")
    return NewDecision(
        assessment=assessment,
        outcome=new.outcome,
        stage=new.stage,
        offer=new.offer,
        reasons=new.reasons,
        versions=new.versions,
    )


def frozen(explained: Explained, bench: Bench) -> NewAssessment:
    """Everything the assessment rests on, as it will be stored and replayed."""
    decided = explained.decided
    scored, result, policy = decided.scored, decided.result, decided.policy
    facts = facts_to_json(scored.assembled.facts)
    champion = bench.champion if scored.scores else None
    return NewAssessment(
        application_id=explained.request.application.pk,
        claim_token=explained.request.item.claim_token,
        outcome=result.outcome,
        stage=result.stage,
        facts=facts,
        scores=[score_json(score) for score in scored.scores],
        score=scored.scores[0].score if scored.scores else None,
        probability_of_default=scored.scores[0].probability_of_default if scored.scores else None,
        used_fallback=result.used_fallback,
        findings=[finding.to_json() for finding in result.findings],
        offer=None if result.offer is None else result.offer.to_json(),
        contributions=explained.explanation.contributions,
        reasons=explained.explanation.reasons,
        held_because=explained.explanation.held_because,
        technical=[fault.to_json() for fault in decided.faults],
        what_would_change=explained.what_would_change,
        model_version_id=champion.model_version_id if champion else None,
        policy_version_id=policy.version.pk if policy else None,
        reference_sample_id=policy.version.reference_sample_id if policy else None,
        reason_catalogue_id=bench.catalogue_row.pk,
        hashes=_hashes(explained, bench, facts),
        versions=_versions(explained, bench),
    )


def score_json(score: PairScore) -> dict[str, Any]:
    """A pair score as the assessment keeps it."""
    return {
        "amount_minor": score.terms.amount_minor,
        "term_months": score.terms.term_months,
        "margin": score.margin,
        "points": score.points,
        "score": score.score,
        "probability_of_default": score.probability_of_default,
    }


def _hashes(explained: Explained, bench: Bench, facts: dict[str, Any]) -> dict[str, Any]:
    """Of each thing used, and digests of the single facts and rules, so that replay can name the one that changed.

    `inputs` are kept as they are: settings of the product and the client that may change after the assessment.
    """
    policy = explained.decided.policy
    hashes: dict[str, Any] = {
        "facts": frozen_sha256(facts),
        "fact_digests": digests(facts),
        "catalogue": bench.catalogue_row.sha256,
        "inputs": {
            "channel": explained.request.application.channel,
            "reference_rate_bps": explained.request.application.product.reference_rate_bps,
        },
    }
    if explained.decided.scored.scores and bench.champion is not None:
        hashes["model_text"] = bench.champion.manifest.text_sha256
        hashes["manifest"] = bench.champion.manifest.sha256
    if explained.explanation.contributions is not None:
        hashes["attribution_tables"] = explained.explanation.tables_sha256
    if policy is not None:
        hashes["policy"] = policy.version.document_sha256
        hashes["rule_digests"] = dict(policy.rule_digests)
        if policy.reference is not None:
            hashes["reference"] = policy.reference.sha256
    return hashes


def _arm(explained: Explained, bench: Bench) -> dict[str, Any]:
    """Of a decision made while a version is tried on a share: the trial, its fixed share, and which of the two decided."""
    tried = bench.shares.get(explained.request.application.product_id)
    policy = explained.decided.policy
    if tried is None or policy is None:
        return {}
    is_tried = policy.version.pk == tried.rollout.version_id
    return {
        "rollout": tried.rollout.pk,
        "share_percent": tried.rollout.share_percent,
        "arm": "tried" if is_tried else "live",
    }


def _versions(explained: Explained, bench: Bench) -> dict[str, Any]:
    """Names of the versions used, for the audit trail."""
    policy = explained.decided.policy
    versions: dict[str, Any] = {"reason_catalogue": bench.catalogue_row.version}
    if explained.decided.scored.scores and bench.champion is not None:
        manifest = bench.champion.manifest
        versions |= {"model": f"{manifest.name} {manifest.version}"}
    if policy is not None:
        versions |= {"policy": str(policy.version), "policy_version": policy.version.pk}
        versions |= {"reference_sample": policy.version.reference_sample_id}
        versions |= _arm(explained, bench)
    return versions
