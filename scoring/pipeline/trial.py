"""TRIAL: what would become of an application with other facts or another policy. Changes nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from scoring.pipeline.again import assembled_again
from scoring.pipeline.bench import policy_in_use, set_up
from scoring.pipeline.decide import decide
from scoring.pipeline.explain import explain
from scoring.pipeline.record import score_json
from scoring.pipeline.score import score
from scoring.pipeline.side_by_side import answer_side_by_side
from scoring.pipeline.types import Bench, Explained, Request
from underwriting.decisions.selectors import access_assessment
from underwriting.models import PolicyVersion, WorkItem
from underwriting.moment import database_now
from underwriting.policy.trials import SIDE_BY_SIDE
from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import finish, hold_for_write


def run_trials(items: Sequence[ClaimedItem], *, clock: Callable[[], datetime]) -> None:
    """Answer each trial in its work item's `result`.

    The payload names an assessment of the same lender (`assessment_id`), values to try in the catalogue's units (`facts`,
    null: as if it were not on file), and optionally a policy version (`policy_version_id`). One of the test bench
    (`side_by_side`) names an assessment or holds a pasted application, and is answered for its version and the one in force. Raises TrialRefused, and DoesNotExist for
    an assessment or policy version of another lender as for one that is not there.
    """
    for item in items:
        result, payload = _answer(item, now=clock()), dict(item.payload)
        payload.pop("pasted", None)  # what somebody typed in is gone once it is answered
        with transaction.atomic():
            if item.id in hold_for_write([item]):
                WorkItem.objects.filter(pk=item.id).update(result=result, payload=payload)
                finish(items=[item])


def _answer(item: ClaimedItem, *, now: datetime) -> dict[str, Any]:
    if SIDE_BY_SIDE in item.payload:
        return answer_side_by_side(item, now=now)
    assessment = access_assessment(lender_id=item.lender_id, assessment_id=int(item.payload["assessment_id"]))
    request = Request(item=item, application=assessment.application, parties=())
    bench = set_up([request], now=database_now())
    if bench is None:
        raise RuntimeError("a trial has one request")
    if item.payload.get("policy_version_id") is not None:
        bench = _under(bench, item, request)
    tried = assembled_again(request, assessment, item.payload.get("facts", {}), now=now)
    return _as_json(explain(decide(score([tried], bench=bench), bench=bench), bench=bench)[0])


def _under(bench: Bench, item: ClaimedItem, request: Request) -> Bench:
    """The bench with the policy version that the trial names."""
    version = PolicyVersion.objects.select_related("policy").get(
        pk=int(item.payload["policy_version_id"]),
        policy__lender_id=item.lender_id,
        policy__product_id=request.application.product_id,
    )
    policy = policy_in_use(version, champion=bench.champion)
    return replace(bench, policies={request.application.product_id: policy}, policy_faults={}, shares={})


def _as_json(explained: Explained) -> dict[str, Any]:
    result = explained.decided.result
    return {
        "outcome": result.outcome.value,
        "stage": None if result.stage is None else result.stage.value,
        "score": None if result.score is None else score_json(result.score),
        "offer": None if result.offer is None else result.offer.to_json(),
        "findings": [finding.to_json() for finding in result.findings],
        "referral_sentences": list(result.referral_sentences),
        "reasons": [dict(reason) for reason in explained.explanation.reasons],
        "what_would_change": [dict(line) for line in explained.what_would_change],
        "technical": [fault.to_json() for fault in explained.decided.faults],
    }
