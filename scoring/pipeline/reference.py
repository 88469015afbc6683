"""DRAW_REFERENCE: the people with whom applicants under a policy version are compared, drawn once and frozen with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction

from scoring.registry.reference import draw_reference
from underwriting.audit.actor import SYSTEM
from underwriting.audit.record import record_entry
from underwriting.enums import ModelState, PolicyState
from underwriting.models import ModelVersion, PolicyVersion
from underwriting.policy.version_rows import lock_policy
from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import finish, hold_for_write

SEED = 20_261_101  # stated with every sample; the same pool, cut-off and seed give the same people


def draw_references(items: Sequence[ClaimedItem], *, clock: Callable[[], datetime]) -> None:
    """For each submitted policy version (the item's subject): draw from the lender's champion and note it in the trail."""
    for item in items:
        if item.subject_id is None:
            raise ValueError("the work item names no policy version")
        with transaction.atomic():
            if item.id in hold_for_write([item]):
                _draw(item, item.subject_id, now=clock())
                finish(items=[item])


def _draw(item: ClaimedItem, version_id: int, *, now: datetime) -> None:
    versions = PolicyVersion.objects.filter(policy__lender_id=item.lender_id)
    lock_policy(versions.values_list("policy_id", flat=True).get(pk=version_id))
    version = versions.select_related("policy").get(pk=version_id)
    if version.state != PolicyState.SUBMITTED:
        return  # withdrawn to draft, or overtaken; and what was approved stays as it was when it was approved
    model = ModelVersion.objects.get(lender_id=item.lender_id, state=ModelState.CHAMPION)
    cut_off = int(version.document["cut_offs"]["approve"])
    sample = draw_reference(model_version=model, approve_cut_off=cut_off, seed=SEED, now=now)
    before = version.reference_sample_id
    version.reference_sample = sample
    version.model_version = model
    version.save(update_fields=["reference_sample", "model_version"])
    record_entry(
        actor=SYSTEM,
        action="policy.reference_drawn",
        object_type="policy_version",
        object_id=str(version.pk),
        object_label=str(version),
        lender_id=item.lender_id,
        before={"reference_sample": before},
        after={
            "reference_sample": sample.pk,
            "people": len(sample.rows),
            "approve_cut_off": cut_off,
            "seed": SEED,
        },
        reason=f"People whose score is at or just above {cut_off}, from the pool of {model}.",
        now=now,
        versions={"model": str(model), "policy": str(version)},
    )
