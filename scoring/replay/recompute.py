"""Second half of a replay: an assessment computed again, by the pipeline's own stages, from stored things alone."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from explanations.reason_codes.codes import Catalogue
from scoring.pipeline.advise import advise
from scoring.pipeline.decide import decide
from scoring.pipeline.explain import explain, not_explained
from scoring.pipeline.freeze import rule_digests
from scoring.pipeline.prove import prove
from scoring.pipeline.score import score
from scoring.pipeline.types import NOT_EXPLAINED, ActivePolicy, Assembled, Bench, Explained, Request, Scored
from scoring.serving.champion import Champion, champion_from
from underwriting.enums import Lane, WorkKind
from underwriting.facts.assemble import at_terms
from underwriting.facts.values import facts_from_json
from underwriting.models import Assessment, ReasonCatalogue
from underwriting.policy.compile import compile_policy
from underwriting.policy.types import FaultKind, TechnicalFault, Terms
from underwriting.work.claim import ClaimedItem

PATIENT_MS = (
    60_000  # a replay has no applicant waiting; a late model would be a difference of the machine's load
)
OF_THE_EXPLANATION = frozenset({FaultKind.EXPLANATION_FAILED, FaultKind.EXPLANATION_NOT_ADDITIVE})
OF_THE_POLICY = frozenset({FaultKind.POLICY_MISSING, FaultKind.POLICY_FAILED})


@dataclass(frozen=True, slots=True)
class StoredVersions:
    """The versions an assessment names, ready to compute with; None where it names none, or it must not be loaded."""

    champion: Champion | None
    policy: ActivePolicy | None
    catalogue: Catalogue
    catalogue_row: ReasonCatalogue


def stored_versions(assessment: Assessment, *, with_model: bool) -> StoredVersions:
    """Load what the assessment names. `with_model` is false where the text is damaged and must not reach the library.

    Raises ChampionRefused, PolicyRefused and ValueError for a part that cannot be used although its hash holds.
    """
    if assessment.reason_catalogue is None:
        raise ValueError("the assessment names no reason catalogue")
    policy = None
    if assessment.policy_version is not None:
        document = assessment.policy_version.document
        policy = ActivePolicy(
            version=assessment.policy_version,
            compiled=compile_policy(document),
            rule_digests=rule_digests(document),
            reference=assessment.reference_sample,
        )
    return StoredVersions(
        champion=champion_from(assessment.model_version) if with_model and assessment.model_version else None,
        policy=policy,
        catalogue=Catalogue.from_document(assessment.reason_catalogue.document),
        catalogue_row=assessment.reason_catalogue,
    )


def recompute(assessment: Assessment, versions: StoredVersions) -> Explained:
    """Compute an assessment again: facts, scores, outcome, contributions and reasons.

    One of an imported application was never explained, and says so: its outcome is computed again and nothing else.
    """
    faults = tuple(TechnicalFault.from_json(fault) for fault in assessment.technical)
    application = assessment.application
    of_policy = [fault for fault in faults if fault.kind in OF_THE_POLICY]
    bench = Bench(
        lender=application.lender,
        champion=versions.champion,
        champion_fault=None,
        policies={} if versions.policy is None else {application.product_id: versions.policy},
        policy_faults={application.product_id: of_policy[-1]} if of_policy else {},
        catalogue=versions.catalogue,
        catalogue_row=versions.catalogue_row,
    )
    given = faults if versions.policy is not None else tuple(f for f in faults if f.kind not in OF_THE_POLICY)
    assembled = _assembled(assessment, given)
    scored = _scored(assembled, assessment, bench)
    decided = decide([scored], bench=bench)
    if not assessment.hashes["inputs"].get("is_explained", True):
        return Explained(decided=decided[0], explanation=NOT_EXPLAINED, what_would_change=())
    if any(fault.kind in OF_THE_EXPLANATION for fault in faults):
        return not_explained(decided[0], bench=bench)
    return advise(prove(explain(decided, bench=bench), bench=bench), bench=bench)[0]


def _scored(assembled: Assembled, assessment: Assessment, bench: Bench) -> Scored:
    """The stored model's scores, or none where there were none then."""
    if assessment.scores:
        return score([assembled], bench=bench, deadline_ms=PATIENT_MS)[0]
    late = any(fault.kind is FaultKind.MODEL_TIMEOUT for fault in assembled.faults)
    return Scored(assembled=assembled, scores=(), model_late=late, faults=assembled.faults)


def _assembled(assessment: Assessment, faults: tuple[TechnicalFault, ...]) -> Assembled:
    """Frozen facts at the stored pairs of terms, with the product's reference rate of then."""
    application = assessment.application
    inputs = assessment.hashes["inputs"]
    application.channel = inputs["channel"]
    product = application.product
    product.reference_rate_bps = inputs["reference_rate_bps"]
    facts = facts_from_json(assessment.facts)
    terms = tuple(
        Terms(amount_minor=s["amount_minor"], term_months=s["term_months"]) for s in assessment.scores
    )
    if not terms:
        terms = (
            Terms(
                amount_minor=application.requested_amount_minor, term_months=application.requested_term_months
            ),
        )
    return Assembled(
        request=Request(item=_no_item(assessment), application=application, parties=()),
        facts=facts,
        terms=terms,
        facts_at=(facts, *(at_terms(facts, terms=pair, product=product) for pair in terms[1:])),
        faults=faults,
    )


def _no_item(assessment: Assessment) -> ClaimedItem:
    """A replay is nobody's work item; the stages only carry it along."""
    return ClaimedItem(
        id=0,
        kind=WorkKind.ASSESS,
        lender_id=assessment.lender_id,
        application_id=assessment.application_id,
        subject_id=None,
        payload={},
        lane=Lane.BATCH,
        claim_token=uuid.UUID(int=0),
        attempt_count=1,
    )
