"""Facts: evidence and statements become named quantities, at the requested terms and at each pair of the offer grid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from scoring.pipeline.types import Assembled, Enriched
from underwriting.enums import ProductKind
from underwriting.facts.assemble import assemble as assemble_facts
from underwriting.facts.assemble import at_terms
from underwriting.facts.corrections import newest_corrections
from underwriting.models import Application, Product
from underwriting.outcomes.repaid import Asked, repayment_records
from underwriting.policy.types import Terms


def assemble(enriched: Sequence[Enriched], *, now: datetime) -> list[Assembled]:
    """Assemble the facts of every application, an imported one's as of its day.

    A statement outside its legal range is a fault of that application.
    """
    moments = [one.request.application.as_of or now for one in enriched]
    records = repayment_records(
        [
            Asked(one.request.application, one.request.parties, moment)
            for one, moment in zip(enriched, moments, strict=True)
        ]
    )
    corrections = newest_corrections([one.request.application.pk for one in enriched])
    assembled = []
    for one, moment in zip(enriched, moments, strict=True):
        application = one.request.application
        facts, faults = assemble_facts(
            application=application,
            parties=one.request.parties,
            reports=one.reports,
            records={party.pk: records.get(party.pk) for party in one.request.parties},
            product=application.product,
            as_of=moment,
            duplicate=application.possible_duplicate_of_id is not None,
            corrections=corrections,
        )
        terms = terms_to_score(application)
        assembled.append(
            Assembled(
                request=one.request,
                facts=facts,
                terms=terms,
                facts_at=(facts, *(at_terms(facts, terms=t, product=application.product) for t in terms[1:])),
                faults=(*one.faults, *faults),
            )
        )
    return assembled


def terms_to_score(application: Application) -> tuple[Terms, ...]:
    """The requested terms first, then the other pairs of the product's offer grid; a line has one entry without terms."""
    if application.product.kind != ProductKind.INSTALMENT:
        return (Terms(amount_minor=None, term_months=None),)
    requested = Terms(
        amount_minor=application.requested_amount_minor, term_months=application.requested_term_months
    )
    return with_grid(requested, application.product)


def with_grid(requested: Terms, product: Product) -> tuple[Terms, ...]:
    """These terms first, then the other pairs of the product's offer grid."""
    grid = (Terms(amount_minor=amount, term_months=term) for amount, term in product.offer_grid)
    return (requested, *(pair for pair in grid if pair != requested))
