"""TRIAL: what would become of an application with other facts or another policy. Changes nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from scoring.pipeline.assemble import with_grid
from scoring.pipeline.bench import policy_in_use, set_up
from scoring.pipeline.decide import decide
from scoring.pipeline.explain import explain
from scoring.pipeline.record import score_json
from scoring.pipeline.score import score
from scoring.pipeline.types import Assembled, Bench, Explained, Request
from underwriting.decisions.selectors import access_assessment
from underwriting.enums import ProductKind
from underwriting.facts.arithmetic import at_terms, ratios_before_the_loan
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, FactValue, facts_from_json
from underwriting.models import Assessment, PolicyVersion, Product, WorkItem
from underwriting.moment import database_now
from underwriting.policy.types import FaultKind, TechnicalFault, Terms
from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import finish, hold_for_write

ORIGIN = "Tried value"
# what went wrong with model, policy or explanation back then is found out anew; the evidence is the frozen one
OF_THE_EVIDENCE = frozenset(kind for kind in FaultKind if kind.name.startswith("BUREAU_")) | {
    FaultKind.FACT_OUT_OF_RANGE
}


class TrialRefused(ValueError):
    """The trial names a fact that is not in the catalogue."""


def run_trials(items: Sequence[ClaimedItem], *, clock: Callable[[], datetime]) -> None:
    """Answer each trial in its work item's `result`.

    The payload names an assessment of the same lender (`assessment_id`), values to try in the catalogue's units (`facts`,
    null: as if it were not on file), and optionally a policy version (`policy_version_id`). Raises TrialRefused, and DoesNotExist for
    an assessment or policy version of another lender as for one that is not there.
    """
    for item in items:
        result = _answer(item, now=clock())
        with transaction.atomic():
            if item.id in hold_for_write([item]):
                WorkItem.objects.filter(pk=item.id).update(result=result)
                finish(items=[item])


def _answer(item: ClaimedItem, *, now: datetime) -> dict[str, Any]:
    assessment = access_assessment(lender_id=item.lender_id, assessment_id=int(item.payload["assessment_id"]))
    request = Request(item=item, application=assessment.application, parties=())
    bench = set_up([request], now=database_now())
    if bench is None:
        raise RuntimeError("a trial has one request")
    if item.payload.get("policy_version_id") is not None:
        bench = _under(bench, item, request)
    tried = _assembled(request, assessment, item.payload.get("facts", {}), now=now)
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


def _assembled(
    request: Request, assessment: Assessment, tried: Mapping[str, Any], *, now: datetime
) -> Assembled:
    """The frozen facts with the tried values, and what follows from them at every pair of terms."""
    product = request.application.product
    facts = facts_from_json(assessment.facts)
    for name, value in tried.items():
        if name not in catalogue():
            raise TrialRefused(f"there is no fact called {name}")
        facts[name] = FactValue(
            value=value,
            absence=Absence.UNKNOWN if value is None else None,
            source=catalogue()[name].source,
            known_at=now,
            origin=ORIGIN,
        )
    facts |= {name: fact for name, fact in ratios_before_the_loan(facts).items() if name not in tried}
    terms = _terms(facts, product)
    facts_at = tuple(at_terms(facts, terms=pair, product=product) for pair in terms)
    known = (TechnicalFault.from_json(fault) for fault in assessment.technical)
    faults = tuple(fault for fault in known if fault.kind in OF_THE_EVIDENCE)
    return Assembled(request=request, facts=facts_at[0], terms=terms, facts_at=facts_at, faults=faults)


def _terms(facts: Mapping[str, FactValue], product: Product) -> tuple[Terms, ...]:
    if product.kind != ProductKind.INSTALMENT:
        return (Terms(amount_minor=None, term_months=None),)
    return with_grid(
        Terms(
            amount_minor=_whole(facts, "requested_amount"), term_months=_whole(facts, "requested_term_months")
        ),
        product,
    )


def _whole(facts: Mapping[str, FactValue], name: str) -> int | None:
    fact = facts.get(name)
    return None if fact is None or fact.value is None else int(fact.value)


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
