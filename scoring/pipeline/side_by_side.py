"""The test bench's answer: one application under the version in force and under a draft, with every finding of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from scoring.pipeline.again import assembled_again
from scoring.pipeline.assemble import terms_to_score
from scoring.pipeline.bench import set_up
from scoring.pipeline.decide import policy_case
from scoring.pipeline.record import score_json
from scoring.pipeline.score import score
from scoring.pipeline.types import Assembled, Request
from underwriting.bureau.inline import says_something
from underwriting.decisions.selectors import access_assessment
from underwriting.facts.assemble import assemble, at_terms
from underwriting.models import Application, CreditReport, Party, PolicyVersion, Product
from underwriting.moment import database_now
from underwriting.policy.compile import CompiledPolicy, compile_policy
from underwriting.policy.evaluate import evaluate
from underwriting.policy.schema import PolicyRefused
from underwriting.policy.types import FaultKind, PolicyCase, TechnicalFault
from underwriting.work.claim import ClaimedItem

NO_REPORT = TechnicalFault(
    FaultKind.BUREAU_EMPTY_FILE, "No credit report was sent along, and a test asks no bureau."
)


def answer_side_by_side(item: ClaimedItem, *, now: datetime) -> dict[str, Any]:
    """What both versions say. The application is scored once: the model is not what differs.

    Raises DoesNotExist for a version or an assessment of another lender, or of another product, as for one that is not there.
    """
    version = PolicyVersion.objects.select_related("policy__product__lender").get(
        pk=item.subject_id or 0, policy__lender_id=item.lender_id
    )
    product = version.policy.product
    assembled = (_pasted if "pasted" in item.payload else _past)(item, product, now)
    bench = set_up([assembled.request], now=database_now())
    if bench is None:
        raise RuntimeError("a trial has one request")
    # Neither policy's reference people matter here: nothing is explained, and a draft has none yet.
    (scored,) = score([assembled], bench=replace(bench, policies={}, policy_faults={}))
    case = policy_case(scored, channel=assembled.request.application.channel)
    live, fault = bench.policies.get(product.pk), bench.policy_faults.get(product.pk)
    return {
        "document_sha256": version.document_sha256,
        "live_number": None if live is None else live.version.number,
        "live": {"refused": [fault.detail] if fault else []} if live is None else _side(live.compiled, case),
        "draft": _draft(version, case),
        "technical": [fault.detail for fault in scored.faults],
    }


def _draft(version: PolicyVersion, case: PolicyCase) -> dict[str, Any]:
    try:
        return _side(compile_policy(version.document), case)
    except PolicyRefused as refused:
        return {"refused": [f"{c.place}: {c.message}" for c in refused.complaints]}


def _side(compiled: CompiledPolicy, case: PolicyCase) -> dict[str, Any]:
    result = evaluate(compiled, case)
    return {
        "outcome": result.outcome.value,
        "stage": None if result.stage is None else result.stage.value,
        "score": None if result.score is None else score_json(result.score),
        "approve_cut_off": result.approve_cut_off,
        "refer_cut_off": result.refer_cut_off,
        "offer": None if result.offer is None else result.offer.to_json(),
        "findings": [finding.to_json() for finding in result.findings],
        "referral_sentences": list(result.referral_sentences),
    }


def _past(item: ClaimedItem, product: Product, now: datetime) -> Assembled:
    assessment = access_assessment(lender_id=item.lender_id, assessment_id=int(item.payload["assessment_id"]))
    if assessment.application.product_id != product.pk:
        raise Application.DoesNotExist("the application is for another product")
    request = Request(item=item, application=assessment.application, parties=())
    return assembled_again(request, assessment, {}, now=now)


def _pasted(item: ClaimedItem, product: Product, now: datetime) -> Assembled:
    """Facts of an application that exists nowhere but in the work item: nothing of it is stored."""
    sent: Mapping[str, Any] = item.payload["pasted"]
    application = Application(
        lender=product.lender,
        product=product,
        channel=sent["channel"],
        currency=product.lender.currency,
        requested_amount_minor=sent["requested_amount_minor"],
        requested_term_months=sent["requested_term_months"],
        purpose=sent["purpose"],
        received_at=now,
    )
    parties, reports = [], {}
    for ordinal, stated in enumerate(sent["parties"], start=1):
        parties.append(Party(pk=ordinal, ordinal=ordinal, role=stated["role"], stated=stated["stated"]))
        reports[ordinal] = _report(stated["report"], now)
    request = Request(item=item, application=application, parties=tuple(parties))
    facts, faults = assemble(
        application=application,
        parties=parties,
        reports=reports,
        records={},
        product=product,
        as_of=now,
        duplicate=False,
    )
    terms = terms_to_score(application)
    return Assembled(
        request=request,
        facts=facts,
        terms=terms,
        facts_at=(facts, *(at_terms(facts, terms=pair, product=product) for pair in terms[1:])),
        faults=(*faults, *(NO_REPORT for report in reports.values() if report is None)),
    )


def _report(inline: Mapping[str, Any] | None, now: datetime) -> CreditReport | None:
    if inline is None or not says_something(inline):
        return None
    body = {name: value for name, value in inline.items() if name != "bureau_score"}
    given = inline.get("bureau_score")
    bureau_score = given if isinstance(given, int) else None
    return CreditReport(bureau="sent along", body=body, bureau_score=bureau_score, reported_at=now)
