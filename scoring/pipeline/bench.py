"""What a batch shares: the lender's champion, the policies in force and the reason catalogue, looked up once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

import structlog

from explanations.reason_codes.catalogue import catalogue_of, ensure_stored
from scoring.pipeline.freeze import rule_digests
from scoring.pipeline.types import ActivePolicy, Bench, Request, TriedPolicy
from scoring.serving.champion import Champion, ChampionRefused, champion_for
from underwriting.enums import RolloutMode
from underwriting.models import PolicyVersion, Product, ReferenceSample
from underwriting.policy.compile import CompiledPolicy, canonical_sha256, compile_policy
from underwriting.policy.rollouts import running_rollouts
from underwriting.policy.schema import PolicyRefused
from underwriting.policy.selectors import active_policy_version
from underwriting.policy.types import FaultKind, TechnicalFault

logger = structlog.get_logger(__name__)

CACHED_POLICIES = 64
CACHED_SAMPLES = 32


class PolicyUnusable(Exception):
    """A policy version that may not decide; `fault` says why."""

    def __init__(self, fault: TechnicalFault) -> None:
        super().__init__(fault.detail)
        self.fault = fault


def set_up(requests: Sequence[Request], *, now: datetime) -> Bench | None:
    """Look up what the batch needs; None for a batch of which nothing is left to assess.

    A missing or refused model or policy is not an error here: it becomes a fault, and its applications refer.
    """
    if not requests:
        return None
    lender = requests[0].application.lender
    champion: Champion | None = None
    champion_fault = None
    try:
        champion = champion_for(lender.pk)
    except ChampionRefused as refusal:
        champion_fault = TechnicalFault(FaultKind.MODEL_REFUSED, f"The scoring model was refused: {refusal}")
        logger.warning("champion_refused", lender=lender.code, reason=str(refusal))
    policies: dict[int, ActivePolicy] = {}
    faults: dict[int, TechnicalFault] = {}
    for product in {r.application.product_id: r.application.product for r in requests}.values():
        try:
            policies[product.pk] = active_policy(product, champion=champion, now=now)
        except PolicyUnusable as refusal:
            faults[product.pk] = refusal.fault
            logger.warning("policy_unusable", product=str(product), reason=str(refusal))
    tried = list(_tried(policies, champion=champion, now=now))
    catalogue_row = ensure_stored(lender.pk)
    return Bench(
        lender=lender,
        champion=champion,
        champion_fault=champion_fault,
        policies=policies,
        policy_faults=faults,
        catalogue=catalogue_of(catalogue_row),
        catalogue_row=catalogue_row,
        shares={t.policy.version.policy.product_id: t for t in tried if t.rollout.mode == RolloutMode.SHARE},
        shadows={
            t.policy.version.policy.product_id: t for t in tried if t.rollout.mode == RolloutMode.SHADOW
        },
    )


def _tried(
    policies: Mapping[int, ActivePolicy], *, champion: Champion | None, now: datetime
) -> Iterator[TriedPolicy]:
    """Versions tried on these products, against the very versions in force; one that cannot be used is left out."""
    for rollout in running_rollouts(policies, now):
        if policies[rollout.policy.product_id].version.pk != rollout.against_id:
            continue
        try:
            policy = policy_in_use(rollout.version, champion=champion)
        except PolicyUnusable as refusal:
            logger.warning("tried_policy_unusable", policy=str(rollout.version), reason=str(refusal))
            continue
        if policy.model_fault is None:
            yield TriedPolicy(rollout=rollout, policy=policy)


def active_policy(product: Product, *, champion: Champion | None, now: datetime) -> ActivePolicy:
    """The policy in force for a product. Raises PolicyUnusable where there is none or it is not what was approved."""
    version = active_policy_version(product.pk, now)
    if version is None:
        raise PolicyUnusable(
            TechnicalFault(FaultKind.POLICY_MISSING, f"No policy is in force for {product.name}.")
        )
    return policy_in_use(version, champion=champion)


def policy_in_use(version: PolicyVersion, *, champion: Champion | None) -> ActivePolicy:
    """A policy version ready to decide. Raises PolicyUnusable where the document is not what was approved."""
    reference = None if version.reference_sample_id is None else reference_sample(version.reference_sample_id)
    compiled, rule_digests = _compile(version.pk, version.document_sha256)
    return ActivePolicy(
        version=version,
        compiled=compiled,
        rule_digests=rule_digests,
        reference=reference,
        model_fault=None if champion is None else _misfit(version, reference, champion),
    )


def _misfit(
    version: PolicyVersion, reference: ReferenceSample | None, champion: Champion
) -> TechnicalFault | None:
    """Why this champion may not score under this policy, or None.

    A reference sample belongs to one model version: a score of another version explained against it would compare an
    applicant with people whom this model may never have passed.
    """
    if reference is None:
        return TechnicalFault(
            FaultKind.MODEL_REFUSED, f"Policy {version} has no reference sample for its cut-off."
        )
    if reference.model_version_id != champion.model_version_id:
        return TechnicalFault(
            FaultKind.MODEL_REFUSED,
            f"Policy {version} compares applicants with people scored by {reference.model_version}, but the champion is"
            f" {champion.manifest.name} {champion.manifest.version}. Submit the policy again for this model.",
        )
    return None


@lru_cache(maxsize=CACHED_POLICIES)
def _compile(version_id: int, document_sha256: str) -> tuple[CompiledPolicy, dict[str, str]]:
    """The version's document, compiled once in a process. Raises PolicyUnusable where it is not what was approved."""
    document = PolicyVersion.objects.values_list("document", flat=True).get(pk=version_id)
    if canonical_sha256(document) != document_sha256:
        raise PolicyUnusable(
            TechnicalFault(
                FaultKind.POLICY_FAILED,
                "The policy document is not the one that was approved: its hash differs.",
            )
        )
    try:
        return compile_policy(document), rule_digests(document)
    except PolicyRefused as refusal:
        raise PolicyUnusable(
            TechnicalFault(FaultKind.POLICY_FAILED, f"The policy was refused: {refusal}")
        ) from refusal


@lru_cache(maxsize=CACHED_SAMPLES)
def reference_sample(sample_id: int) -> ReferenceSample:
    """A reference sample with its rows. Append-only, so reading it once in a process is enough."""
    return (
        ReferenceSample.objects.select_related("model_version", "lender")
        .defer("model_version__text")
        .get(pk=sample_id)
    )
