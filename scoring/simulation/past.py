"""Past applications as the live engine saw them: one row an application, from its newest assessment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from underwriting.facts.assemble import at_terms
from underwriting.facts.values import facts_from_json
from underwriting.models import Assessment, Product
from underwriting.outcomes.known import KnownOutcome, known_outcomes
from underwriting.policy.types import FaultKind, PairScore, PolicyCase, TechnicalFault, Terms

READ_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class PastRow:
    """A past application: what the policy may look at, and what is known of its loan.

    `as_of` is the moment it was assessed as of; `known` None: no settled result, because nothing was lent or nothing is settled yet.
    """

    assessment_id: int
    application_id: int
    reference: str
    as_of: datetime
    channel: str
    purpose: str
    case: PolicyCase
    known: KnownOutcome | None


def past_rows(
    product: Product, *, since: datetime, until: datetime, known_at: datetime, limit: int | None = None
) -> Iterator[PastRow]:
    """Rows of a product's applications received in [since, until), newest first, at most `limit`.

    An application that was never scored nor weighed (a quarantined one) is left out: there is nothing to weigh again.
    """
    newest = (
        Assessment.objects.filter(
            application__product=product,
            application__received_at__gte=since,
            application__received_at__lt=until,
            hashes__has_key="inputs",
        )
        .order_by("application__received_at", "application_id", "-number")
        .distinct("application__received_at", "application_id")
        .values_list("pk", flat=True)
    )
    keys = list(newest)[::-1][:limit]
    for start in range(0, len(keys), READ_AT_ONCE):
        chunk = keys[start : start + READ_AT_ONCE]
        found = Assessment.objects.select_related("application").in_bulk(chunk)
        known = known_outcomes([row.application_id for row in found.values()], until=known_at.date())
        for key in chunk:
            yield _row(found[key], product, known.get(found[key].application_id))


def _row(assessment: Assessment, product: Product, known: KnownOutcome | None) -> PastRow:
    application = assessment.application
    return PastRow(
        assessment_id=assessment.pk,
        application_id=application.pk,
        reference=application.reference,
        as_of=application.received_at,
        channel=assessment.hashes["inputs"]["channel"],
        purpose=application.purpose,
        case=case_of(assessment, product),
        known=known,
    )


def case_of(assessment: Assessment, product: Product) -> PolicyCase:
    """The case that the policy weighed, from what the assessment froze; the reference rate is the frozen one."""
    inputs = assessment.hashes["inputs"]
    product.reference_rate_bps = inputs["reference_rate_bps"]
    facts = facts_from_json(assessment.facts)
    scores = tuple(
        PairScore(
            terms=Terms(amount_minor=pair["amount_minor"], term_months=pair["term_months"]),
            margin=pair["margin"],
            points=pair["points"],
            score=pair["score"],
            probability_of_default=pair["probability_of_default"],
        )
        for pair in assessment.scores
    )
    faults = tuple(TechnicalFault.from_json(fault) for fault in assessment.technical)
    application = assessment.application
    return PolicyCase(
        facts=facts,
        requested=scores[0].terms
        if scores
        else Terms(application.requested_amount_minor, application.requested_term_months),
        scores=scores,
        facts_at=tuple(
            facts if index == 0 else at_terms(facts, terms=pair.terms, product=product)
            for index, pair in enumerate(scores)
        ),
        faults=faults,
        model_late=any(fault.kind is FaultKind.MODEL_TIMEOUT for fault in faults),
        channel=inputs["channel"],
    )
