"""What a case's assessment says, read back into the types of the rules: findings, facts, reference, reasons, cut-offs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explanations.models import Proof
from explanations.officer_reasons import CaseFile
from explanations.proof import ProofTest
from explanations.reason_codes.catalogue import catalogue_from, current_catalogue
from explanations.reason_codes.codes import Catalogue
from explanations.reasons import PrincipalReasons, Reason, ReferenceSummary
from review_queue.models import ReviewCase
from underwriting.enums import DecisionStage, Outcome
from underwriting.facts.values import facts_from_json
from underwriting.models import Assessment
from underwriting.policy.types import FaultKind, Finding, FindingKind, FindingResult, TechnicalFault

# With one of these there is no score, or one of facts that were never reported.
LEAVES_NO_SCORE = frozenset(
    {
        FaultKind.BUREAU_TIMEOUT,
        FaultKind.BUREAU_REFUSED,
        FaultKind.BUREAU_UNKNOWN,
        FaultKind.BUREAU_WRONG_PERSON,
        FaultKind.BUREAU_EMPTY_FILE,
        FaultKind.BUREAU_MALFORMED,
        FaultKind.FACT_OUT_OF_RANGE,
        FaultKind.MODEL_REFUSED,
        FaultKind.MODEL_TIMEOUT,
    }
)
NOT_EXPLAINED = "The score counted against the applicant and could not be explained."


def findings_of(assessment: Assessment) -> tuple[Finding, ...]:
    """The findings of the assessment, in document order."""
    return tuple(_finding(data) for data in assessment.findings)


def _finding(data: Mapping[str, Any]) -> Finding:
    return Finding(
        rule_id=data["rule_id"],
        kind=FindingKind(data["kind"]),
        result=FindingResult(data["result"]),
        outcome=Outcome(data["outcome"]),
        sentence=data["sentence"],
        values=data["values"],
        reason_code=data["reason_code"],
        priority=data["priority"],
    )


def faults_of(assessment: Assessment) -> tuple[TechnicalFault, ...]:
    """What went technically wrong while the assessment was made."""
    return tuple(TechnicalFault.from_json(data) for data in assessment.technical)


def case_file(case: ReviewCase) -> CaseFile:
    """What a person's reasons are tested against. Without a reference sample no comparison holds, only rules do."""
    assessment = case.assessment
    sample = assessment.reference_sample
    return CaseFile(
        facts=facts_from_json(assessment.facts),
        findings=findings_of(assessment),
        reference=ReferenceSummary.of(sample.columns, sample.rows) if sample else ReferenceSummary({}),
        currency=case.application.currency,
        language=case.application.language,
    )


def reason_codes_of(assessment: Assessment) -> Catalogue:
    """The catalogue the assessment was explained with; today's where the machine never got that far."""
    row = assessment.reason_catalogue
    return catalogue_from(row) if row else current_catalogue(assessment.lender_id)


def score_reasons_of(assessment: Assessment) -> PrincipalReasons:
    """What the score said against the applicant; empty where it did not speak, or spoke of evidence that never came."""
    if _score_lacks_evidence(assessment):
        return PrincipalReasons(())
    if stage_of_decline(assessment) is DecisionStage.GREY_BAND and assessment.contributions is None:
        return PrincipalReasons((), NOT_EXPLAINED)
    reasons = tuple(Reason.from_json(data) for data in assessment.reasons)
    return PrincipalReasons(reasons, assessment.held_because, _disproved(assessment, reasons))


def _disproved(assessment: Assessment, reasons: tuple[Reason, ...]) -> frozenset[int]:
    """Ranks of stated reasons that failed their proof: all, where what failed is no single one. A missing one has no rank here."""
    if not assessment.held_because:
        return frozenset()
    proof = Proof.objects.filter(assessment=assessment).first()
    failed = [] if proof is None else proof.results["failed"]
    ranks = {test["rank"] for test in failed if test["test"] != ProofTest.WORDING}
    return frozenset(reason.rank for reason in reasons if reason.rank in ranks or None in ranks)


def stage_of_decline(assessment: Assessment) -> DecisionStage:
    """Which part of the process says no when a person declines (12 CFR 1002.9 comment 9(b)(2)-7).

    Below the approve cut-off the score said "not yes" first: both lists are merged. Otherwise the case had passed the
    score, or had none, and the person's judgement alone decides; likewise where the score was computed without the evidence,
    for such a score says nothing about the applicant.
    """
    version = assessment.policy_version
    if assessment.score is None or version is None or _score_lacks_evidence(assessment):
        return DecisionStage.JUDGEMENT
    passed = assessment.score >= version.document["cut_offs"]["approve"]
    return DecisionStage.JUDGEMENT if passed else DecisionStage.GREY_BAND


def _score_lacks_evidence(assessment: Assessment) -> bool:
    return any(FaultKind(fault["kind"]) in LEAVES_NO_SCORE for fault in assessment.technical)


def needs_making_up_for(assessment: Assessment) -> tuple[Finding, ...]:
    """Findings that asked for a person or said no: an approval in spite of them needs a mitigating factor."""
    against = (FindingResult.REFER, FindingResult.FAIL)
    return tuple(finding for finding in findings_of(assessment) if finding.result in against)
