"""Past applications as the pipeline would have frozen them, with a score of one's choice, and what became of their loans."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.factories.applying import make_application
from tests.factories.deciding import make_assessment
from underwriting.enums import LoanEventKind, Outcome
from underwriting.facts.arithmetic import at_terms, ratios_before_the_loan
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, FactSource, FactValue, facts_to_json
from underwriting.models import Assessment, LoanEvent, Product
from underwriting.policy.types import Terms

PAST = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
LONG_PAST = PAST - timedelta(days=365)  # old enough for its loans to be counted
TOLD = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
GRID = ((500_000, 36), (1_000_000, 36))


def past_facts(product: Product, asked: Terms, **values: Any) -> dict[str, FactValue]:
    """A good applicant's facts; `values` change them, None: asked and not known."""
    usual: dict[str, Any] = {
        name: 0 if d.risk_sign > 0 else d.values[0] if d.values else min(d.high or 600, 600)
        for name, d in catalogue().items()
    }
    usual |= {
        "annual_income": 9_000_000, "monthly_obligations": 50_000, "monthly_obligations_without_mortgage": 20_000,
        "bureau_hit_flag": 1, "requested_amount": asked.amount_minor, "requested_term_months": asked.term_months, **values,
    }  # fmt: skip
    facts = {
        name: FactValue(value, Absence.UNKNOWN if value is None else None, FactSource.BUREAU, PAST)
        for name, value in usual.items()
    }
    facts |= {name: fact for name, fact in ratios_before_the_loan(facts).items() if name not in values}
    return {**at_terms(facts, terms=asked, product=product), **{n: facts[n] for n in values}}


def make_past(
    product: Product,
    score: int | None = 700,
    *,
    probability: float = 0.05,
    received_at: datetime = PAST,
    asked: tuple[int, int] = (1_000_000, 36),
    facts: dict[str, Any] | None = None,
    application: dict[str, Any] | None = None,
    **changes: Any,
) -> Assessment:
    """An application that was weighed: the requested pair first, then the smaller one of the grid, at the same score."""
    terms = Terms(*asked)
    row = make_application(
        product,
        received_at=received_at,
        requested_amount_minor=asked[0],
        requested_term_months=asked[1],
        purpose="car",
        **(application or {}),
    )
    pairs = [terms, *(Terms(*pair) for pair in GRID if pair != asked)]
    scores = [
        {
            "amount_minor": pair.amount_minor, "term_months": pair.term_months, "margin": 0.0, "points": float(score),
            "score": score, "probability_of_default": probability,
        }
        for pair in pairs
        if score is not None
    ]  # fmt: skip
    values = {
        "outcome": Outcome.APPROVE,
        "score": score,
        "scores": scores,
        "facts": facts_to_json(past_facts(product, terms, **(facts or {}))),
        "hashes": {"inputs": {"channel": row.channel, "reference_rate_bps": product.reference_rate_bps}},
        "created_at": received_at,
    }
    return make_assessment(row, **{**values, **changes})


def settle(assessment: Assessment, *, bad: bool, on: date | None = None, loss_minor: int = 0) -> None:
    """The loan went bad on a day, or was paid off; without one 113 days after it was asked for."""
    LoanEvent.objects.create(
        application=assessment.application,
        lender=assessment.lender,
        kind=LoanEventKind.CHARGED_OFF if bad else LoanEventKind.PAID_OFF,
        occurred_on=on or assessment.application.received_at.date() + timedelta(days=113),
        amount_minor=loss_minor if bad else None,
        recorded_at=TOLD,
    )
