"""A past application assembled again: the frozen facts with tried values, and what follows from them at every pair of terms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from scoring.pipeline.assemble import with_grid
from scoring.pipeline.types import Assembled, Request
from underwriting.enums import ProductKind
from underwriting.facts.arithmetic import at_terms, ratios_before_the_loan
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, FactValue, facts_from_json
from underwriting.models import Assessment, Product
from underwriting.policy.types import FaultKind, TechnicalFault, Terms

ORIGIN = "Tried value"
# what went wrong with model, policy or explanation back then is found out anew; the evidence is the frozen one
OF_THE_EVIDENCE = frozenset(kind for kind in FaultKind if kind.name.startswith("BUREAU_")) | {
    FaultKind.FACT_OUT_OF_RANGE
}


class TrialRefused(ValueError):
    """The trial names a fact that is not in the catalogue."""


def assembled_again(
    request: Request, assessment: Assessment, tried: Mapping[str, Any], *, now: datetime
) -> Assembled:
    """The case as it would be asked now. Raises TrialRefused."""
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
