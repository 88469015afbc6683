"""Random applicants and policies for the properties of a policy evaluation."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from underwriting.facts.arithmetic import instalment_minor
from underwriting.facts.catalogue import Unit, catalogue
from underwriting.facts.values import Absence, FactSource, FactValue
from underwriting.policy.compile import CompiledPolicy, compile_policy
from underwriting.policy.types import FaultKind, PairScore, PolicyCase, TechnicalFault, Terms

KNOWN_AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
# Copies of the demo policies: the demo's own are fitted to its models and move with them.
POLICIES = Path(__file__).resolve().parents[1] / "golden" / "policies"
GRID = ((200_000, 36), (500_000, 36), (500_000, 60), (1_000_000, 36), (1_000_000, 60))


@cache
def demo_document(name: str) -> Any:
    return json.loads((POLICIES / f"{name}.json").read_text(encoding="utf-8"))


@cache
def demo_policy(name: str) -> CompiledPolicy:
    return compile_policy(demo_document(name))


def value_fact(value: Any) -> FactValue:
    return FactValue(value=value, absence=None, source=FactSource.BUREAU, known_at=KNOWN_AT)


def absent_fact(absence: Absence) -> FactValue:
    return FactValue(value=None, absence=absence, source=FactSource.BUREAU, known_at=KNOWN_AT)


def fact_values(name: str) -> st.SearchStrategy[FactValue]:
    """Any legal value of a fact, or one of the three absences; small numbers often, so that thresholds are met."""
    definition = catalogue()[name]
    low, high = int(definition.low or 0), definition.high or 0
    numbers: st.SearchStrategy[Any]
    if definition.unit is Unit.CATEGORY:
        numbers = st.sampled_from(definition.values)
    elif definition.unit is Unit.RATIO:
        numbers = st.floats(low, min(high, 3)) | st.sampled_from(
            [0.2, 0.6, 0.7, 0.8, 0.8000000001, 0.7999999999]
        )
    elif definition.unit is Unit.FLAG:
        numbers = st.sampled_from([0, 1])
    elif definition.unit is Unit.MONEY:
        numbers = st.integers(low, 2_000_000)
    else:
        numbers = st.integers(low, int(min(high, low + 12)))
    return numbers.map(value_fact) | st.sampled_from(list(Absence)).map(absent_fact)


def with_terms(facts: dict[str, FactValue], terms: Terms) -> dict[str, FactValue]:
    """The facts of an application at other terms."""
    changed = dict(facts)
    income = facts["monthly_income"].value
    if terms.amount_minor is None or terms.term_months is None:
        return changed
    changed["requested_amount"] = value_fact(terms.amount_minor)
    changed["requested_term_months"] = value_fact(terms.term_months)
    if isinstance(income, int) and income > 0:
        changed["loan_to_income_ratio"] = value_fact(terms.amount_minor / (income * 12))
        instalment = instalment_minor(terms.amount_minor, 1200, terms.term_months)
        changed["instalment_to_income_ratio"] = value_fact(instalment / income)
    else:
        changed["loan_to_income_ratio"] = absent_fact(Absence.UNKNOWN)
        changed["instalment_to_income_ratio"] = absent_fact(Absence.UNKNOWN)
    return changed


def score_at(base: int, terms: Terms, smallest: int = 200_000) -> PairScore:
    """A score that never rises with the amount, as the model's constraint promises."""
    loss = 0 if terms.amount_minor is None else (terms.amount_minor - smallest) // 20_000
    points = float(base - loss) + 0.25
    return PairScore(terms, margin=-points / 28, points=points, score=base - loss, probability_of_default=0.1)


def case_from(
    facts: dict[str, FactValue], base: int, requested: Terms, faults: tuple[TechnicalFault, ...] = ()
) -> PolicyCase:
    """A case with the requested terms first, then the offer grid."""
    pairs = (requested,) if requested.amount_minor is None else (requested, *(Terms(a, t) for a, t in GRID))
    return PolicyCase(
        facts=with_terms(facts, requested),
        requested=requested,
        scores=tuple(score_at(base, terms) for terms in pairs),
        facts_at=tuple(with_terms(facts, terms) for terms in pairs),
        faults=faults,
        channel="web",
    )


def random_facts(seed: int) -> dict[str, FactValue]:
    """An applicant from a seed. Drawn by hand: from free draws nearly everybody is knocked out and nothing else is tested."""
    draw = random.Random(seed)
    facts = {}
    for name, definition in catalogue().items():
        chance = draw.random()
        low, high = definition.low or 0, definition.high or 0
        if chance < 0.06:
            continue
        if chance < 0.16:
            facts[name] = absent_fact(draw.choice(list(Absence)))
        elif definition.unit is Unit.CATEGORY:
            facts[name] = value_fact(draw.choice(definition.values))
        elif chance < 0.95 and definition.risk_sign:
            facts[name] = value_fact(low if definition.risk_sign > 0 else min(high, 600))
        elif definition.unit is Unit.RATIO:
            facts[name] = value_fact(draw.choice([draw.uniform(low, min(high, 3)), 0.2, 0.6, 0.7, 0.8]))
        elif definition.unit is Unit.MONEY:
            facts[name] = value_fact(draw.choice([draw.randrange(2_000_000), 50_000, 50_001, 100_000]))
        else:
            facts[name] = value_fact(draw.randint(int(low), int(min(high, low + 6))))
    facts.pop("bureau_score", None)
    absent = absent_fact(draw.choice(list(Absence)))
    facts["monthly_income"] = absent if draw.random() < 0.1 else value_fact(int(10 ** draw.uniform(4.9, 6.5)))
    facts["monthly_obligations"] = absent if draw.random() < 0.2 else value_fact(draw.randrange(300_000))
    return facts


def applicant_facts() -> st.SearchStrategy[dict[str, FactValue]]:
    return st.integers(0, 2**40).map(random_facts)


BASE_SCORES = st.integers(500, 760)
REQUESTS = st.sampled_from([Terms(a, t) for a, t in GRID] + [Terms(750_000, 48)])
FAULTS = st.sampled_from(
    [(), (TechnicalFault(FaultKind.BUREAU_TIMEOUT, "The bureau did not answer in time."),)]
)


@st.composite
def cases(draw: st.DrawFn, line: bool = False) -> PolicyCase:
    requested = Terms(None, None) if line else draw(REQUESTS)
    return case_from(draw(applicant_facts()), draw(BASE_SCORES), requested, draw(FAULTS))
