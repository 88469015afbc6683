"""Model, policy and assessment rows where a test needs them to exist rather than to work.

Tests that score train a small model of their own; the texts here are not LightGBM models and serving refuses them.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import datetime
from typing import Any

from scoring.simulation.summary import summarise
from tests.factories.applying import RECEIVED_AT
from tests.factories.lending import LONG_AGO
from underwriting.decisions.offers import disclose_decisions
from underwriting.enums import BacktestState, ModelState, Outcome, PolicyState
from underwriting.models import (
    Application,
    Assessment,
    Backtest,
    Decision,
    Lender,
    ModelVersion,
    Policy,
    PolicyCheckResult,
    PolicyVersion,
    Product,
    ReferenceSample,
)
from underwriting.outcomes.losses import LossGivenDefault
from underwriting.policy.whole_check import result_of


def sha256_of(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def make_model_version(lender: Lender, **changes: Any) -> ModelVersion:
    values: dict[str, Any] = {
        "name": f"{lender.code}-pd", "version": "2026-07", "state": ModelState.CHAMPION, "text": "no model", "manifest": {},
        "text_sha256": hashlib.sha256(b"no model").hexdigest(), "manifest_sha256": sha256_of({}), "created_at": LONG_AGO,
    }  # fmt: skip
    return ModelVersion.objects.create(lender=lender, **{**values, **changes})


def make_reference_sample(model_version: ModelVersion, **changes: Any) -> ReferenceSample:
    values: dict[str, Any] = {
        "approve_cut_off": 640, "seed": 1, "columns": ["annual_income"], "rows": [[52_200.0]], "sha256": sha256_of([[52_200.0]]),
        "created_at": LONG_AGO,
    }  # fmt: skip
    return ReferenceSample.objects.create(
        lender=model_version.lender, model_version=model_version, **{**values, **changes}
    )


def make_policy_version(
    product: Product, document: dict[str, Any] | None = None, **changes: Any
) -> PolicyVersion:
    """Version 1, active, of the product's policy (made when there is none)."""
    policy, _ = Policy.objects.get_or_create(
        product=product,
        defaults={"lender": product.lender, "slug": f"{product.code}-core", "name": f"{product.name} core"},
    )
    values: dict[str, Any] = {
        "number": 1, "state": PolicyState.ACTIVE, "document": document or {}, "document_sha256": sha256_of(document or {}),
        "created_at": LONG_AGO, "active_from": LONG_AGO,
    }  # fmt: skip
    return PolicyVersion.objects.create(policy=policy, **{**values, **changes})


def make_backtest(
    version: PolicyVersion, live: PolicyVersion, *, is_checked: bool = True, **changes: Any
) -> Backtest:
    """A finished backtest of the version's document against `live` that moves 5 of 1,000 approvals.

    `is_checked`: the worker's check of the document is finished, too, where there is none yet.
    """
    if is_checked and result_of(version) is None:
        make_policy_check(version)
    values: dict[str, Any] = {
        "document_sha256": version.document_sha256, "live_version": live, "live_sha256": live.document_sha256,
        "since": LONG_AGO.date(), "until": LONG_AGO.date(), "state": BacktestState.DONE, "requested_at": LONG_AGO, "finished_at": LONG_AGO,
    }  # fmt: skip
    counted = {"applications": 1000, "covered": 1000, "approved_before": 500, "approved_after": 505}
    nothing = summarise([], losses=LossGivenDefault(), refused=[], left_out=0, rows_max=20_000, named_max=0)
    summary = {**nothing.to_json(), **(changes.pop("summary", None) or counted)}
    return Backtest.objects.create(version=version, summary=summary, **{**values, **changes})


def make_policy_check(version: PolicyVersion, **changes: Any) -> PolicyCheckResult:
    """A finished check of the version's document with the model in charge that found nothing."""
    champions = ModelVersion.objects.filter(lender_id=version.policy.lender_id, state=ModelState.CHAMPION)
    values: dict[str, Any] = {
        "document_sha256": version.document_sha256,
        "model_version": champions.first(),
        "complaints": [],
        "finished_at": LONG_AGO,
    }
    return PolicyCheckResult.objects.create(version=version, **{**values, **changes})


def make_assessment(application: Application, **changes: Any) -> Assessment:
    """A referral at score 628 without facts."""
    values: dict[str, Any] = {
        "number": 1, "claim_token": uuid.uuid4(), "outcome": Outcome.REFER, "facts": {}, "scores": [], "score": 628, "findings": [],
        "hashes": {}, "created_at": RECEIVED_AT,
    }  # fmt: skip
    return Assessment.objects.create(
        application=application, lender=application.lender, **{**values, **changes}
    )


def disclose(decision: Decision, *, now: datetime = RECEIVED_AT) -> Decision:
    """Tell the applicant of a decision whose notice nobody composed; answers the decision."""
    disclose_decisions({decision: sha256_of("untold")}, now=now)
    return decision
